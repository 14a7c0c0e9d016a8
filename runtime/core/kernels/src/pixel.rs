//! Writing one output pixel whose bytes may lie over the input pixels it is made from.

use crate::blocks::{BLOCK_BYTES, copy_bytes, store};
use crate::{Fault, Memory, Rows, Span};

/// Scratch a kernel needs to make pixels of `pixel_bytes` bytes: none when a pixel fits one block.
pub const fn pixel_scratch_bytes(pixel_bytes: usize) -> usize {
    if pixel_bytes > BLOCK_BYTES { pixel_bytes } else { 0 }
}

/// True when the rings of two tensors share bytes.
pub(crate) fn overlap(a: &Rows, b: &Rows) -> bool {
    let end = |rows: &Rows| rows.offset.saturating_add(rows.ring_rows.saturating_mul(rows.row_bytes()));
    a.region == b.region && a.offset < end(b) && b.offset < end(a)
}

/// Makes `pixel` part after part of at most 64 bytes: `make` gets the first byte of a part and the part to fill.
///
/// A `staged` pixel of several parts goes through the scratch, so that nothing is written before all is read.
#[inline(always)]
pub(crate) fn write_pixel(
    memory: &mut Memory<'_>,
    pixel: Span,
    staged: bool,
    mut make: impl FnMut(&Memory<'_>, usize, &mut [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let staged = staged && pixel.bytes > BLOCK_BYTES;
    let mut block = [0; BLOCK_BYTES];
    let mut start = 0;
    while start < pixel.bytes {
        let count = pixel.bytes.wrapping_sub(start).min(BLOCK_BYTES);
        make(memory, start, block.get_mut(..count).ok_or(Fault)?)?;
        if staged {
            let end = start.wrapping_add(count);
            copy_bytes(memory.scratch.get_mut(start..end).ok_or(Fault)?, &block);
        } else {
            store(memory, pixel.part(start, count)?, &block)?;
        }
        start = start.wrapping_add(count);
    }
    if !staged {
        return Ok(());
    }
    start = 0;
    while start < pixel.bytes {
        let count = pixel.bytes.wrapping_sub(start).min(BLOCK_BYTES);
        let end = start.wrapping_add(count);
        copy_bytes(&mut block, memory.scratch.get(start..end).ok_or(Fault)?);
        store(memory, pixel.part(start, count)?, &block)?;
        start = end;
    }
    Ok(())
}
