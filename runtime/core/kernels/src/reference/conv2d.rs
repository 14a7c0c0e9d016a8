//! CONV_2D, one output at a time.

use super::pixels::tap_position;
use super::taps::{Place, Sliding, Tap, weighted_f32, weighted_i8};
use crate::arguments::{Conv2dF32, Conv2dI8, Conv2dShape};
use crate::{Fault, Memory, Rows, Walk};
use core::ops::Range;

/// CONV_2D on int8: output rows `rows`, counted in the order of the walk.
pub fn conv2d_i8(memory: &mut Memory<'_>, arguments: &Conv2dI8, rows: Range<usize>) -> Result<(), Fault> {
    weighted_i8(memory, &arguments.shape, &arguments.weighted, rows)
}

/// CONV_2D on float32: output rows `rows`, counted in the order of the walk.
pub fn conv2d_f32(memory: &mut Memory<'_>, arguments: &Conv2dF32, rows: Range<usize>) -> Result<(), Fault> {
    weighted_f32(memory, &arguments.shape, &arguments.weighted, rows)
}

impl Sliding for Conv2dShape {
    fn images(&self) -> (&Rows, &Rows, Walk) {
        (&self.input, &self.output, self.walk)
    }

    fn each_tap(&self, place: Place, mut tap: impl FnMut(Tap) -> Result<(), Fault>) -> Result<(), Fault> {
        let window = self.window;
        let group_inputs = self.group_channels();
        let group_outputs = self.output.channels.checked_div(self.groups).ok_or(Fault)?;
        let first_input = place.channel.checked_div(group_outputs).ok_or(Fault)? * group_inputs;
        for ky in 0..window.height {
            let (stride, dilation) = (window.stride_height, window.dilation_height);
            let y = tap_position(place.y, stride, ky, dilation, window.pad_top, self.input.height);
            let Some(y) = y else { continue };
            for kx in 0..window.width {
                let (stride, dilation) = (window.stride_width, window.dilation_width);
                let x = tap_position(place.x, stride, kx, dilation, window.pad_left, self.input.width);
                let Some(x) = x else { continue };
                for c in 0..group_inputs {
                    let weight = ((place.channel * window.height + ky) * window.width + kx) * group_inputs + c;
                    tap(Tap { y, x, channel: first_input + c, weight })?;
                }
            }
        }
        Ok(())
    }
}
