//! Strided copies, fills and gathers.

use crate::arguments::{AXES, Fill, Gather, StridedCopy};
use crate::blocks::{Walker, copy_bytes, move_bytes, pair};
use crate::{Fault, Memory};
use core::ops::Range;

/// Moves a box of elements.
pub fn strided_copy(memory: &mut Memory<'_>, arguments: &StridedCopy, units: Range<usize>) -> Result<(), Fault> {
    let mut pieces = Pieces::new(arguments, units)?;
    let Ok((from, to)) = memory.read_write(arguments.input, arguments.output) else {
        while let Some((from, to, bytes)) = pieces.next_piece() {
            move_bytes(memory, arguments.input.part(from, bytes)?, arguments.output.part(to, bytes)?)?;
        }
        return Ok(());
    };
    match pieces.run_bytes {
        1 => copy_elements::<1>(from, to, pieces),
        2 => copy_elements::<2>(from, to, pieces),
        4 => copy_elements::<4>(from, to, pieces),
        8 => copy_elements::<8>(from, to, pieces),
        _ => {
            while let Some((source, target, bytes)) = pieces.next_piece() {
                let source = from.get(source..source.wrapping_add(bytes)).ok_or(Fault)?;
                copy_bytes(to.get_mut(target..target.wrapping_add(bytes)).ok_or(Fault)?, source);
            }
            Ok(())
        }
    }
}

/// Copies pieces of a length known when compiled.
#[inline(always)]
fn copy_elements<const BYTES: usize>(from: &[u8], to: &mut [u8], mut pieces: Pieces) -> Result<(), Fault> {
    while let Some((source, target, bytes)) = pieces.next_piece() {
        let source = from.get(source..).ok_or(Fault)?;
        let target = to.get_mut(target..).ok_or(Fault)?;
        if bytes == BYTES {
            *target.first_chunk_mut::<BYTES>().ok_or(Fault)? = *source.first_chunk().ok_or(Fault)?;
        } else {
            copy_bytes(target.get_mut(..bytes).ok_or(Fault)?, source.get(..bytes).ok_or(Fault)?);
        }
    }
    Ok(())
}

/// The contiguous pieces of a strided copy, in order.
struct Pieces {
    walker: Walker<2>,
    /// Bytes of a whole piece.
    run_bytes: usize,
    input_start: usize,
    output_start: usize,
    element_bytes: usize,
    /// Bytes done in the current piece.
    inside: usize,
    /// Bytes left in all pieces.
    left: usize,
}

impl Pieces {
    /// Joins the last axes as long as both sides run through them without a gap.
    fn new(arguments: &StridedCopy, units: Range<usize>) -> Result<Self, Fault> {
        let mut extents = arguments.extents;
        let (mut run, mut joined) = (1usize, true);
        let strides = arguments.input_strides.iter().zip(&arguments.output_strides);
        for (extent, (&input, &output)) in extents.iter_mut().zip(strides).rev() {
            joined = joined && (*extent == 1 || (input as usize == run && output as usize == run));
            if joined {
                run = run.checked_mul(*extent).ok_or(Fault)?;
                *extent = 1;
            }
        }
        let element_bytes = arguments.element_bytes;
        let strides = pair(wrapped(arguments.input_strides), wrapped(arguments.output_strides));
        let mut walker = Walker::new(extents, strides);
        let left = units.end.saturating_sub(units.start);
        let mut inside = 0;
        if left > 0 {
            walker.seek(units.start.checked_div(run).ok_or(Fault)?)?;
            inside = units.start.checked_rem(run).ok_or(Fault)?.checked_mul(element_bytes).ok_or(Fault)?;
        }
        Ok(Self {
            walker,
            run_bytes: run.checked_mul(element_bytes).ok_or(Fault)?,
            input_start: arguments.input_start,
            output_start: arguments.output_start,
            element_bytes,
            inside,
            left: left.checked_mul(element_bytes).ok_or(Fault)?,
        })
    }

    /// First byte in the input, first byte in the output, and length of the next piece.
    #[inline(always)]
    fn next_piece(&mut self) -> Option<(usize, usize, usize)> {
        if self.left == 0 {
            return None;
        }
        let bytes = self.run_bytes.wrapping_sub(self.inside).min(self.left);
        let [input, output] = self.walker.offsets;
        let byte = |start: usize, offset: usize| {
            start.wrapping_add(offset).wrapping_mul(self.element_bytes).wrapping_add(self.inside)
        };
        let piece = (byte(self.input_start, input), byte(self.output_start, output), bytes);
        self.left = self.left.wrapping_sub(bytes);
        self.inside = 0;
        self.walker.advance();
        Some(piece)
    }
}

/// Signed steps as wrapping ones.
fn wrapped(strides: [isize; AXES]) -> [usize; AXES] {
    strides.map(|stride| stride as usize)
}

/// Writes one element over and over.
pub fn fill(memory: &mut Memory<'_>, arguments: &Fill, units: Range<usize>) -> Result<(), Fault> {
    let &Fill { output, element, element_bytes } = arguments;
    let element = element.get(..element_bytes).filter(|element| !element.is_empty()).ok_or(Fault)?;
    let start = units.start.checked_mul(element_bytes).ok_or(Fault)?;
    let bytes = units.end.saturating_sub(units.start).checked_mul(element_bytes).ok_or(Fault)?;
    let to = memory.write(output.part(start, bytes)?)?;
    if let [byte] = element {
        to.fill(*byte);
        return Ok(());
    }
    for (to, byte) in to.iter_mut().zip(element.iter().cycle()) {
        *to = *byte;
    }
    Ok(())
}

/// Copies the slices that indices name.
pub fn gather(memory: &mut Memory<'_>, arguments: &Gather, units: Range<usize>) -> Result<(), Fault> {
    let &Gather { input, indices, output, outer, axis, count, inner_bytes, .. } = arguments;
    for unit in units {
        let position = unit.checked_rem(count).ok_or(Fault)?;
        let slab = unit.checked_div(count).ok_or(Fault)?;
        let batch = slab.checked_div(outer).ok_or(Fault)?;
        let index_at = batch.wrapping_mul(count).wrapping_add(position).wrapping_mul(4);
        let bytes = *memory.read(indices.part(index_at, 4)?)?.first_chunk().ok_or(Fault)?;
        let index = usize::try_from(i32::from_le_bytes(bytes)).map_err(|_| Fault)?;
        if index >= axis {
            return Err(Fault);
        }
        let from = slab.wrapping_mul(axis).wrapping_add(index).wrapping_mul(inner_bytes);
        let to = unit.wrapping_mul(inner_bytes);
        move_bytes(memory, input.part(from, inner_bytes)?, output.part(to, inner_bytes)?)?;
    }
    Ok(())
}
