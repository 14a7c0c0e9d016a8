//! DEPTHWISE_CONV_2D, one output at a time.
//!
//! Not for overlapping input and output: each channel reads its window again.

use super::pixels::{float_at, int8_at, pixel_float, pixel_int8, put_float, put_int8, tap_position};
use crate::arguments::{DepthwiseF32, DepthwiseI8, DepthwiseShape};
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::requantize;

/// DEPTHWISE_CONV_2D on int8: output rows `rows`, counted in the order of the walk.
pub fn depthwise_i8(memory: &mut Memory<'_>, arguments: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    let DepthwiseI8 { shape, weighted } = arguments;
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

/// DEPTHWISE_CONV_2D on float32: output rows `rows`, counted in the order of the walk.
pub fn depthwise_f32(memory: &mut Memory<'_>, arguments: &DepthwiseF32, rows: Range<usize>) -> Result<(), Fault> {
    let DepthwiseF32 { shape, weighted } = arguments;
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
    shape: &DepthwiseShape,
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

/// Calls `tap` with (input row of all images, input column, input channel, weight index) for each tap of an output
/// that lies inside its image.
fn each_tap(
    shape: &DepthwiseShape,
    row: usize,
    x: usize,
    channel: usize,
    mut tap: impl FnMut(usize, usize, usize, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let window = shape.window;
    let image = row.checked_div(shape.output.height).ok_or(Fault)?;
    let y = row.checked_rem(shape.output.height).ok_or(Fault)?;
    let input_channel = channel.checked_div(shape.multiplier()).ok_or(Fault)?;
    for ky in 0..window.height {
        let input_y =
            tap_position(y, window.stride_height, ky, window.dilation_height, window.pad_top, shape.input.height);
        let Some(input_y) = input_y else { continue };
        for kx in 0..window.width {
            let input_x =
                tap_position(x, window.stride_width, kx, window.dilation_width, window.pad_left, shape.input.width);
            let Some(input_x) = input_x else { continue };
            let weight = (ky * window.width + kx) * shape.output.channels + channel;
            tap(image * shape.input.height + input_y, input_x, input_channel, weight)?;
        }
    }
    Ok(())
}
