//! Single elements of contiguous tensors.

use crate::{Fault, Memory, Span};

/// The int8 at element `index` of `span`.
pub(crate) fn read_i8(memory: &Memory<'_>, span: Span, index: usize) -> Result<i8, Fault> {
    memory.read(span)?.get(index).map(|&byte| byte as i8).ok_or(Fault)
}

/// Puts an int8 at element `index` of `span`.
pub(crate) fn write_i8(memory: &mut Memory<'_>, span: Span, index: usize, value: i8) -> Result<(), Fault> {
    *memory.write(span)?.get_mut(index).ok_or(Fault)? = value as u8;
    Ok(())
}

/// The bytes of the four-byte element `index` of `span`.
pub(crate) fn read_four(memory: &Memory<'_>, span: Span, index: usize) -> Result<[u8; 4], Fault> {
    let start = index.checked_mul(4).ok_or(Fault)?;
    memory.read(span)?.get(start..).and_then(|rest| rest.first_chunk()).copied().ok_or(Fault)
}

/// Puts the bytes of the four-byte element `index` of `span`.
pub(crate) fn write_four(memory: &mut Memory<'_>, span: Span, index: usize, value: [u8; 4]) -> Result<(), Fault> {
    let start = index.checked_mul(4).ok_or(Fault)?;
    let slot = memory.write(span)?.get_mut(start..).and_then(|rest| rest.first_chunk_mut()).ok_or(Fault)?;
    *slot = value;
    Ok(())
}

/// The little-endian f32 at element `index` of `span`.
pub(crate) fn read_f32(memory: &Memory<'_>, span: Span, index: usize) -> Result<f32, Fault> {
    Ok(f32::from_le_bytes(read_four(memory, span, index)?))
}

/// Puts a little-endian f32 at element `index` of `span`.
pub(crate) fn write_f32(memory: &mut Memory<'_>, span: Span, index: usize, value: f32) -> Result<(), Fault> {
    write_four(memory, span, index, value.to_le_bytes())
}
