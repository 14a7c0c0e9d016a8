//! From a graph to a lowered program with its layout. The engine itself says what each operator needs: a draft file in
//! which nothing shares memory is checked by it, and its answers (scratch, overlap, units) shape the real layout.

use crate::assemble::{assemble, check_limits};
use crate::custom::{CustomOptions, HostOperators};
use crate::error::CompileError;
use crate::layout::Layout;
use crate::lower::{Program, lower};
use mote_engine::{Model, ModelError, Overlap, Work, operators};
use mote_format::Numerics;
use mote_graph::Graph;

/// Scratch a draft may use: more than any operator's.
const DRAFT_SCRATCH_BYTES: usize = 1 << 24;

/// A lowered program, what its operators do, and where its tensors stand.
pub struct Built {
    /// Operators and records.
    pub program: Program,
    /// Work of each operator.
    pub work: Vec<Work>,
    /// Places of the arena's tensors.
    pub layout: Layout,
}

/// Lowers and plans `graph`; with `keep_every_tensor`, nothing shares memory and every state is copied.
///
/// # Errors
/// What cannot be lowered, all of it; limits of the format; the engine's refusal, by operator name.
pub fn build(
    graph: &Graph,
    numerics: Numerics,
    keep_every_tensor: bool,
    custom: &CustomOptions,
) -> Result<Built, CompileError> {
    mote_graph::verify(graph)?;
    let program = lower(graph, numerics, keep_every_tensor)?;
    check_limits(&program)?;
    let draft = Layout::apart(&program, DRAFT_SCRATCH_BYTES);
    let file = assemble(&program, &draft, numerics, Vec::new(), None)?;
    let operators = HostOperators::for_graph(graph, operators::generic(), &custom.code);
    let set = operators.set();
    let model = Model::parse(&file, &set).map_err(|error| refused(&program, error))?;
    let mut work: Vec<Work> = model.operations().map(|(_, work)| work).collect();
    for (operator, work) in program.operators.iter().zip(&mut work) {
        // A stand-in knows nothing of the scratch that the operator's code will ask for.
        let without_code = operator.custom_name().filter(|name| operators.without_code().iter().any(|n| n == name));
        if let Some(&bytes) = without_code.and_then(|name| custom.scratch_bytes.get(name)) {
            work.scratch_bytes = bytes;
        }
    }
    let scratch_bytes = work.iter().map(|work| work.scratch_bytes).max().unwrap_or(0);
    let layout = if keep_every_tensor {
        Layout { scratch_bytes, ..draft }
    } else {
        let overlaps: Vec<Overlap> = work.iter().map(|work| work.overlap).collect();
        Layout::packed(&program, &overlaps, scratch_bytes)
    };
    Ok(Built { program, work, layout })
}

/// The engine's refusal with the names of operator and tensor in place of their indices.
pub fn refused(program: &Program, error: ModelError) -> CompileError {
    let operator = error.operator.and_then(|index| program.operators.get(index as usize));
    let tensor = error.tensor.and_then(|index| program.records.get(index as usize));
    let place = match (operator, tensor) {
        (Some(operator), Some(tensor)) => format!("{} (tensor '{}')", operator.origin, tensor.name),
        (Some(operator), None) => operator.origin.clone(),
        (None, Some(tensor)) => format!("tensor '{}'", tensor.name),
        (None, None) => "the model".into(),
    };
    CompileError::Refused { place, reason: error.to_string() }
}
