//! TRANSPOSE_CONV, one output at a time: the taps that reach it are gathered.

use super::taps::{Place, Sliding, Tap, weighted_f32, weighted_i8};
use crate::arguments::{TransposeConvF32, TransposeConvI8, TransposeConvShape, tap_between};
use crate::{Fault, Memory, Rows, Walk};
use core::ops::Range;

/// TRANSPOSE_CONV on int8: output rows `rows`, counted in the order of the walk.
pub fn transpose_conv_i8(
    memory: &mut Memory<'_>,
    arguments: &TransposeConvI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    weighted_i8(memory, &arguments.shape, &arguments.weighted, rows)
}

/// TRANSPOSE_CONV on float32: output rows `rows`, counted in the order of the walk.
pub fn transpose_conv_f32(
    memory: &mut Memory<'_>,
    arguments: &TransposeConvF32,
    rows: Range<usize>,
) -> Result<(), Fault> {
    weighted_f32(memory, &arguments.shape, &arguments.weighted, rows)
}

impl Sliding for TransposeConvShape {
    fn images(&self) -> (&Rows, &Rows, Walk) {
        (&self.input, &self.output, self.walk)
    }

    /// In the order in which a scatter over the input would add the taps.
    fn each_tap(&self, place: Place, mut tap: impl FnMut(Tap) -> Result<(), Fault>) -> Result<(), Fault> {
        let window = self.window;
        let channels = self.input.channels;
        for y in 0..self.input.height {
            let ky = tap_between(place.y, y, window.stride_height, window.pad_top, window.height);
            let Some(ky) = ky else { continue };
            for x in 0..self.input.width {
                let kx = tap_between(place.x, x, window.stride_width, window.pad_left, window.width);
                let Some(kx) = kx else { continue };
                for channel in 0..channels {
                    let weight = ((place.channel * window.height + ky) * window.width + kx) * channels + channel;
                    tap(Tap { y, x, channel, weight })?;
                }
            }
        }
        Ok(())
    }
}
