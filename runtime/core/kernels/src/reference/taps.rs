//! What operators with weights that slide over images share: one output at a time, one tap at a time.
//!
//! Not for overlapping input and output: each channel reads its window again.

use super::pixels::{float_at, int8_at, pixel_float, pixel_int8, put_float, put_int8};
use crate::arguments::{WeightedF32, WeightedI8};
use crate::{Fault, Memory, Rows, Walk};
use core::ops::Range;
use mote_numbers::requantize;

/// A tap: what one weight is multiplied with.
pub(super) struct Tap {
    /// Input row of its image.
    pub y: usize,
    /// Input column.
    pub x: usize,
    /// Input channel.
    pub channel: usize,
    /// Index of the weight.
    pub weight: usize,
}

/// A place in an output image: row of its image, column, channel.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub y: usize,
    pub x: usize,
    pub channel: usize,
}

/// An operator's geometry: which inputs each output is made of.
pub(super) trait Sliding {
    /// Input image, output image, and the order of rows and pixels.
    fn images(&self) -> (&Rows, &Rows, Walk);

    /// Calls `tap` for each tap of an output that lies inside the image, in the order of summation.
    fn each_tap(&self, place: Place, tap: impl FnMut(Tap) -> Result<(), Fault>) -> Result<(), Fault>;
}

/// The operator on int8: output rows `rows`, counted in the order of the walk.
pub(super) fn weighted_i8(
    memory: &mut Memory<'_>,
    shape: &impl Sliding,
    weighted: &WeightedI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let (input, output, _) = shape.images();
    let (weights, channels) = weighted.constants(memory, output.channels)?;
    each_output(shape, rows, |image, place| {
        let mut accumulator = channels.bias(place.channel)?;
        shape.each_tap(place, |tap| {
            let value = pixel_int8(memory, input, image * input.height + tap.y, tap.x, tap.channel)?;
            let product = (value - weighted.input_zero_point) * int8_at(weights, tap.weight)?;
            accumulator = accumulator.wrapping_add(product);
            Ok(())
        })?;
        let scaled = requantize(accumulator, channels.multiplier(place.channel)?);
        let value = scaled
            .wrapping_add(weighted.output_zero_point)
            .max(weighted.activation_minimum)
            .min(weighted.activation_maximum);
        put_int8(memory, output, image * output.height + place.y, place.x, place.channel, value)
    })
}

/// The operator on float32: output rows `rows`, counted in the order of the walk.
pub(super) fn weighted_f32(
    memory: &mut Memory<'_>,
    shape: &impl Sliding,
    weighted: &WeightedF32,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let (input, output, _) = shape.images();
    let (weights, biases) = weighted.constants(memory, output.channels)?;
    each_output(shape, rows, |image, place| {
        let mut total = 0.0;
        shape.each_tap(place, |tap| {
            let value = pixel_float(memory, input, image * input.height + tap.y, tap.x, tap.channel)?;
            total += value * float_at(weights, tap.weight)?;
            Ok(())
        })?;
        let value = weighted.finish(total, float_at(biases, place.channel)?);
        put_float(memory, output, image * output.height + place.y, place.x, place.channel, value)
    })
}

/// Calls `make` with (image, place) for each output of the rows, in the order of the walk.
pub(super) fn each_output(
    shape: &impl Sliding,
    rows: Range<usize>,
    mut make: impl FnMut(usize, Place) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (_, output, walk) = shape.images();
    if rows.end > output.total_rows() {
        return Err(Fault);
    }
    for step in rows {
        let row = walk.at(step, output.total_rows());
        let image = row.checked_div(output.height).ok_or(Fault)?;
        let y = row.checked_rem(output.height).ok_or(Fault)?;
        for column in 0..output.width {
            let x = walk.at(column, output.width);
            for channel in 0..output.channels {
                make(image, Place { y, x, channel })?;
            }
        }
    }
    Ok(())
}
