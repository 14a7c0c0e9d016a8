//! Bilinear resizing on int8, one element at a time in 64-bit integers.

use super::pool::{each_pixel, staged};
use super::read_i8;
use crate::arguments::ResizeBilinear;
use crate::{Fault, Memory};
use core::ops::Range;

/// Bilinear on int8: positions and weights in units of 1/1024, halves away from zero.
pub fn resize_bilinear_i8(
    memory: &mut Memory<'_>,
    arguments: &ResizeBilinear,
    units: Range<usize>,
) -> Result<(), Fault> {
    let input = &arguments.input;
    let place = |at: usize, input: usize, output: usize| -> Result<(i64, i64, i64), Fault> {
        let (at, mut input, mut output) = (at as i64, input as i64, output as i64);
        let last = input - 1;
        if arguments.parameters.align_corners && output > 1 {
            (input, output) = (input - 1, output - 1);
        }
        let scale = (1024 * input + output / 2).checked_div(output).ok_or(Fault)?;
        let center = if arguments.parameters.half_pixel_centers { scale / 2 - 512 } else { 0 };
        let position = at * scale + center;
        // Not clamp(): it panics when its bounds are in the wrong order, as they are for an input without rows.
        let low = (position / 1024).min(last).max(0);
        let high = ((position + 1023) / 1024).min(last).max(0);
        Ok((low, high, position - 1024 * low))
    };
    each_pixel(&arguments.output, arguments.walk, units, |image, y, x, target| {
        let (y0, y1, down) = place(y, input.height, arguments.output.height)?;
        let (x0, x1, right) = place(x, input.width, arguments.output.width)?;
        staged(memory, target, 1, |memory, channel| {
            let value = |y: i64, x: i64| -> Result<i64, Fault> {
                let span = input.pixels(image * input.height + y as usize, x as usize, 1)?;
                Ok(read_i8(memory, span, channel)? as i64)
            };
            let sum = value(y0, x0)? * (1024 - down) * (1024 - right)
                + value(y1, x0)? * down * (1024 - right)
                + value(y0, x1)? * (1024 - down) * right
                + value(y1, x1)? * down * right;
            let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
            Ok([((sum + half) / (1 << 20)) as u8, 0, 0, 0])
        })
    })
}
