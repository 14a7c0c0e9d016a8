//! DEPTHWISE_CONV_2D, one output at a time.

use super::pixels::tap_position;
use super::taps::{Place, Sliding, Tap, weighted_f32, weighted_i8};
use crate::arguments::{DepthwiseF32, DepthwiseI8, DepthwiseShape};
use crate::{Fault, Memory, Rows, Walk};
use core::ops::Range;

/// DEPTHWISE_CONV_2D on int8: output rows `rows`, counted in the order of the walk.
pub fn depthwise_i8(memory: &mut Memory<'_>, arguments: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    weighted_i8(memory, &arguments.shape, &arguments.weighted, rows)
}

/// DEPTHWISE_CONV_2D on float32: output rows `rows`, counted in the order of the walk.
pub fn depthwise_f32(memory: &mut Memory<'_>, arguments: &DepthwiseF32, rows: Range<usize>) -> Result<(), Fault> {
    weighted_f32(memory, &arguments.shape, &arguments.weighted, rows)
}

impl Sliding for DepthwiseShape {
    fn images(&self) -> (&Rows, &Rows, Walk) {
        (&self.input, &self.output, self.walk)
    }

    fn each_tap(&self, place: Place, mut tap: impl FnMut(Tap) -> Result<(), Fault>) -> Result<(), Fault> {
        let window = self.window;
        let channel = place.channel.checked_div(self.multiplier()).ok_or(Fault)?;
        for ky in 0..window.height {
            let (stride, dilation) = (window.stride_height, window.dilation_height);
            let y = tap_position(place.y, stride, ky, dilation, window.pad_top, self.input.height);
            let Some(y) = y else { continue };
            for kx in 0..window.width {
                let (stride, dilation) = (window.stride_width, window.dilation_width);
                let x = tap_position(place.x, stride, kx, dilation, window.pad_left, self.input.width);
                let Some(x) = x else { continue };
                let weight = (ky * window.width + kx) * self.output.channels + place.channel;
                tap(Tap { y, x, channel, weight })?;
            }
        }
        Ok(())
    }
}
