//! Reference kernels on int16 activations, one output at a time.

mod elementwise;
mod pool;
mod softmax;
mod weighted;

pub use elementwise::{add_i16, curve_i16, extremum_i16, multiply_i16, rescale};
pub use pool::{average_pool_i16, max_pool_i16};
pub use softmax::softmax_i16;
pub use weighted::{conv2d_i16, depthwise_i16, fully_connected_i16};

use crate::{Fault, Memory, Span};

/// Element `index` of an int16 tensor.
fn read_i16(memory: &Memory<'_>, span: Span, index: usize) -> Result<i16, Fault> {
    let start = index.checked_mul(2).ok_or(Fault)?;
    Ok(i16::from_le_bytes(memory.read(span.part(start, 2)?)?.first_chunk().copied().ok_or(Fault)?))
}

/// Writes element `index` of an int16 tensor.
fn write_i16(memory: &mut Memory<'_>, span: Span, index: usize, value: i16) -> Result<(), Fault> {
    let start = index.checked_mul(2).ok_or(Fault)?;
    *memory.write(span.part(start, 2)?)?.first_chunk_mut().ok_or(Fault)? = value.to_le_bytes();
    Ok(())
}
