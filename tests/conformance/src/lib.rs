//! What all kernels are tested against: an oracle of every operator, seeded generators of graphs, stored goldens.
//!
//! The tests of this crate run every kernel set of the engine over all of them.

pub mod compare;
pub mod generate;
pub mod golden;
pub mod onnx_golden;
pub mod oracle;
pub mod random;
pub mod runner;
