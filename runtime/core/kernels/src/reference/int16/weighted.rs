//! Operators with weights: 64-bit sums, one product at a time.

use super::{read_i16, write_i16};
use crate::arguments::{Conv2dI16, DepthwiseI16, FullyConnectedI16, WeightedI16};
use crate::reference::fully_connected;
use crate::reference::pixels::int8_at;
use crate::reference::taps::{Sliding, each_output};
use crate::{Fault, Memory};
use core::ops::Range;

/// CONV_2D on int16: output rows `rows`, counted in the order of the walk.
pub fn conv2d_i16(memory: &mut Memory<'_>, arguments: &Conv2dI16, rows: Range<usize>) -> Result<(), Fault> {
    sliding(memory, &arguments.shape, &arguments.weighted, rows)
}

/// DEPTHWISE_CONV_2D on int16: output rows `rows`, counted in the order of the walk.
pub fn depthwise_i16(memory: &mut Memory<'_>, arguments: &DepthwiseI16, rows: Range<usize>) -> Result<(), Fault> {
    sliding(memory, &arguments.shape, &arguments.weighted, rows)
}

/// FULLY_CONNECTED on int16: blocks of outputs `blocks`.
pub fn fully_connected_i16(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI16,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedI16 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.outputs)?;
    fully_connected::each_output(shape, blocks, |row, channel| {
        let mut sum = channels.bias(channel)?;
        for k in 0..shape.depth {
            let value = read_i16(memory, shape.input, row * shape.depth + k)? as i64;
            sum += value * int8_at(weights, channel * shape.depth + k)? as i64;
        }
        let value = weighted.finish(&channels, channel, sum)?;
        write_i16(memory, shape.output, row * shape.outputs + channel, value)
    })
}

fn sliding(
    memory: &mut Memory<'_>,
    shape: &impl Sliding,
    weighted: &WeightedI16,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let (input, output, _) = shape.images();
    let (weights, channels) = weighted.constants(memory, output.channels)?;
    each_output(shape, rows, |image, place| {
        let mut sum = channels.bias(place.channel)?;
        shape.each_tap(place, |tap| {
            let pixel = input.pixels(image * input.height + tap.y, tap.x, 1)?;
            sum += read_i16(memory, pixel, tap.channel)? as i64 * int8_at(weights, tap.weight)? as i64;
            Ok(())
        })?;
        let value = weighted.finish(&channels, place.channel, sum)?;
        let pixel = output.pixels(image * output.height + place.y, place.x, 1)?;
        write_i16(memory, pixel, place.channel, value)
    })
}
