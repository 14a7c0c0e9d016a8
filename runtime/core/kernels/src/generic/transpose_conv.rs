//! TRANSPOSE_CONV: for each output pixel, the taps that reach it.

use super::dot::{Filters, Portable, add_block_products};
use super::float::{add_products, float_at, store_float};
use super::output::{finish_block, store_block};
use super::tuning::OUTPUT_CHANNELS;
use crate::arguments::{TransposeConvF32, TransposeConvI8, TransposeConvShape, inputs_reaching, tap_between};
use crate::{Fault, Memory, Span};
use core::ops::Range;

/// TRANSPOSE_CONV on int8: output rows `rows`, counted in the order of the walk.
pub fn transpose_conv_i8(
    memory: &mut Memory<'_>,
    arguments: &TransposeConvI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let TransposeConvI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let depth = shape.input.channels;
    let pitch = shape.window.height.wrapping_mul(shape.window.width).wrapping_mul(depth);
    let zero_point = weighted.input_zero_point as i16;
    each_pixel(shape, rows, |row, x| {
        let mut channel = 0;
        while channel < shape.output.channels {
            let count = shape.output.channels.wrapping_sub(channel).min(OUTPUT_CHANNELS);
            let block = channels.block::<OUTPUT_CHANNELS>(channel, count)?;
            let mut sums = [block.biases];
            let first = channel.wrapping_mul(pitch);
            each_tap(shape, row, x, |pixel, tap| {
                let first = first.wrapping_add(tap.wrapping_mul(depth));
                let filters = Filters { weights, first, pitch, length: depth, readable: depth };
                add_block_products::<Portable, _>([memory.read(pixel)?], filters, count, zero_point, &mut sums)
            })?;
            let [sums] = sums;
            let values = finish_block(&sums, &block, weighted);
            let pixel = memory.write(shape.output.pixels(row, x, 1)?)?;
            store_block(pixel, channel, &values, count)?;
            channel = channel.wrapping_add(count);
        }
        Ok(())
    })
}

/// TRANSPOSE_CONV on float32: output rows `rows`, counted in the order of the walk.
pub fn transpose_conv_f32(
    memory: &mut Memory<'_>,
    arguments: &TransposeConvF32,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let TransposeConvF32 { shape, weighted } = arguments;
    let (weights, biases) = weighted.constants(memory, shape.output.channels)?;
    let depth = shape.input.channels;
    let taps = shape.window.height.wrapping_mul(shape.window.width);
    each_pixel(shape, rows, |row, x| {
        for channel in 0..shape.output.channels {
            let mut total = 0.0;
            let first_tap = channel.wrapping_mul(taps);
            each_tap(shape, row, x, |pixel, tap| {
                let weight = first_tap.wrapping_add(tap).wrapping_mul(depth);
                total = add_products(total, memory.read(pixel)?, 0, weights, weight, depth)?;
                Ok(())
            })?;
            let value = weighted.finish(total, float_at(biases, channel)?);
            store_float(memory.write(shape.output.pixels(row, x, 1)?)?, channel, value)?;
        }
        Ok(())
    })
}

/// Calls `pixel` with (row of all images, column) for each output pixel of the rows, in the order of the walk.
#[inline(always)]
fn each_pixel(
    shape: &TransposeConvShape,
    rows: Range<usize>,
    mut pixel: impl FnMut(usize, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let row = shape.walk.at(step, shape.units());
        for column in 0..shape.output.width {
            pixel(row, shape.walk.at(column, shape.output.width))?;
        }
    }
    Ok(())
}

/// Calls `tap` with (input pixel, window position) for all that reaches an output pixel, by input row then column.
#[inline(always)]
fn each_tap(
    shape: &TransposeConvShape,
    row: usize,
    x: usize,
    mut tap: impl FnMut(Span, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (input, window) = (&shape.input, &shape.window);
    let image = row.checked_div(shape.output.height).ok_or(Fault)?;
    let y = row.wrapping_sub(image.wrapping_mul(shape.output.height));
    let first_row = image.wrapping_mul(input.height);
    let (top, bottom) = inputs_reaching(y, window.stride_height, window.pad_top, window.height, input.height);
    let (left, right) = inputs_reaching(x, window.stride_width, window.pad_left, window.width, input.width);
    for input_y in top..bottom {
        let Some(ky) = tap_between(y, input_y, window.stride_height, window.pad_top, window.height) else { continue };
        for input_x in left..right {
            let Some(kx) = tap_between(x, input_x, window.stride_width, window.pad_left, window.width) else {
                continue;
            };
            let pixel = input.pixels(first_row.wrapping_add(input_y), input_x, 1)?;
            tap(pixel, ky.wrapping_mul(window.width).wrapping_add(kx))?;
        }
    }
    Ok(())
}
