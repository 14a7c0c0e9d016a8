//! The whole way from a graph to a model file.

use crate::assemble::{assemble, names};
use crate::build::{Built, build, refused};
use crate::custom::HostOperators;
use crate::error::CompileError;
use crate::golden::golden_vectors;
use crate::lower::Program;
use crate::options::CompileOptions;
use crate::passport::passport;
use crate::report::{CompileReport, custom_lines, operator_lines, plan_report};
use crate::slim::Slimmed;
use crate::slimming::{section, slim_for};
use mote_engine::{Model, operators};
use mote_format::{GoldenVector, Numerics, Records};
use mote_graph::Graph;
use std::collections::BTreeMap;

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The model file.
    pub bytes: Vec<u8>,
    /// What was found and decided.
    pub report: CompileReport,
}

/// Compiles `graph` to a model file. The same graph and options give the same bytes.
///
/// # Errors
/// Everything that cannot be lowered, by operator; limits of the file format; a failed self-check.
pub fn compile(graph: &Graph, options: &CompileOptions) -> Result<Compiled, CompileError> {
    mote_graph::verify(graph)?;
    let attempt = options.slim.then(|| slim_for(graph, options.numerics, &options.custom));
    // A refused slimming costs size, never correctness: the source is compiled as it is, and the report says why.
    let slimmed = attempt.as_ref().and_then(|attempt| attempt.as_ref().ok());
    let lean = slimmed.map_or(graph, |slimmed| &slimmed.graph);
    let built = build(lean, options.numerics, options.keep_every_tensor, &options.custom)?;
    let Built { program, work, layout } = &built;
    let names = options.keep_names.then(|| names(program));

    let file = assemble(program, layout, options.numerics, Vec::new(), None)?;
    let operators = HostOperators::for_graph(lean, operators::generic(), &options.custom.code);
    Model::parse(&file, &operators.set()).map_err(|error| refused(program, error))?;
    let golden = golden_vectors(&file, options.golden_vectors, &options.custom.code)?;
    let passport = passport(graph, lean, program, options, &golden);
    let bytes = assemble(program, layout, options.numerics, passport, names)?;

    let report = CompileReport {
        numerics: numerics_name(options.numerics),
        source_macs: graph.macs(),
        macs: lean.macs(),
        source_weight_bytes: graph.weight_bytes(),
        weight_bytes: lean.weight_bytes(),
        arena_bytes: layout.arena_bytes(),
        scratch_bytes: layout.scratch_bytes,
        state_bytes: program.state_bytes,
        constant_bytes: program.constants.bytes().len(),
        file_bytes: bytes.len(),
        golden_vectors: Records::<GoldenVector<'_>>::new(&golden).iter().count() as u32,
        operators: operator_lines(program, layout, work),
        custom_operators: custom_lines(program, work, operators.without_code()),
        plan: plan_report(program, layout),
        tensor_of_source: tensor_of_source(graph, program, slimmed),
        kept_channels: slimmed.map(kept_channels).unwrap_or_default(),
        slim: attempt.as_ref().map(|attempt| section(attempt.as_ref().map(|slimmed| &slimmed.report))),
    };
    Ok(Compiled { bytes, report })
}

/// Tensor index in the file of each tensor of the source graph.
fn tensor_of_source(source: &Graph, program: &Program, slimmed: Option<&Slimmed>) -> Vec<Option<usize>> {
    let Some(slimmed) = slimmed else { return program.record_of.clone() };
    let mut found = vec![None; source.tensors.len()];
    for (&tensor, kept) in &slimmed.kept_channels {
        if let Some(slot) = found.get_mut(kept.source) {
            *slot = program.record_of.get(tensor).copied().flatten();
        }
    }
    found
}

/// Channels left of each source tensor that has a tensor in the slimmed graph.
fn kept_channels(slimmed: &Slimmed) -> BTreeMap<usize, Vec<usize>> {
    slimmed.kept_channels.values().map(|kept| (kept.source, kept.channels.clone())).collect()
}

/// Name of a rounding, as options spell it.
pub fn numerics_name(numerics: Numerics) -> &'static str {
    match numerics {
        Numerics::Tflm => "tflm",
        Numerics::Litert => "litert",
        Numerics::Onnx => "onnx",
    }
}
