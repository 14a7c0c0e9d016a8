//! Movement and search written again, one element at a time: what the only implementation of these kernels is compared
//! with.

use core::ops::Range;
use mote_kernels::arguments::{ArgMax, Fill, Gather, Lookup8, ResizeNearest, StridedCopy};
use mote_kernels::{Fault, Memory, Span};

type Outcome = Result<(), Fault>;

fn read(memory: &Memory<'_>, span: Span, at: usize) -> Result<u8, Fault> {
    memory.read(span)?.get(at).copied().ok_or(Fault)
}

fn write(memory: &mut Memory<'_>, span: Span, at: usize, byte: u8) -> Outcome {
    *memory.write(span)?.get_mut(at).ok_or(Fault)? = byte;
    Ok(())
}

/// Quotient and remainder.
fn part(value: usize, by: usize) -> Result<(usize, usize), Fault> {
    Ok((value.checked_div(by).ok_or(Fault)?, value.checked_rem(by).ok_or(Fault)?))
}

/// Output = table[input].
pub fn lookup_8(memory: &mut Memory<'_>, arguments: &Lookup8, units: Range<usize>) -> Outcome {
    for at in units {
        let index = read(memory, arguments.input, at)?;
        let byte = read(memory, arguments.table, usize::from(index))?;
        write(memory, arguments.output, at, byte)?;
    }
    Ok(())
}

/// Element after element, positions from strides.
pub fn strided_copy(memory: &mut Memory<'_>, arguments: &StridedCopy, units: Range<usize>) -> Outcome {
    for unit in units {
        let (mut rest, mut from, mut to) = (unit, arguments.input_start as isize, arguments.output_start as isize);
        let strides = arguments.input_strides.iter().zip(&arguments.output_strides);
        for (&extent, (&input, &output)) in arguments.extents.iter().zip(strides).rev() {
            let (more, at) = part(rest, extent)?;
            rest = more;
            from += at as isize * input;
            to += at as isize * output;
        }
        for byte in 0..arguments.element_bytes {
            let value = read(memory, arguments.input, from as usize * arguments.element_bytes + byte)?;
            write(memory, arguments.output, to as usize * arguments.element_bytes + byte, value)?;
        }
    }
    Ok(())
}

/// Slice after slice.
pub fn gather(memory: &mut Memory<'_>, arguments: &Gather, units: Range<usize>) -> Outcome {
    let &Gather { input, indices, output, outer, axis, count, inner_bytes, .. } = arguments;
    for unit in units {
        let (slab, position) = part(unit, count)?;
        let (batch, _) = part(slab, outer)?;
        let mut index = [0; 4];
        for (at, byte) in index.iter_mut().enumerate() {
            *byte = read(memory, indices, (batch * count + position) * 4 + at)?;
        }
        let index = u32::from_le_bytes(index) as usize;
        for at in 0..inner_bytes {
            let value = read(memory, input, (slab * axis + index) * inner_bytes + at)?;
            write(memory, output, unit * inner_bytes + at, value)?;
        }
    }
    Ok(())
}

/// The element's bytes again and again.
pub fn fill(memory: &mut Memory<'_>, arguments: &Fill, units: Range<usize>) -> Outcome {
    for unit in units {
        for (at, &byte) in arguments.element.iter().take(arguments.element_bytes).enumerate() {
            write(memory, arguments.output, unit * arguments.element_bytes + at, byte)?;
        }
    }
    Ok(())
}

/// Pixel after pixel in the order of the walk, each read whole before it is written.
pub fn resize_nearest(memory: &mut Memory<'_>, arguments: &ResizeNearest, units: Range<usize>) -> Outcome {
    let ResizeNearest { input, output, walk, .. } = *arguments;
    let source = |memory: &Memory<'_>, table: Span, at: usize| -> Result<usize, Fault> {
        Ok(usize::from(u16::from_le_bytes([read(memory, table, at * 2)?, read(memory, table, at * 2 + 1)?])))
    };
    let mut pixel = [0; 64];
    for unit in units {
        let row = walk.at(unit, output.total_rows());
        let (image, y) = part(row, output.height)?;
        let from_row = image * input.height + source(memory, arguments.row_sources, y)?;
        for column in 0..output.width {
            let x = walk.at(column, output.width);
            let from = input.pixels(from_row, source(memory, arguments.column_sources, x)?, 1)?;
            let pixel = pixel.get_mut(..from.bytes).ok_or(Fault)?;
            for (at, byte) in pixel.iter_mut().enumerate() {
                *byte = read(memory, from, at)?;
            }
            let to = output.pixels(row, x, 1)?;
            for (at, byte) in pixel.iter().enumerate() {
                write(memory, to, at, *byte)?;
            }
        }
    }
    Ok(())
}

/// The first position whose value no other exceeds.
pub fn arg_max_i8(memory: &mut Memory<'_>, arguments: &ArgMax, units: Range<usize>) -> Outcome {
    let &ArgMax { input, output, axis, inner, .. } = arguments;
    for unit in units {
        let (outer, within) = part(unit, inner)?;
        let value = |memory: &Memory<'_>, k: usize| -> Result<i8, Fault> {
            Ok(read(memory, input, (outer * axis + k) * inner + within)? as i8)
        };
        let mut greatest = i8::MIN;
        for k in 0..axis {
            greatest = greatest.max(value(memory, k)?);
        }
        let mut found = 0;
        while value(memory, found)? != greatest {
            found += 1;
        }
        for (at, byte) in (found as i32).to_le_bytes().into_iter().enumerate() {
            write(memory, output, unit * 4 + at, byte)?;
        }
    }
    Ok(())
}
