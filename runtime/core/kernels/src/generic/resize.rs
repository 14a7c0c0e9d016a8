//! Resizing of images.

use crate::arguments::{ResizeBilinear, ResizeNearest, ResizeParameters};
use crate::blocks::move_bytes;
use crate::pixel::{overlap, write_pixel};
use crate::{Fault, Memory, Rows, Span};
use core::ops::Range;

/// Nearest neighbour, any element type.
pub fn resize_nearest(memory: &mut Memory<'_>, arguments: &ResizeNearest, units: Range<usize>) -> Result<(), Fault> {
    let &ResizeNearest { input, output, row_sources, column_sources, walk } = arguments;
    for unit in units {
        let row = walk.at(unit, output.total_rows());
        let image = row.checked_div(output.height).ok_or(Fault)?;
        let y = row.checked_rem(output.height).ok_or(Fault)?;
        let input_y = source(memory, row_sources, y)?;
        let input_row = image.wrapping_mul(input.height).wrapping_add(input_y);
        for step in 0..output.width {
            let x = walk.at(step, output.width);
            let input_x = source(memory, column_sources, x)?;
            if input_y >= input.height || input_x >= input.width {
                return Err(Fault);
            }
            move_bytes(memory, input.pixels(input_row, input_x, 1)?, output.pixels(row, x, 1)?)?;
        }
    }
    Ok(())
}

/// Entry `index` of a table of u16.
#[inline(always)]
fn source(memory: &Memory<'_>, table: Span, index: usize) -> Result<usize, Fault> {
    let entry = memory.constant(table.part(index.wrapping_mul(2), 2)?)?;
    Ok(u16::from_le_bytes(*entry.first_chunk().ok_or(Fault)?) as usize)
}

/// An output position between two input positions, in units of 1/1024.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    /// Input position at or before.
    pub(crate) low: usize,
    /// Input position at or behind.
    pub(crate) high: usize,
    /// Distance from `low`; may be negative or more than one step where the output reaches past the input's edge.
    pub(crate) distance: i32,
}

/// Input positions per output position in units of 1/1024, rounded.
pub(crate) fn scale_10(input: usize, output: usize, parameters: ResizeParameters) -> Result<i32, Fault> {
    let (input, output) = (input as i32, output as i32);
    let (span, steps) = if parameters.align_corners && output > 1 {
        (input.wrapping_sub(1), output.wrapping_sub(1))
    } else {
        (input, output)
    };
    let nudged = span.checked_mul(1024).and_then(|span| span.checked_add(steps >> 1)).ok_or(Fault)?;
    nudged.checked_div(steps).ok_or(Fault)
}

/// Where output position `at` lies.
///
/// The reference reads past the image when the rounded scale leads there; here the last position stands in for it.
#[inline(always)]
pub(crate) fn between_10(at: usize, scale: i32, half_pixel_centers: bool, input: usize) -> Between {
    let mut position = (at as i32).wrapping_mul(scale);
    if half_pixel_centers {
        position = position.wrapping_add(scale / 2).wrapping_sub(512);
    }
    let last = (input as i32).wrapping_sub(1).max(0);
    let low = (position / 1024).max(0).min(last);
    let high = (position.wrapping_add(1023) / 1024).min(last).max(0);
    Between { low: low as usize, high: high as usize, distance: position.wrapping_sub(low.wrapping_mul(1024)) }
}

/// Rounds a sum of products in units of 2⁻²⁰, halves away from zero.
#[inline(always)]
pub(crate) fn round_20(value: i32) -> i8 {
    let half = if value > 0 { 1 << 19 } else { -(1 << 19) };
    (value.wrapping_add(half) / (1 << 20)) as i8
}

/// Bilinear on int8, in 10-bit fixed point.
pub fn resize_bilinear_i8(
    memory: &mut Memory<'_>,
    arguments: &ResizeBilinear,
    units: Range<usize>,
) -> Result<(), Fault> {
    let &ResizeBilinear { input, output, parameters, .. } = arguments;
    let scale_y = scale_10(input.height, output.height, parameters)?;
    let scale_x = scale_10(input.width, output.width, parameters)?;
    let half = parameters.half_pixel_centers;
    each_output(memory, arguments, units, |memory, (y, x, image), pixel, staged| {
        let y = between_10(y, scale_y, half, input.height);
        let x = between_10(x, scale_x, half, input.width);
        let (down, right) = (y.distance, x.distance);
        let (up, left) = (1024i32.wrapping_sub(down), 1024i32.wrapping_sub(right));
        let weights =
            [up.wrapping_mul(left), down.wrapping_mul(left), up.wrapping_mul(right), down.wrapping_mul(right)];
        let corners = corners(&input, image, (y.low, y.high), (x.low, x.high))?;
        write_pixel(memory, pixel, staged, |memory, first, part| {
            let [a, b, c, d] = read_corners(memory, corners, first, part.len())?;
            let [wa, wb, wc, wd] = weights;
            let values = a.iter().zip(b).zip(c.iter().zip(d));
            for (output, ((&a, &b), (&c, &d))) in part.iter_mut().zip(values) {
                let sum = (a as i8 as i32)
                    .wrapping_mul(wa)
                    .wrapping_add((b as i8 as i32).wrapping_mul(wb))
                    .wrapping_add((c as i8 as i32).wrapping_mul(wc))
                    .wrapping_add((d as i8 as i32).wrapping_mul(wd));
                *output = round_20(sum) as u8;
            }
            Ok(())
        })
    })
}

/// Bilinear on float32.
pub fn resize_bilinear_f32(
    memory: &mut Memory<'_>,
    arguments: &ResizeBilinear,
    units: Range<usize>,
) -> Result<(), Fault> {
    let &ResizeBilinear { input, output, parameters, .. } = arguments;
    let scale_y = scale_f32(input.height, output.height, parameters);
    let scale_x = scale_f32(input.width, output.width, parameters);
    let half = parameters.half_pixel_centers;
    each_output(memory, arguments, units, |memory, (y, x, image), pixel, staged| {
        let (y0, y1, down) = between_f32(y, scale_y, half, input.height);
        let (x0, x1, right) = between_f32(x, scale_x, half, input.width);
        let corners = corners(&input, image, (y0, y1), (x0, x1))?;
        write_pixel(memory, pixel, staged, |memory, first, part| {
            let [a, b, c, d] = read_corners(memory, corners, first, part.len())?.map(|bytes| bytes.as_chunks::<4>().0);
            let values = a.iter().zip(b).zip(c.iter().zip(d));
            for (output, ((a, b), (c, d))) in part.as_chunks_mut::<4>().0.iter_mut().zip(values) {
                let [a, b, c, d] = [a, b, c, d].map(|bytes| f32::from_le_bytes(*bytes));
                let value = a * (1.0 - down) * (1.0 - right)
                    + b * down * (1.0 - right)
                    + c * (1.0 - down) * right
                    + d * down * right;
                *output = value.to_le_bytes();
            }
            Ok(())
        })
    })
}

/// Input positions per output position.
fn scale_f32(input: usize, output: usize, parameters: ResizeParameters) -> f32 {
    if parameters.align_corners && output > 1 {
        input.wrapping_sub(1) as f32 / output.wrapping_sub(1) as f32
    } else {
        input as f32 / output as f32
    }
}

/// Input positions around output position `at`, and the distance from the first.
fn between_f32(at: usize, scale: f32, half_pixel_centers: bool, input: usize) -> (usize, usize, f32) {
    let position = if half_pixel_centers { (at as f32 + 0.5) * scale - 0.5 } else { at as f32 * scale };
    let last = input.wrapping_sub(1);
    let low = (libm::floorf(position).max(0.0) as usize).min(last);
    let high = (libm::ceilf(position).max(0.0) as usize).min(last);
    (low, high, position - low as f32)
}

/// Calls `make` for every output pixel of rows `units` with (row, column, image), its place, and whether it may lie over
/// the input.
#[inline(always)]
fn each_output(
    memory: &mut Memory<'_>,
    arguments: &ResizeBilinear,
    units: Range<usize>,
    mut make: impl FnMut(&mut Memory<'_>, (usize, usize, usize), Span, bool) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let output = &arguments.output;
    let staged = overlap(&arguments.input, output);
    for unit in units {
        let row = arguments.walk.at(unit, output.total_rows());
        let image = row.checked_div(output.height).ok_or(Fault)?;
        let y = row.checked_rem(output.height).ok_or(Fault)?;
        for step in 0..output.width {
            let x = arguments.walk.at(step, output.width);
            make(memory, (y, x, image), output.pixels(row, x, 1)?, staged)?;
        }
    }
    Ok(())
}

/// The pixels (low, low), (high, low), (low, high), (high, high) as (row, column).
fn corners(input: &Rows, image: usize, y: (usize, usize), x: (usize, usize)) -> Result<[Span; 4], Fault> {
    let pixel = |y: usize, x: usize| input.pixels(image.wrapping_mul(input.height).wrapping_add(y), x, 1);
    Ok([pixel(y.0, x.0)?, pixel(y.1, x.0)?, pixel(y.0, x.1)?, pixel(y.1, x.1)?])
}

/// `bytes` bytes from byte `first` of each pixel.
#[inline(always)]
fn read_corners<'m>(
    memory: &'m Memory<'_>,
    corners: [Span; 4],
    first: usize,
    bytes: usize,
) -> Result<[&'m [u8]; 4], Fault> {
    let [a, b, c, d] = corners;
    let read = |span: Span| memory.read(span.part(first, bytes)?);
    Ok([read(a)?, read(b)?, read(c)?, read(d)?])
}
