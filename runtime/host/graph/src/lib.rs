//! Typed graph of a model on the host.
//!
//! The graph is what every importer produces and every compiler pass reads: tensors with shape, element type and
//! quantisation, operators in execution order, constants as little-endian bytes. It speaks the operators of the TFLite
//! specification (layout NHWC); an importer of another format maps onto them. It knows no file format and no device.
//!
//! Not here: execution (the engine runs compiled models) and rewrites (the compiler's passes).

mod graph;
mod operator;
mod tensor;
mod unary;
mod verify;

pub use graph::{Graph, Node, StateTensor, TensorId};
pub use operator::{Activation, BinaryKind, ConvGeometry, Operator, Padding, PoolKind, ReduceKind, UnaryKind};
pub use tensor::{ElementType, Quantization, Tensor, TensorData};
pub use verify::{GraphError, verify};
