//! Arguments of TRANSPOSE_CONV.

use super::weighted::{WeightedF32, WeightedI8};
use crate::{Rows, Walk, Window};

/// The shape of a transposed convolution, whatever the element type.
///
/// Input pixel (y, x) reaches output pixel (y × stride + ky − pad, x × stride + kx − pad) through tap (ky, kx).
#[derive(Clone, Copy, Debug)]
pub struct TransposeConvShape {
    /// Input image.
    pub input: Rows,
    /// Output image. Must not share bytes with the input.
    pub output: Rows,
    /// The window: size, stride (output pixels per input pixel) and padding (cut from the output's top and left).
    /// Dilation must be 1.
    pub window: Window,
    /// Order of rows and pixels.
    pub walk: Walk,
}

impl TransposeConvShape {
    /// Independent slices of work: output rows of all images, in the order of the walk.
    pub fn units(&self) -> usize {
        self.output.total_rows()
    }
}

/// TRANSPOSE_CONV on int8. Weights are [output channels, window height, window width, input channels]. Needs no
/// scratch.
#[derive(Clone, Copy, Debug)]
pub struct TransposeConvI8 {
    /// Geometry; both images have 1-byte elements.
    pub shape: TransposeConvShape,
    /// Weights and output stage.
    pub weighted: WeightedI8,
}

/// TRANSPOSE_CONV on float32. Weights as for int8; each output is summed over input rows, input columns, then
/// channels. Needs no scratch.
#[derive(Clone, Copy, Debug)]
pub struct TransposeConvF32 {
    /// Geometry; both images have 4-byte elements.
    pub shape: TransposeConvShape,
    /// Weights and output stage.
    pub weighted: WeightedF32,
}

/// The window tap through which input position `input` reaches output position `output`, if any.
#[inline(always)]
pub(crate) fn tap_between(output: usize, input: usize, stride: usize, pad: usize, extent: usize) -> Option<usize> {
    output.wrapping_add(pad).checked_sub(input.wrapping_mul(stride)).filter(|&tap| tap < extent)
}

/// The input positions that reach output position `output`: the first and one past the last.
#[inline(always)]
pub(crate) fn inputs_reaching(
    output: usize,
    stride: usize,
    pad: usize,
    extent: usize,
    inputs: usize,
) -> (usize, usize) {
    // tap = output + pad − input × stride lies in 0..extent.
    let reach = output.wrapping_add(pad);
    let end = reach.checked_div(stride).map_or(0, |last| last.wrapping_add(1)).min(inputs);
    let beyond = reach.wrapping_add(1).saturating_sub(extent);
    let first = beyond.wrapping_add(stride).wrapping_sub(1).checked_div(stride).unwrap_or(0);
    (first.min(end), end)
}
