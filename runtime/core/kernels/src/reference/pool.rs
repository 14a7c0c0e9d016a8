//! Pooling, one output element at a time.

use super::{read_f32, read_i8};
use crate::arguments::{PoolF32, PoolI8};
use crate::pixel::pixel_scratch_bytes;
use crate::{Fault, Memory, Region, Rows, Span, Walk, Window};
use core::ops::Range;

/// Average pooling on int8: the sum over the window inside the input, divided by the number of elements, halves away
/// from zero.
pub fn average_pool_i8(memory: &mut Memory<'_>, arguments: &PoolI8, units: Range<usize>) -> Result<(), Fault> {
    each_pixel(&arguments.output, arguments.walk, units, |image, y, x, target| {
        each_channel_i8(memory, arguments, target, |memory, channel| {
            let (mut sum, mut count) = (0i32, 0i32);
            each_tap(&arguments.input, &arguments.window, (image, y, x), |span| {
                sum += read_i8(memory, span, channel)? as i32;
                count += 1;
                Ok(())
            })?;
            let nudged = if sum > 0 { sum + count / 2 } else { sum - count / 2 };
            nudged.checked_div(count).ok_or(Fault)
        })
    })
}

/// Maximum pooling on int8.
pub fn max_pool_i8(memory: &mut Memory<'_>, arguments: &PoolI8, units: Range<usize>) -> Result<(), Fault> {
    each_pixel(&arguments.output, arguments.walk, units, |image, y, x, target| {
        each_channel_i8(memory, arguments, target, |memory, channel| {
            let mut largest = i8::MIN;
            each_tap(&arguments.input, &arguments.window, (image, y, x), |span| {
                largest = largest.max(read_i8(memory, span, channel)?);
                Ok(())
            })?;
            Ok(largest as i32)
        })
    })
}

/// Average pooling on float32.
pub fn average_pool_f32(memory: &mut Memory<'_>, arguments: &PoolF32, units: Range<usize>) -> Result<(), Fault> {
    each_pixel(&arguments.output, arguments.walk, units, |image, y, x, target| {
        each_channel_f32(memory, arguments, target, |memory, channel| {
            let (mut sum, mut count) = (0f32, 0f32);
            each_tap(&arguments.input, &arguments.window, (image, y, x), |span| {
                sum += read_f32(memory, span, channel)?;
                count += 1.0;
                Ok(())
            })?;
            Ok(sum / count)
        })
    })
}

/// Maximum pooling on float32.
pub fn max_pool_f32(memory: &mut Memory<'_>, arguments: &PoolF32, units: Range<usize>) -> Result<(), Fault> {
    each_pixel(&arguments.output, arguments.walk, units, |image, y, x, target| {
        each_channel_f32(memory, arguments, target, |memory, channel| {
            let mut largest = f32::MIN;
            each_tap(&arguments.input, &arguments.window, (image, y, x), |span| {
                largest = largest.max(read_f32(memory, span, channel)?);
                Ok(())
            })?;
            Ok(largest)
        })
    })
}

/// Calls `make` with image, row, column and place of every output pixel of rows `units`.
pub(crate) fn each_pixel(
    output: &Rows,
    walk: Walk,
    units: Range<usize>,
    mut make: impl FnMut(usize, usize, usize, Span) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for unit in units {
        let row = walk.at(unit, output.total_rows());
        let image = row.checked_div(output.height).ok_or(Fault)?;
        let y = row.checked_rem(output.height).ok_or(Fault)?;
        for step in 0..output.width {
            let x = walk.at(step, output.width);
            make(image, y, x, output.pixels(row, x, 1)?)?;
        }
    }
    Ok(())
}

/// Calls `take` with the place of every input pixel inside the window of output pixel (image, y, x).
pub(super) fn each_tap(
    input: &Rows,
    window: &Window,
    (image, y, x): (usize, usize, usize),
    mut take: impl FnMut(Span) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for ky in 0..window.height {
        let input_y = (y * window.stride_height + ky).wrapping_sub(window.pad_top);
        for kx in 0..window.width {
            let input_x = (x * window.stride_width + kx).wrapping_sub(window.pad_left);
            if input_y < input.height && input_x < input.width {
                take(input.pixels(image * input.height + input_y, input_x, 1)?)?;
            }
        }
    }
    Ok(())
}

/// Clamps and writes every channel of the pixel at `target`, through the scratch when it is longer than one block.
fn each_channel_i8(
    memory: &mut Memory<'_>,
    arguments: &PoolI8,
    target: Span,
    mut make: impl FnMut(&Memory<'_>, usize) -> Result<i32, Fault>,
) -> Result<(), Fault> {
    staged(memory, target, 1, |memory, channel| {
        let value = make(memory, channel)?;
        let clamped = value.max(arguments.activation_min as i32).min(arguments.activation_max as i32);
        Ok([clamped as u8, 0, 0, 0])
    })
}

fn each_channel_f32(
    memory: &mut Memory<'_>,
    arguments: &PoolF32,
    target: Span,
    mut make: impl FnMut(&Memory<'_>, usize) -> Result<f32, Fault>,
) -> Result<(), Fault> {
    staged(memory, target, 4, |memory, channel| {
        let value = make(memory, channel)?;
        Ok(value.max(arguments.activation_min).min(arguments.activation_max).to_le_bytes())
    })
}

/// Makes all channels of a pixel before the first is written.
pub(crate) fn staged(
    memory: &mut Memory<'_>,
    target: Span,
    element_bytes: usize,
    mut make: impl FnMut(&Memory<'_>, usize) -> Result<[u8; 4], Fault>,
) -> Result<(), Fault> {
    let mut short = [0u8; 64];
    let in_scratch = pixel_scratch_bytes(target.bytes) > 0;
    let channels = target.bytes.checked_div(element_bytes).ok_or(Fault)?;
    for channel in 0..channels {
        let value = make(memory, channel)?;
        let stage: &mut [u8] = if in_scratch { memory.scratch } else { &mut short };
        let element = stage.get_mut(channel * element_bytes..).ok_or(Fault)?;
        for (to, from) in element.iter_mut().zip(value).take(element_bytes) {
            *to = from;
        }
    }
    for channel in 0..channels {
        let stage: &[u8] = if in_scratch { memory.scratch } else { &short };
        let start = channel * element_bytes;
        let mut element = [0; 4];
        element.iter_mut().zip(stage.get(start..).ok_or(Fault)?).for_each(|(to, from)| *to = *from);
        let place = memory.write(target.part(start, element_bytes)?)?;
        place.iter_mut().zip(element).for_each(|(to, from)| *to = from);
    }
    debug_assert!(target.region != Region::Constant);
    Ok(())
}
