//! DEPTHWISE_CONV_2D: blocks of channels of one pixel, rows of its window outermost.

use super::negated_twice;
use super::output::{BLOCK, Finish};
use super::taps::{CHANNELS, Column, add_column, add_three_columns};
use crate::arguments::{DepthwiseI8, DepthwiseShape};
use crate::generic::depthwise::Place;
use crate::generic::output::copy_to_start;
use crate::{Fault, Memory, Span};
use core::ops::Range;

/// Taps collected together where one input channel serves all output channels.
const COLLECTED_TAPS: usize = 16;

/// DEPTHWISE_CONV_2D on int8, as [`crate::generic::depthwise_i8`]. Scratch: [`DepthwiseI8::scratch_bytes`].
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn depthwise_i8(memory: &mut Memory<'_>, arguments: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    let DepthwiseI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let layer = Layer {
        shape,
        input_zero_point: weighted.input_zero_point,
        weights,
        finish: Finish::new(&channels, weighted),
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
        let line = shape.output.row(row)?;
        let mut place = Place::new(shape, row, 0)?;
        let (pixel_bytes, width) = (shape.output.channels, shape.output.width);
        if shape.overlapping {
            for column in 0..width {
                let x = shape.walk.at(column, width);
                place.move_to(shape, x);
                let (inputs, made) = memory.read_with_scratch(ring)?;
                layer.pixel(inputs, &place, made)?;
                let pixel = line.part(x.wrapping_mul(pixel_bytes), pixel_bytes)?;
                let (made, target) = memory.scratch_and_write(pixel_bytes, pixel)?;
                copy_to_start(target, made)?;
            }
            continue;
        }
        let (inputs, outputs) = memory.read_write(ring, line)?;
        for (x, pixel) in outputs.chunks_exact_mut(pixel_bytes.max(1)).enumerate() {
            place.move_to(shape, x);
            layer.pixel(inputs, &place, pixel)?;
        }
    }
    Ok(())
}

struct Layer<'a> {
    shape: &'a DepthwiseShape,
    input_zero_point: i32,
    weights: &'a [u8],
    finish: Finish<'a>,
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
            let mut sums = [0; BLOCK];
            self.add_window(inputs, place, first, count, &mut sums)?;
            let slots = output.get_mut(first..first.wrapping_add(count)).ok_or(Fault)?;
            self.finish.finish(&sums, first, slots)?;
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
        let x = place.input_x.wrapping_add(place.columns.0.wrapping_mul(window.dilation_width));
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
            let run = Run {
                rows,
                columns,
                first_input: slot.wrapping_mul(input.width).wrapping_add(x).wrapping_mul(input.channels),
                input_step: window.dilation_height.wrapping_mul(input.row_bytes()),
                input_apart: window.dilation_width.wrapping_mul(input.channels),
                first_weight: ky.wrapping_mul(window.width).wrapping_add(place.columns.0).wrapping_mul(all),
                weight_step: window.width.wrapping_mul(all),
            };
            if count >= CHANNELS && self.multiplier == 1 {
                self.add_groups(inputs, &run, first, count, sums)?;
            } else if count >= CHANNELS && input.channels == 1 {
                self.add_spread(inputs, &run, first, count, sums)?;
            } else {
                self.add_each(inputs, &run, first, count, sums)?;
            }
            ky = ky.wrapping_add(rows);
        }
        Ok(())
    }

    /// Output channel c reads input channel c.
    #[inline(always)]
    fn add_groups(
        &self,
        inputs: &[u8],
        run: &Run,
        first: usize,
        count: usize,
        sums: &mut [i32; BLOCK],
    ) -> Result<(), Fault> {
        let column = Column {
            rows: run.rows,
            input_step: run.input_step,
            weight_step: run.weight_step,
            group_step: CHANNELS,
            groups: count / CHANNELS,
        };
        let all = self.shape.output.channels;
        let mut left = run.columns;
        let mut input = run.first_input.wrapping_add(first);
        let mut weight = run.first_weight.wrapping_add(first);
        while left > 0 {
            let inputs = inputs.get(input..).ok_or(Fault)?;
            let weights = self.weights.get(weight..).ok_or(Fault)?;
            let done = if left >= 3 && run.input_apart == all {
                add_three_columns(inputs, weights, &column, all, self.zero_points, sums)?;
                3
            } else {
                add_column(inputs, weights, &column, self.zero_points, sums)?;
                1
            };
            left = left.wrapping_sub(done);
            input = input.wrapping_add(run.input_apart.wrapping_mul(done));
            weight = weight.wrapping_add(all.wrapping_mul(done));
        }
        Ok(())
    }

    /// All output channels read the one input channel: each input is collected as four equal ones, a column of them.
    #[inline(always)]
    fn add_spread(
        &self,
        inputs: &[u8],
        run: &Run,
        first: usize,
        count: usize,
        sums: &mut [i32; BLOCK],
    ) -> Result<(), Fault> {
        let all = self.shape.output.channels;
        let mut collected = [[0u8; CHANNELS]; COLLECTED_TAPS];
        let mut made =
            Column { rows: 0, input_step: CHANNELS, weight_step: all, group_step: 0, groups: count / CHANNELS };
        // Weights of a row's first tap follow those of the row before, unless columns are left out.
        let rows_follow = run.columns == self.shape.window.width;
        let mut first_input = run.first_input;
        let mut first_weight = run.first_weight.wrapping_add(first);
        for row in 1..=run.rows {
            let mut left = run.columns;
            let mut input = first_input;
            while left > 0 {
                let taps = left.min(COLLECTED_TAPS.wrapping_sub(made.rows));
                for slot in collected.iter_mut().skip(made.rows).take(taps) {
                    *slot = [*inputs.get(input).ok_or(Fault)?; CHANNELS];
                    input = input.wrapping_add(run.input_apart);
                }
                made.rows = made.rows.wrapping_add(taps);
                left = left.wrapping_sub(taps);
                let goes_on = if left > 0 { made.rows < COLLECTED_TAPS } else { rows_follow && row < run.rows };
                if goes_on && made.rows < COLLECTED_TAPS {
                    continue;
                }
                let weights = self.weights.get(first_weight..).ok_or(Fault)?;
                add_column(collected.as_flattened(), weights, &made, self.zero_points, sums)?;
                first_weight = first_weight.wrapping_add(made.rows.wrapping_mul(all));
                made.rows = 0;
            }
            if !rows_follow {
                let skipped = row.wrapping_mul(run.weight_step);
                first_weight = run.first_weight.wrapping_add(first).wrapping_add(skipped);
            }
            first_input = first_input.wrapping_add(run.input_step);
        }
        Ok(())
    }

    /// Any channels, one product at a time.
    #[inline(always)]
    fn add_each(
        &self,
        inputs: &[u8],
        run: &Run,
        first: usize,
        count: usize,
        sums: &mut [i32; BLOCK],
    ) -> Result<(), Fault> {
        let all = self.shape.output.channels;
        for (channel, sum) in (first..).zip(sums.iter_mut().take(count)) {
            let source = channel.checked_div(self.multiplier).ok_or(Fault)?;
            for row in 0..run.rows {
                let mut input = run.first_input.wrapping_add(row.wrapping_mul(run.input_step)).wrapping_add(source);
                let mut weight = run.first_weight.wrapping_add(row.wrapping_mul(run.weight_step)).wrapping_add(channel);
                for _ in 0..run.columns {
                    let value = *inputs.get(input).ok_or(Fault)? as i8 as i32;
                    let factor = *self.weights.get(weight).ok_or(Fault)? as i8 as i32;
                    *sum = sum.wrapping_add(value.wrapping_sub(self.input_zero_point).wrapping_mul(factor));
                    input = input.wrapping_add(run.input_apart);
                    weight = weight.wrapping_add(all);
                }
            }
        }
        Ok(())
    }
}

/// A rectangle of taps, in bytes of the input's ring and of the weights.
struct Run {
    rows: usize,
    columns: usize,
    /// First channel under the first tap.
    first_input: usize,
    /// From row to row.
    input_step: usize,
    /// From column to column.
    input_apart: usize,
    /// First channel of the first tap.
    first_weight: usize,
    /// From row to row.
    weight_step: usize,
}
