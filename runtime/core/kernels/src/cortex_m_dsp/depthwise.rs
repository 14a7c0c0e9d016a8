//! DEPTHWISE_CONV_2D: blocks of channels of one pixel, rows of its window outermost.

use super::negated_twice;
use super::output::{BLOCK, Constants};
use super::taps::{CHANNELS, Column, add_column, add_three_columns};
use crate::arguments::{DepthwiseI8, DepthwiseShape, WeightedI8};
use crate::generic::depthwise::Place;
use crate::generic::output::copy_to_start;
use crate::{Channels, Fault, Memory, Span};
use core::ops::Range;

/// Taps of a window row collected together where input channels serve several output channels.
const COLLECTED_TAPS: usize = 16;

/// DEPTHWISE_CONV_2D on int8, as [`crate::generic::depthwise_i8`]. Scratch: [`DepthwiseI8::scratch_bytes`].
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn depthwise_i8(memory: &mut Memory<'_>, arguments: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    let DepthwiseI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let layer = Layer {
        shape,
        weighted,
        weights,
        channels,
        multiplier: shape.multiplier(),
        zero_points: negated_twice(weighted.input_zero_point),
    };
    if rows.end > shape.units() {
        return Err(Fault);
    }
    let input = &shape.input;
    let ring_bytes = input.ring_rows.checked_mul(input.row_bytes()).ok_or(Fault)?;
    let ring = Span { region: input.region, offset: input.offset, bytes: ring_bytes };
    for step in rows {
        let row = shape.walk.at(step, shape.units());
        for column in 0..shape.output.width {
            let x = shape.walk.at(column, shape.output.width);
            let place = Place::new(shape, row, x)?;
            let pixel = shape.output.pixels(row, x, 1)?;
            if shape.overlapping {
                let (inputs, made) = memory.read_with_scratch(ring)?;
                layer.pixel(inputs, &place, made)?;
                let (made, target) = memory.scratch_and_write(pixel.bytes, pixel)?;
                copy_to_start(target, made)?;
            } else {
                let (inputs, target) = memory.read_write(ring, pixel)?;
                layer.pixel(inputs, &place, target)?;
            }
        }
    }
    Ok(())
}

struct Layer<'a> {
    shape: &'a DepthwiseShape,
    weighted: &'a WeightedI8,
    weights: &'a [u8],
    channels: Channels<'a>,
    multiplier: usize,
    zero_points: u32,
}

impl Layer<'_> {
    /// Makes all channels of a pixel from the input's ring of rows.
    #[inline(never)]
    fn pixel(&self, inputs: &[u8], place: &Place, output: &mut [u8]) -> Result<(), Fault> {
        let all = self.shape.output.channels;
        let mut channel = 0usize;
        while channel < all {
            let left = all.wrapping_sub(channel);
            let (first, count) = match left {
                CHANNELS.. => (channel, left.min(BLOCK) & !(CHANNELS - 1)),
                // What is left of a group begins earlier: those channels are made twice.
                _ if all >= CHANNELS => (all.wrapping_sub(CHANNELS), CHANNELS),
                _ => (channel, left),
            };
            let constants = Constants::of(&self.channels, first, count)?;
            let mut sums = constants.biases();
            self.add_window(inputs, place, first, count, &mut sums)?;
            let slots = output.get_mut(first..first.wrapping_add(count)).ok_or(Fault)?;
            constants.finish(&sums, self.weighted, slots)?;
            channel = first.wrapping_add(count);
        }
        Ok(())
    }

    /// Adds the products of a pixel's window to the sums of channels `first` .. `first + count`.
    #[inline(always)]
    fn add_window(
        &self,
        inputs: &[u8],
        place: &Place,
        first: usize,
        count: usize,
        sums: &mut [i32; BLOCK],
    ) -> Result<(), Fault> {
        let (input, window) = (&self.shape.input, &self.shape.window);
        let all = self.shape.output.channels;
        let columns = place.columns.1.saturating_sub(place.columns.0);
        let mut ky = place.rows.0;
        while ky < place.rows.1 {
            // As many rows as stand below each other before the ring begins anew.
            let input_row = place.input_row.wrapping_add(ky.wrapping_mul(window.dilation_height));
            let slot = if input_row < input.ring_rows {
                input_row
            } else {
                input_row.checked_rem(input.ring_rows).ok_or(Fault)?
            };
            let left = place.rows.1.wrapping_sub(ky);
            let last_slot = slot.wrapping_add(left.wrapping_sub(1).wrapping_mul(window.dilation_height));
            let rows = if last_slot < input.ring_rows { left } else { 1 };
            let column = Column {
                rows,
                input_step: window.dilation_height.wrapping_mul(input.row_bytes()),
                weight_step: window.width.wrapping_mul(all),
            };
            let x = place.input_x.wrapping_add(place.columns.0.wrapping_mul(window.dilation_width));
            let pixel = slot.wrapping_mul(input.width).wrapping_add(x);
            let tap = ky.wrapping_mul(window.width).wrapping_add(place.columns.0);
            let run = Run { column, columns, first_pixel: pixel, first_tap: tap };
            let (groups, few) = sums.split_at_mut_checked(count & !(CHANNELS - 1)).ok_or(Fault)?;
            let (groups, _) = groups.as_chunks_mut::<CHANNELS>();
            if groups.is_empty() {
                self.add_few(inputs, &run, few.get_mut(..count).ok_or(Fault)?)?;
            } else if self.multiplier == 1 {
                self.add_groups(inputs, &run, first, groups)?;
            } else {
                self.add_spread(inputs, &run, first, groups)?;
            }
            ky = ky.wrapping_add(rows);
        }
        Ok(())
    }

    /// Output channel c reads input channel c.
    #[inline(always)]
    fn add_groups(&self, inputs: &[u8], run: &Run, first: usize, groups: &mut [[i32; CHANNELS]]) -> Result<(), Fault> {
        let all = self.shape.output.channels;
        let apart = self.shape.window.dilation_width.wrapping_mul(all);
        let mut left = run.columns;
        let mut input = run.first_pixel.wrapping_mul(all).wrapping_add(first);
        let mut weight = run.first_tap.wrapping_mul(all).wrapping_add(first);
        while left > 0 {
            let done = if left >= 3 && apart == all { 3 } else { 1 };
            let mut inputs = inputs.get(input..).ok_or(Fault)?;
            let mut weights = self.weights.get(weight..).ok_or(Fault)?;
            for sums in groups.iter_mut() {
                if done == 3 {
                    add_three_columns(inputs, weights, run.column, apart, self.zero_points, sums)?;
                } else {
                    add_column(inputs, weights, run.column, self.zero_points, sums)?;
                }
                inputs = inputs.get(CHANNELS..).unwrap_or(&[]);
                weights = weights.get(CHANNELS..).unwrap_or(&[]);
            }
            left = left.wrapping_sub(done);
            input = input.wrapping_add(apart.wrapping_mul(done));
            weight = weight.wrapping_add(all.wrapping_mul(done));
        }
        Ok(())
    }

    /// Input channels serve several output channels: their bytes are collected as those of so many inputs.
    #[inline(always)]
    fn add_spread(&self, inputs: &[u8], run: &Run, first: usize, groups: &mut [[i32; CHANNELS]]) -> Result<(), Fault> {
        let (input, all) = (&self.shape.input, self.shape.output.channels);
        let apart = self.shape.window.dilation_width.wrapping_mul(input.channels);
        for row in 0..run.column.rows {
            let from =
                run.first_pixel.wrapping_mul(input.channels).wrapping_add(row.wrapping_mul(run.column.input_step));
            let row_weight = run.first_tap.wrapping_mul(all).wrapping_add(row.wrapping_mul(run.column.weight_step));
            let mut tap = 0usize;
            while tap < run.columns {
                let taps = run.columns.wrapping_sub(tap).min(COLLECTED_TAPS);
                let column = Column { rows: taps, input_step: CHANNELS, weight_step: all };
                let mut collected = [[0u8; CHANNELS]; COLLECTED_TAPS];
                let mut channel = first;
                for sums in groups.iter_mut() {
                    let mut pixel = from.wrapping_add(tap.wrapping_mul(apart));
                    let sources = self.sources(channel)?;
                    for slot in collected.iter_mut().take(taps) {
                        let channels = inputs.get(pixel..).ok_or(Fault)?;
                        for (value, &source) in slot.iter_mut().zip(&sources) {
                            *value = *channels.get(source).ok_or(Fault)?;
                        }
                        pixel = pixel.wrapping_add(apart);
                    }
                    let weight = row_weight.wrapping_add(tap.wrapping_mul(all)).wrapping_add(channel);
                    let weights = self.weights.get(weight..).ok_or(Fault)?;
                    add_column(collected.as_flattened(), weights, column, self.zero_points, sums)?;
                    channel = channel.wrapping_add(CHANNELS);
                }
                tap = tap.wrapping_add(taps);
            }
        }
        Ok(())
    }

    /// The input channels of the output channels from `channel`.
    #[inline(always)]
    fn sources(&self, channel: usize) -> Result<[usize; CHANNELS], Fault> {
        let mut sources = [0; CHANNELS];
        for (index, source) in sources.iter_mut().enumerate() {
            *source = channel.wrapping_add(index).checked_div(self.multiplier).ok_or(Fault)?;
        }
        Ok(sources)
    }

    /// Fewer than four output channels in all, one product at a time.
    #[inline(always)]
    fn add_few(&self, inputs: &[u8], run: &Run, sums: &mut [i32]) -> Result<(), Fault> {
        let (input, all) = (&self.shape.input, self.shape.output.channels);
        let apart = self.shape.window.dilation_width.wrapping_mul(input.channels);
        for row in 0..run.column.rows {
            let mut pixel =
                run.first_pixel.wrapping_mul(input.channels).wrapping_add(row.wrapping_mul(run.column.input_step));
            let mut weight = run.first_tap.wrapping_mul(all).wrapping_add(row.wrapping_mul(run.column.weight_step));
            for _ in 0..run.columns {
                for (channel, sum) in sums.iter_mut().enumerate() {
                    let source = channel.checked_div(self.multiplier).ok_or(Fault)?;
                    let value = *inputs.get(pixel.wrapping_add(source)).ok_or(Fault)? as i8 as i32;
                    let factor = *self.weights.get(weight.wrapping_add(channel)).ok_or(Fault)? as i8 as i32;
                    let centred = value.wrapping_sub(self.weighted.input_zero_point);
                    *sum = sum.wrapping_add(centred.wrapping_mul(factor));
                }
                pixel = pixel.wrapping_add(apart);
                weight = weight.wrapping_add(all);
            }
        }
        Ok(())
    }
}

/// A rectangle of taps.
struct Run {
    column: Column,
    columns: usize,
    /// Input pixel under the first tap.
    first_pixel: usize,
    first_tap: usize,
}
