//! Operators with weights: a run of a window row that lies side by side is one sum of products.

use super::dot::dot;
use crate::arguments::{Conv2dI16, DepthwiseI16, FULLY_CONNECTED_BLOCK, FullyConnectedI16, FullyConnectedShape};
use crate::generic::conv2d::Line;
use crate::generic::depthwise::Place;
use crate::{Fault, Memory, WideChannels};
use core::ops::Range;

/// Output channels summed together.
const CHANNELS: usize = 8;

/// `count` elements from `start`.
#[inline(always)]
fn run<T>(elements: &[T], start: usize, count: usize) -> Result<&[T], Fault> {
    elements.get(start..).and_then(|rest| rest.get(..count)).ok_or(Fault)
}

/// The biases of `count` channels from `first`.
#[inline(always)]
fn biases(channels: &WideChannels<'_>, first: usize, count: usize) -> Result<[i64; CHANNELS], Fault> {
    let mut sums = [0; CHANNELS];
    for (index, sum) in sums.iter_mut().enumerate().take(count) {
        *sum = channels.bias(first.wrapping_add(index))?;
    }
    Ok(sums)
}

/// CONV_2D on int16: output rows `rows`, counted in the order of the walk.
pub fn conv2d_i16(memory: &mut Memory<'_>, arguments: &Conv2dI16, rows: Range<usize>) -> Result<(), Fault> {
    let Conv2dI16 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let (window, group_channels) = (&shape.window, shape.group_channels());
    let group_outputs = shape.output.channels.checked_div(shape.groups).ok_or(Fault)?;
    let pitch = shape.filter_elements();
    // Columns of one window row that lie side by side in the input as in the weights.
    let joined = shape.groups == 1 && window.dilation_width == 1;
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let line = Line::new(shape, shape.walk.at(step, shape.units()))?;
        for column in 0..shape.output.width {
            let x = shape.walk.at(column, shape.output.width);
            let (first, end) = window.columns_inside(x, shape.input.width);
            let origin = x.wrapping_mul(window.stride_width).wrapping_sub(window.pad_left);
            let mut channel = 0usize;
            while channel < shape.output.channels {
                let group = channel.checked_div(group_outputs).ok_or(Fault)?;
                let group_end = group.wrapping_add(1).wrapping_mul(group_outputs);
                let count = group_end.wrapping_sub(channel).min(CHANNELS);
                let mut sums = biases(&channels, channel, count)?;
                for tap in line.first_tap..line.end_tap {
                    let input_row = line.row_under(shape, tap);
                    let mut kx = first;
                    while kx < end {
                        let columns = if joined { end.wrapping_sub(kx) } else { 1 };
                        let input_x = origin.wrapping_add(kx.wrapping_mul(window.dilation_width));
                        let pixels = memory.read(shape.input.pixels(input_row, input_x, columns)?)?.as_chunks().0;
                        let length = columns.wrapping_mul(group_channels);
                        let inputs = run(pixels, group.wrapping_mul(group_channels), length)?;
                        let position = tap.wrapping_mul(window.width).wrapping_add(kx).wrapping_mul(group_channels);
                        let mut weight = channel.wrapping_mul(pitch).wrapping_add(position);
                        for sum in sums.iter_mut().take(count) {
                            *sum = sum.wrapping_add(dot(inputs, run(weights, weight, length)?));
                            weight = weight.wrapping_add(pitch);
                        }
                        kx = kx.wrapping_add(columns);
                    }
                }
                let pixel = memory.write(shape.output.pixels(line.output_row, x, 1)?)?.as_chunks_mut().0;
                for (&sum, index) in sums.iter().take(count).zip(channel..) {
                    *pixel.get_mut(index).ok_or(Fault)? = weighted.finish(&channels, index, sum)?.to_le_bytes();
                }
                channel = channel.wrapping_add(count);
            }
        }
    }
    Ok(())
}

/// DEPTHWISE_CONV_2D on int16: output rows `rows`, counted in the order of the walk.
pub fn depthwise_i16(memory: &mut Memory<'_>, arguments: &DepthwiseI16, rows: Range<usize>) -> Result<(), Fault> {
    let DepthwiseI16 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let (window, multiplier) = (&shape.window, shape.multiplier());
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let row = shape.walk.at(step, shape.units());
        for column in 0..shape.output.width {
            let x = shape.walk.at(column, shape.output.width);
            let place = Place::new(shape, row, x)?;
            let mut channel = 0usize;
            while channel < shape.output.channels {
                let count = shape.output.channels.wrapping_sub(channel).min(CHANNELS);
                let mut sums = biases(&channels, channel, count)?;
                for ky in place.rows.0..place.rows.1 {
                    let input_row = place.input_row.wrapping_add(ky.wrapping_mul(window.dilation_height));
                    let pixels = memory.read(shape.input.row(input_row)?)?.as_chunks::<2>().0;
                    for kx in place.columns.0..place.columns.1 {
                        let input_x = place.input_x.wrapping_add(kx.wrapping_mul(window.dilation_width));
                        let pixel = run(pixels, input_x.wrapping_mul(shape.input.channels), shape.input.channels)?;
                        let tap = ky.wrapping_mul(window.width).wrapping_add(kx);
                        let first = tap.wrapping_mul(shape.output.channels).wrapping_add(channel);
                        let taps = run(weights, first, count)?;
                        if multiplier == 1 {
                            add_products(&mut sums, run(pixel, channel, count)?.iter(), taps);
                        } else {
                            let inputs = (channel..).map_while(|c| pixel.get(c.checked_div(multiplier)?));
                            add_products(&mut sums, inputs, taps);
                        }
                    }
                }
                let pixel = memory.write(shape.output.pixels(row, x, 1)?)?.as_chunks_mut().0;
                for (&sum, index) in sums.iter().take(count).zip(channel..) {
                    *pixel.get_mut(index).ok_or(Fault)? = weighted.finish(&channels, index, sum)?.to_le_bytes();
                }
                channel = channel.wrapping_add(count);
            }
        }
    }
    Ok(())
}

/// `sums[i] += inputs[i] × weights[i]`, as far as all three go.
#[inline(always)]
fn add_products<'a>(sums: &mut [i64; CHANNELS], inputs: impl Iterator<Item = &'a [u8; 2]>, weights: &[u8]) {
    for ((sum, input), &weight) in sums.iter_mut().zip(inputs).zip(weights) {
        let product = (i16::from_le_bytes(*input) as i32).wrapping_mul(weight as i8 as i32);
        *sum = sum.wrapping_add(product as i64);
    }
}

/// FULLY_CONNECTED on int16: blocks of outputs `blocks`.
pub fn fully_connected_i16(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI16,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedI16 { shape, weighted } = arguments;
    let FullyConnectedShape { depth, outputs, .. } = *shape;
    let (weights, channels) = weighted.constants(memory, outputs)?;
    if blocks.end > shape.units() {
        return Err(Fault);
    }
    for unit in blocks {
        let row = unit.checked_div(shape.blocks()).ok_or(Fault)?;
        let first = unit.wrapping_sub(row.wrapping_mul(shape.blocks())).wrapping_mul(FULLY_CONNECTED_BLOCK);
        let end = first.wrapping_add(FULLY_CONNECTED_BLOCK).min(outputs);
        let of_row = |span: crate::Span, extent: usize| {
            let bytes = extent.wrapping_mul(2);
            span.part(row.wrapping_mul(bytes), bytes)
        };
        let (input, output) = memory.read_write(of_row(shape.input, depth)?, of_row(shape.output, outputs)?)?;
        let (input, output) = (input.as_chunks().0, output.as_chunks_mut().0);
        for channel in first..end {
            let products = dot(input, run(weights, channel.wrapping_mul(depth), depth)?);
            let sum = channels.bias(channel)?.wrapping_add(products);
            *output.get_mut(channel).ok_or(Fault)? = weighted.finish(&channels, channel, sum)?.to_le_bytes();
        }
    }
    Ok(())
}
