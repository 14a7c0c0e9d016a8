//! Parameters of each operator, postcard-encoded in its record. One file per operator family.
//!
//! Operand order, shapes and meaning are documented on each struct; extents come from the operand tensors.

mod lookup;
mod window;

pub use lookup::LookupParameters;
pub use window::{QuantizedRange, WindowParameters};
