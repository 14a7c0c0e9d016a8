//! Model files of other tools into a graph.
//!
//! [`import_tflite`] reads a TFLite flatbuffer, checks all of it (the bytes are hostile until then), and gives a
//! [`mote_graph::Graph`] in which shape arguments are attributes, variables are states and constant dequantisation is
//! done. [`import_onnx`] does the same for ONNX; its page is in `onnx/mod.rs`. What cannot be imported comes back as an
//! [`ImportReport`] with every blocker at once.
//!
//! Not here: execution, rewriting, quantising. To add an operator, see `operators/mod.rs` and `onnx/operators/mod.rs`.

mod geometry;
mod importer;
mod onnx;
mod operands;
mod operators;
mod report;
mod schema;
mod state;
mod tensors;
mod tflite;

pub use onnx::{Lowered, OnnxOptions, import_onnx, lower_classical, supported_onnx_operators};
pub use operators::supported_operators;
pub use report::{Finding, ImportReport, Severity};
pub use tflite::{Imported, PortLayout, Signature, import_tflite};

/// Bounds on what a file may ask for; a file beyond them is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Subgraphs.
    pub subgraphs: usize,
    /// Tensors of one subgraph.
    pub tensors: usize,
    /// Operators of one subgraph.
    pub operators: usize,
    /// Elements of one tensor.
    pub tensor_elements: usize,
    /// Axes of one tensor.
    pub rank: usize,
    /// Bytes of all variables together that the file gives no initial value.
    pub zeroed_state_bytes: usize,
    /// Findings of a report; the import stops there.
    pub findings: usize,
}

impl Default for Limits {
    /// 256 subgraphs, 65,536 tensors and operators, 2^28 elements, 6 axes, 16 MiB of zeroed variables, 1,000 findings.
    fn default() -> Self {
        Self {
            subgraphs: 256,
            tensors: 65_536,
            operators: 65_536,
            tensor_elements: 1 << 28,
            rank: 6,
            zeroed_state_bytes: 16 << 20,
            findings: 1000,
        }
    }
}

/// What the caller decides about an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Name for the graph; the format has none of its own.
    pub name: String,
    /// Bounds.
    pub limits: Limits,
    /// Names of custom operators whose code the application brings to the device. Others are blockers.
    pub custom_operators: Vec<String>,
}
