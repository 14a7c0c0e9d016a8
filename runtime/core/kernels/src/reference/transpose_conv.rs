//! TRANSPOSE_CONV, one output at a time: the taps that reach it are gathered.

use super::pixels::{float_at, int8_at, pixel_float, pixel_int8, put_float, put_int8};
use crate::arguments::{TransposeConvF32, TransposeConvI8, TransposeConvShape, tap_between};
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::requantize;

/// TRANSPOSE_CONV on int8: output rows `rows`, counted in the order of the walk.
pub fn transpose_conv_i8(
    memory: &mut Memory<'_>,
    arguments: &TransposeConvI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let TransposeConvI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    each_output(shape, rows, |row, x, channel| {
        let mut accumulator = channels.bias(channel)?;
        each_tap(shape, row, x, channel, |input_row, input_x, input_channel, weight| {
            let input = pixel_int8(memory, &shape.input, input_row, input_x, input_channel)?;
            let product = (input - weighted.input_zero_point) * int8_at(weights, weight)?;
            accumulator = accumulator.wrapping_add(product);
            Ok(())
        })?;
        let scaled = requantize(accumulator, channels.multiplier(channel)?);
        let value = scaled
            .wrapping_add(weighted.output_zero_point)
            .max(weighted.activation_minimum)
            .min(weighted.activation_maximum);
        put_int8(memory, &shape.output, row, x, channel, value)
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
    each_output(shape, rows, |row, x, channel| {
        let mut total = 0.0;
        each_tap(shape, row, x, channel, |input_row, input_x, input_channel, weight| {
            total += pixel_float(memory, &shape.input, input_row, input_x, input_channel)? * float_at(weights, weight)?;
            Ok(())
        })?;
        let value = weighted.finish(total, float_at(biases, channel)?);
        put_float(memory, &shape.output, row, x, channel, value)
    })
}

/// Calls `output` with (row of all images, column, channel) for each output of the rows, in the order of the walk.
fn each_output(
    shape: &TransposeConvShape,
    rows: Range<usize>,
    mut output: impl FnMut(usize, usize, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let row = shape.walk.at(step, shape.units());
        for column in 0..shape.output.width {
            let x = shape.walk.at(column, shape.output.width);
            for channel in 0..shape.output.channels {
                output(row, x, channel)?;
            }
        }
    }
    Ok(())
}

/// Calls `tap` with (input row of all images, input column, input channel, weight index) for everything that reaches
/// an output: in the order in which a scatter over the input would add it.
fn each_tap(
    shape: &TransposeConvShape,
    row: usize,
    x: usize,
    channel: usize,
    mut tap: impl FnMut(usize, usize, usize, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let window = shape.window;
    let image = row.checked_div(shape.output.height).ok_or(Fault)?;
    let y = row.checked_rem(shape.output.height).ok_or(Fault)?;
    for input_y in 0..shape.input.height {
        let Some(ky) = tap_between(y, input_y, window.stride_height, window.pad_top, window.height) else { continue };
        for input_x in 0..shape.input.width {
            let Some(kx) = tap_between(x, input_x, window.stride_width, window.pad_left, window.width) else {
                continue;
            };
            for c in 0..shape.input.channels {
                let weight = ((channel * window.height + ky) * window.width + kx) * shape.input.channels + c;
                tap(image * shape.input.height + input_y, input_x, c, weight)?;
            }
        }
    }
    Ok(())
}
