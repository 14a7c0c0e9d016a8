//! ONNX models into a graph of TFLite's operators, channels last.
//!
//! How it works, in the order of the files:
//!
//! - [`decode`] reads the protobuf within bounds; [`constant`] reads initialisers exactly.
//! - [`classical`] writes scikit-learn's operators in ONNX's own.
//! - [`importer`] walks the nodes once, in order, with a table of values by name. A value is a [`constant::Constant`]
//!   (known now: initialisers, shapes, and everything computed from them by [`operators`]' folding) or a
//!   [`view::View`] (computed at run time): the graph's tensor, with the order its axes are stored in. Shapes are
//!   always known, as inputs are fixed by [`OnnxOptions::shapes`].
//! - [`node`] gives an operator function its operands and attributes; [`emit`] adds nodes and brings views into the
//!   order an operator needs. Layout needs no pass of its own: a Transpose or Flatten of the source only changes the
//!   view, convolutions ask for and give channels-last views, elementwise operators take any order, and a graph input
//!   is stored in the order its first convolution wants ([`layout`]), which [`crate::PortLayout`] tells callers.
//! - [`operators`] holds one function and one table row per operator. A function refuses by [`Blocker`] what no kernel
//!   does; the walk goes on behind it (with the shapes the file declares) so that one report holds every blocker.
//! - [`quantised`] comes before that table: nodes that belong to the quantised half (QLinear*, and operators between
//!   DequantizeLinear and QuantizeLinear) are imported there.

mod affine;
mod attributes;
mod classical;
mod compose;
mod constant;
mod decode;
mod emit;
mod fold;
mod importer;
mod layout;
mod messages;
mod node;
mod operators;
mod quantised;
mod view;

pub use classical::{Lowered, lower_classical};
pub(crate) use constant::{strided, strides};
pub use operators::supported_operators as supported_onnx_operators;

use crate::Limits;
use crate::report::{Blocker, ImportReport, Severity};
use crate::tflite::Imported;
use importer::Importer;
use mote_graph::verify;
pub(crate) use tract_onnx::pb;

/// What the caller decides about an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnnxOptions {
    /// Name for the graph.
    pub name: String,
    /// Bounds.
    pub limits: Limits,
    /// Shapes of inputs by name, in the source's order of axes: needed where the file leaves an axis open (a first
    /// axis that is open becomes 1).
    pub shapes: Vec<(String, Vec<usize>)>,
    /// Values of inputs by name, row-major, which are then constants and no inputs of the graph.
    pub values: Vec<(String, Vec<f64>)>,
}

/// Imports an ONNX model.
///
/// Any bytes whatever give a result; memory used is a bounded multiple of their length.
///
/// # Errors
/// The report, with every blocker found: one naming the place for a damaged file, else one per node concerned.
pub fn import_onnx(bytes: &[u8], options: &OnnxOptions) -> Result<Imported, ImportReport> {
    let refuse = |blocker: Blocker| ImportReport { findings: vec![blocker.into_finding(None)] };
    let mut model = decode::decode(bytes, &options.limits).map_err(refuse)?;
    lower_classical(&mut model)
        .map_err(|reason| refuse(Blocker::new(reason, "export the model with other settings, or run it on a host")))?;
    model.graph.iter_mut().for_each(quantised::expand);
    let Some(source) = &model.graph else {
        return Err(refuse(Blocker::malformed("the file holds no graph: it is no ONNX model")));
    };
    let mut importer = Importer::new(&model, source, bytes.len(), options);
    importer.run();
    if importer.findings.iter().all(|finding| finding.severity != Severity::Blocker) {
        quantised::finish(&mut importer);
    }
    let Importer { graph, findings, input_layouts, output_layouts, .. } = importer;
    let mut report = ImportReport { findings };
    if report.is_importable()
        && let Err(broken) = verify(&graph)
    {
        report.findings.push(Blocker::malformed(broken.to_string()).into_finding(None));
    }
    if !report.is_importable() {
        return Err(report);
    }
    Ok(Imported {
        source_tensors: vec![None; graph.tensors.len()],
        graph,
        report,
        schema_version: u32::try_from(model.ir_version).unwrap_or(0),
        description: format!("{} {}", model.producer_name, model.producer_version).trim().into(),
        source_operators: source.node.len(),
        signatures: Vec::new(),
        input_layouts,
        output_layouts,
    })
}
