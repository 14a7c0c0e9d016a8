//! DEPTHWISE_CONV_2D: a block of channels of one pixel at a time, taps outermost.

use super::dot::{InnerLoops, Portable};
use super::float::{float_at, store_float};
use super::output::{copy_to_start, store_block};
use super::tuning::{DEPTHWISE_CHANNELS, DEPTHWISE_REST, DEPTHWISE_UNROLLED};
use crate::arguments::{DepthwiseF32, DepthwiseI8, DepthwiseShape, WeightedI8};
use crate::{Channels, Fault, Memory};
use core::ops::Range;

/// DEPTHWISE_CONV_2D on int8: output rows `rows`, counted in the order of the walk. Scratch:
/// [`DepthwiseI8::scratch_bytes`].
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn depthwise_i8(memory: &mut Memory<'_>, arguments: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    depthwise_i8_rows::<Portable>(memory, arguments, rows)
}

/// The source of every instance of the int8 kernel.
#[inline(always)]
pub(crate) fn depthwise_i8_rows<Loops: InnerLoops>(
    memory: &mut Memory<'_>,
    arguments: &DepthwiseI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let DepthwiseI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let input_step = shape.window.dilation_width.wrapping_mul(shape.input.channels);
    let layer = Layer { shape, weighted, weights, channels, multiplier: shape.multiplier(), input_step };
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let row = shape.walk.at(step, shape.units());
        for column in 0..shape.output.width {
            let place = Place::new(shape, row, shape.walk.at(column, shape.output.width))?;
            layer.pixel::<Loops>(memory, &place)?;
        }
    }
    Ok(())
}

/// One output pixel and the part of its window inside the image.
pub(crate) struct Place {
    output_row: usize,
    x: usize,
    /// Input row of all images under window row 0; wraps where that is padding.
    pub input_row: usize,
    /// Input column under window column 0; wraps where that is padding.
    pub input_x: usize,
    /// Window rows inside: the first and one past the last.
    pub rows: (usize, usize),
    /// Window columns inside.
    pub columns: (usize, usize),
}

impl Place {
    #[inline(always)]
    pub(crate) fn new(shape: &DepthwiseShape, output_row: usize, x: usize) -> Result<Self, Fault> {
        let window = &shape.window;
        let image = output_row.checked_div(shape.output.height).ok_or(Fault)?;
        let y = output_row.wrapping_sub(image.wrapping_mul(shape.output.height));
        let origin = y.wrapping_mul(window.stride_height).wrapping_sub(window.pad_top);
        Ok(Self {
            output_row,
            x,
            input_row: image.wrapping_mul(shape.input.height).wrapping_add(origin),
            input_x: x.wrapping_mul(window.stride_width).wrapping_sub(window.pad_left),
            rows: window.rows_inside(y, shape.input.height),
            columns: window.columns_inside(x, shape.input.width),
        })
    }

    /// Goes to column `x` of the same row.
    #[cfg(cortex_m_dsp)]
    #[inline(always)]
    pub(crate) fn move_to(&mut self, shape: &DepthwiseShape, x: usize) {
        self.x = x;
        self.input_x = x.wrapping_mul(shape.window.stride_width).wrapping_sub(shape.window.pad_left);
        self.columns = shape.window.columns_inside(x, shape.input.width);
    }
}

struct Layer<'a, 'm> {
    shape: &'a DepthwiseShape,
    weighted: &'a WeightedI8,
    weights: &'m [u8],
    channels: Channels<'m>,
    multiplier: usize,
    /// Bytes from one tap's input pixel to the next one's.
    input_step: usize,
}

impl Layer<'_, '_> {
    #[inline(always)]
    fn pixel<Loops: InnerLoops>(&self, memory: &mut Memory<'_>, place: &Place) -> Result<(), Fault> {
        let total = self.shape.output.channels;
        let mut channel = 0usize;
        while channel < total {
            let left = total.wrapping_sub(channel);
            // The small block spares a narrow layer the requantisation of unused lanes.
            let count = if DEPTHWISE_CHANNELS > DEPTHWISE_REST && left > DEPTHWISE_REST {
                let count = left.min(DEPTHWISE_CHANNELS);
                self.block::<Loops, DEPTHWISE_CHANNELS>(memory, place, channel, count)?;
                count
            } else {
                let count = left.min(DEPTHWISE_REST);
                self.block::<Loops, DEPTHWISE_REST>(memory, place, channel, count)?;
                count
            };
            channel = channel.wrapping_add(count);
        }
        if self.shape.overlapping {
            let pixel = self.shape.output.pixels(place.output_row, place.x, 1)?;
            let (made, target) = memory.scratch_and_write(pixel.bytes, pixel)?;
            copy_to_start(target, made)?;
        }
        Ok(())
    }

    /// Makes channels `channel` .. `channel + count` of a pixel.
    #[inline(always)]
    fn block<Loops: InnerLoops, const CHANNELS: usize>(
        &self,
        memory: &mut Memory<'_>,
        place: &Place,
        channel: usize,
        count: usize,
    ) -> Result<(), Fault> {
        let shape = self.shape;
        let window = &shape.window;
        let block = self.channels.block::<CHANNELS>(channel, count)?;
        let zero_point = self.weighted.input_zero_point as i16;
        let mut sums = block.biases;
        for ky in place.rows.0..place.rows.1 {
            let input_row = place.input_row.wrapping_add(ky.wrapping_mul(window.dilation_height));
            let row = memory.read(shape.input.row(input_row)?)?;
            if DEPTHWISE_UNROLLED && self.multiplier == 1 && count == CHANNELS && place.columns.0 < place.columns.1 {
                let input_x = place.input_x.wrapping_add(place.columns.0.wrapping_mul(window.dilation_width));
                let first_input = input_x.wrapping_mul(shape.input.channels).wrapping_add(channel);
                let first_tap = ky.wrapping_mul(window.width).wrapping_add(place.columns.0);
                let first_weight = first_tap.wrapping_mul(shape.output.channels).wrapping_add(channel);
                let taps = place.columns.1.wrapping_sub(place.columns.0);
                let inputs = Strided { rest: row.get(first_input..).ok_or(Fault)?, step: self.input_step };
                let weights =
                    Strided { rest: self.weights.get(first_weight..).ok_or(Fault)?, step: shape.output.channels };
                add_row(&mut sums, inputs, weights, taps, zero_point)?;
                continue;
            }
            for kx in place.columns.0..place.columns.1 {
                let input_x = place.input_x.wrapping_add(kx.wrapping_mul(window.dilation_width));
                let tap = ky.wrapping_mul(window.width).wrapping_add(kx);
                let first_weight = tap.wrapping_mul(shape.output.channels).wrapping_add(channel);
                let weights = run(self.weights, first_weight, count)?;
                let first_input = input_x.wrapping_mul(shape.input.channels);
                if self.multiplier == 1 {
                    let inputs = run(row, first_input.wrapping_add(channel), count)?;
                    add_tap(&mut sums, inputs, weights, zero_point);
                } else {
                    let pixel = row.get(first_input..).ok_or(Fault)?;
                    let inputs = self.spread::<CHANNELS>(pixel, channel, count)?;
                    add_tap(&mut sums, run(&inputs, 0, count)?, weights, zero_point);
                }
            }
        }
        let values = Loops::finish(&sums, &block, self.weighted);
        let target: &mut [u8] = if shape.overlapping {
            memory.scratch
        } else {
            memory.write(shape.output.pixels(place.output_row, place.x, 1)?)?
        };
        store_block(target, channel, &values, count)
    }

    /// The input channel of each of `count` output channels from `channel`, from the channels of one pixel.
    #[inline(always)]
    fn spread<const CHANNELS: usize>(
        &self,
        pixel: &[u8],
        channel: usize,
        count: usize,
    ) -> Result<[u8; CHANNELS], Fault> {
        if self.shape.input.channels == 1 {
            return Ok([*pixel.first().ok_or(Fault)?; CHANNELS]);
        }
        let mut values = [0; CHANNELS];
        let mut source = channel.checked_div(self.multiplier).ok_or(Fault)?;
        let mut used = channel.wrapping_sub(source.wrapping_mul(self.multiplier));
        for value in values.iter_mut().take(count) {
            *value = *pixel.get(source).ok_or(Fault)?;
            used = used.wrapping_add(1);
            if used == self.multiplier {
                used = 0;
                source = source.wrapping_add(1);
            }
        }
        Ok(values)
    }
}

/// Neighbouring channels of one pixel after the other.
struct Strided<'a> {
    /// From the next pixel's first channel on.
    rest: &'a [u8],
    /// Bytes from pixel to pixel.
    step: usize,
}

impl<'a> Strided<'a> {
    #[inline(always)]
    fn next<const CHANNELS: usize>(&mut self) -> Result<&'a [u8; CHANNELS], Fault> {
        let channels = self.rest.first_chunk().ok_or(Fault)?;
        self.rest = self.rest.get(self.step..).unwrap_or(&[]);
        Ok(channels)
    }
}

/// Adds `taps` neighbouring taps of one window row.
#[inline(always)]
fn add_row<const CHANNELS: usize>(
    sums: &mut [i32; CHANNELS],
    mut inputs: Strided<'_>,
    mut weights: Strided<'_>,
    taps: usize,
    zero_point: i16,
) -> Result<(), Fault> {
    for _ in 0..taps {
        add_each(sums, inputs.next::<CHANNELS>()?, weights.next::<CHANNELS>()?, zero_point);
    }
    Ok(())
}

/// `count` bytes from `start`.
#[inline(always)]
fn run(bytes: &[u8], start: usize, count: usize) -> Result<&[u8], Fault> {
    bytes.get(start..).and_then(|rest| rest.get(..count)).ok_or(Fault)
}

/// `sums[i] += (inputs[i] − zero_point) × weights[i]`, as far as all three go.
#[inline(always)]
fn add_tap<const CHANNELS: usize>(sums: &mut [i32; CHANNELS], inputs: &[u8], weights: &[u8], zero_point: i16) {
    if DEPTHWISE_UNROLLED && let (Ok(inputs), Ok(weights)) = (inputs.try_into(), weights.try_into()) {
        let (inputs, weights): (&[u8; CHANNELS], &[u8; CHANNELS]) = (inputs, weights);
        add_each(sums, inputs, weights, zero_point);
    } else {
        add_each(sums, inputs, weights, zero_point);
    }
}

#[inline(always)]
fn add_each(sums: &mut [i32], inputs: &[u8], weights: &[u8], zero_point: i16) {
    for ((sum, &input), &weight) in sums.iter_mut().zip(inputs).zip(weights) {
        let centred = (input as i8 as i16).wrapping_sub(zero_point) as i32;
        *sum = sum.wrapping_add(centred.wrapping_mul(weight as i8 as i32));
    }
}

/// DEPTHWISE_CONV_2D on float32: output rows `rows`, counted in the order of the walk.
pub fn depthwise_f32(memory: &mut Memory<'_>, arguments: &DepthwiseF32, rows: Range<usize>) -> Result<(), Fault> {
    let DepthwiseF32 { shape, weighted } = arguments;
    let (weights, biases) = weighted.constants(memory, shape.output.channels)?;
    let (window, multiplier) = (&shape.window, shape.multiplier());
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let row = shape.walk.at(step, shape.units());
        for column in 0..shape.output.width {
            let place = Place::new(shape, row, shape.walk.at(column, shape.output.width))?;
            for channel in 0..shape.output.channels {
                let input_channel = channel.checked_div(multiplier).ok_or(Fault)?;
                let mut total = 0.0;
                for ky in place.rows.0..place.rows.1 {
                    let input_row = place.input_row.wrapping_add(ky.wrapping_mul(window.dilation_height));
                    let pixels = memory.read(shape.input.row(input_row)?)?;
                    for kx in place.columns.0..place.columns.1 {
                        let input_x = place.input_x.wrapping_add(kx.wrapping_mul(window.dilation_width));
                        let input = input_x.wrapping_mul(shape.input.channels).wrapping_add(input_channel);
                        let tap = ky.wrapping_mul(window.width).wrapping_add(kx);
                        let weight = tap.wrapping_mul(shape.output.channels).wrapping_add(channel);
                        total += float_at(pixels, input)? * float_at(weights, weight)?;
                    }
                }
                let value = weighted.finish(total, float_at(biases, channel)?);
                store_float(memory.write(shape.output.pixels(row, place.x, 1)?)?, channel, value)?;
            }
        }
    }
    Ok(())
}
