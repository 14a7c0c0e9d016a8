//! Parameters of each operator, postcard-encoded in its record. One file per operator family.
//!
//! Operand order, shapes and meaning are documented on each struct; extents come from the operand tensors.

mod window;

pub use window::{QuantizedRange, WindowParameters};
