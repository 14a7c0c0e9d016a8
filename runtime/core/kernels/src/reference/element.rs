//! Single elements by index.

use crate::{Fault, Memory, Span};

/// Element `index` of an int8 tensor.
pub(crate) fn read_i8(memory: &Memory<'_>, span: Span, index: usize) -> Result<i8, Fault> {
    Ok(memory.read(span.part(index, 1)?)?.first().copied().ok_or(Fault)? as i8)
}

/// Writes element `index` of an int8 tensor.
pub(crate) fn write_i8(memory: &mut Memory<'_>, span: Span, index: usize, value: i8) -> Result<(), Fault> {
    *memory.write(span.part(index, 1)?)?.first_mut().ok_or(Fault)? = value as u8;
    Ok(())
}

/// Element `index` of a float32 tensor.
pub(crate) fn read_f32(memory: &Memory<'_>, span: Span, index: usize) -> Result<f32, Fault> {
    let start = index.checked_mul(4).ok_or(Fault)?;
    Ok(f32::from_le_bytes(memory.read(span.part(start, 4)?)?.first_chunk().copied().ok_or(Fault)?))
}

/// Writes element `index` of a float32 tensor.
pub(crate) fn write_f32(memory: &mut Memory<'_>, span: Span, index: usize, value: f32) -> Result<(), Fault> {
    let start = index.checked_mul(4).ok_or(Fault)?;
    *memory.write(span.part(start, 4)?)?.first_chunk_mut().ok_or(Fault)? = value.to_le_bytes();
    Ok(())
}
