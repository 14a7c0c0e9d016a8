//! Small local copies through which kernels with overlapping operands go, and walks over boxes of elements.

use crate::arguments::AXES;
use crate::{Fault, Memory, Span};

/// Bytes copied at a time.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Up to 64 bytes on their way from one place to another.
pub(crate) type Block = [u8; BLOCK_BYTES];

/// Copies as many bytes as both have.
#[inline(always)]
pub(crate) fn copy_bytes(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Reads the first bytes of a block from `span` (at most 64 bytes).
#[inline(always)]
pub(crate) fn load(memory: &Memory<'_>, span: Span, block: &mut Block) -> Result<(), Fault> {
    let bytes = memory.read(span)?;
    if let Ok(whole) = <&Block>::try_from(bytes) {
        *block = *whole;
    } else {
        copy_bytes(block, bytes);
    }
    Ok(())
}

/// Writes the first bytes of a block to `span` (at most 64 bytes).
#[inline(always)]
pub(crate) fn store(memory: &mut Memory<'_>, span: Span, block: &Block) -> Result<(), Fault> {
    let bytes = memory.write(span)?;
    if let Ok(whole) = <&mut Block>::try_from(&mut *bytes) {
        *whole = *block;
    } else {
        copy_bytes(bytes, block);
    }
    Ok(())
}

/// Moves `from` to `to`, of equal lengths, as if through a copy of the whole, whichever way they overlap.
pub(crate) fn move_bytes(memory: &mut Memory<'_>, from: Span, to: Span) -> Result<(), Fault> {
    if from.bytes != to.bytes {
        return Err(Fault);
    }
    if from == to {
        return Ok(());
    }
    if let Ok((source, target)) = memory.read_write(from, to) {
        copy_bytes(target, source);
        return Ok(());
    }
    let mut block = [0; BLOCK_BYTES];
    let mut left = from.bytes;
    while left > 0 {
        let bytes = left.min(BLOCK_BYTES);
        let start = if to.offset < from.offset { from.bytes.wrapping_sub(left) } else { left.wrapping_sub(bytes) };
        load(memory, from.part(start, bytes)?, &mut block)?;
        store(memory, to.part(start, bytes)?, &block)?;
        left = left.wrapping_sub(bytes);
    }
    Ok(())
}

/// Runs `step` on a block after the other of `units` elements that stand at the same place in input and output.
/// `step` gets the bytes read and the bytes to write.
#[inline(always)]
pub(crate) fn each_block(
    memory: &mut Memory<'_>,
    input: Span,
    output: Span,
    bytes: core::ops::Range<usize>,
    mut step: impl FnMut(&[u8], &mut [u8]),
) -> Result<(), Fault> {
    let length = bytes.end.checked_sub(bytes.start).ok_or(Fault)?;
    let input = input.part(bytes.start, length)?;
    let output = output.part(bytes.start, length)?;
    if let Ok((from, to)) = memory.read_write(input, output) {
        step(from, to);
        return Ok(());
    }
    let mut done = 0;
    let (mut from, mut to) = ([0; BLOCK_BYTES], [0; BLOCK_BYTES]);
    while done < length {
        let count = length.wrapping_sub(done).min(BLOCK_BYTES);
        load(memory, input.part(done, count)?, &mut from)?;
        step(from.get(..count).ok_or(Fault)?, to.get_mut(..count).ok_or(Fault)?);
        store(memory, output.part(done, count)?, &to)?;
        done = done.wrapping_add(count);
    }
    Ok(())
}

/// A position in a box of elements, with the element offset of each operand. Negative steps wrap.
pub(crate) struct Walker<const OPERANDS: usize> {
    extents: [usize; AXES],
    strides: [[usize; OPERANDS]; AXES],
    at: [usize; AXES],
    /// Offset of each operand, in elements.
    pub(crate) offsets: [usize; OPERANDS],
}

impl<const OPERANDS: usize> Walker<OPERANDS> {
    /// The first position of a box; `strides` per axis, then per operand.
    #[inline]
    pub(crate) fn new(extents: [usize; AXES], strides: [[usize; OPERANDS]; AXES]) -> Self {
        Self { extents, strides, at: [0; AXES], offsets: [0; OPERANDS] }
    }

    /// Goes to position `index` in row-major order; a fault when an extent is 0.
    #[inline]
    pub(crate) fn seek(&mut self, index: usize) -> Result<(), Fault> {
        let mut rest = index;
        self.offsets = [0; OPERANDS];
        for ((at, &extent), strides) in self.at.iter_mut().zip(&self.extents).zip(&self.strides).rev() {
            *at = rest.checked_rem(extent).ok_or(Fault)?;
            rest = rest.checked_div(extent).ok_or(Fault)?;
            for (offset, stride) in self.offsets.iter_mut().zip(strides) {
                *offset = offset.wrapping_add(stride.wrapping_mul(*at));
            }
        }
        Ok(())
    }

    /// Goes to the next position; after the last comes the first.
    #[inline]
    pub(crate) fn advance(&mut self) {
        for ((at, &extent), strides) in self.at.iter_mut().zip(&self.extents).zip(&self.strides).rev() {
            let next = at.wrapping_add(1);
            if next < extent {
                *at = next;
                for (offset, stride) in self.offsets.iter_mut().zip(strides) {
                    *offset = offset.wrapping_add(*stride);
                }
                return;
            }
            for (offset, stride) in self.offsets.iter_mut().zip(strides) {
                *offset = offset.wrapping_sub(stride.wrapping_mul(*at));
            }
            *at = 0;
        }
    }
}

/// Strides of two operands put together axis by axis.
#[inline]
pub(crate) fn pair(a: [usize; AXES], b: [usize; AXES]) -> [[usize; 2]; AXES] {
    let mut both = [[0; 2]; AXES];
    for (both, (a, b)) in both.iter_mut().zip(a.into_iter().zip(b)) {
        *both = [a, b];
    }
    both
}
