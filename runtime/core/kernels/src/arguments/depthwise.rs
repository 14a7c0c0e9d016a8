//! Arguments of DEPTHWISE_CONV_2D.

use super::weighted::{WeightedF32, WeightedI8};
use crate::{Rows, Walk, Window};

/// The shape of a depthwise convolution, whatever the element type.
///
/// Output channel c reads input channel c / multiplier, with multiplier = output channels / input channels.
#[derive(Clone, Copy, Debug)]
pub struct DepthwiseShape {
    /// Input image.
    pub input: Rows,
    /// Output image; `channels` is a multiple of the input's.
    pub output: Rows,
    /// The sliding window.
    pub window: Window,
    /// Order of rows and pixels.
    pub walk: Walk,
    /// True when input and output may share bytes: a pixel's channels are then collected before any is written.
    pub overlapping: bool,
}

impl DepthwiseShape {
    /// Independent slices of work: output rows of all images, in the order of the walk.
    pub fn units(&self) -> usize {
        self.output.total_rows()
    }

    /// Output channels per input channel; 0 when there are no input channels.
    #[inline(always)]
    pub fn multiplier(&self) -> usize {
        self.output.channels.checked_div(self.input.channels).unwrap_or(0)
    }
}

/// DEPTHWISE_CONV_2D on int8. Weights are [window height, window width, output channels].
#[derive(Clone, Copy, Debug)]
pub struct DepthwiseI8 {
    /// Geometry; both images have 1-byte elements.
    pub shape: DepthwiseShape,
    /// Weights and output stage.
    pub weighted: WeightedI8,
}

impl DepthwiseI8 {
    /// Bytes of scratch: one output pixel when input and output overlap, else none.
    #[inline(always)]
    pub fn scratch_bytes(&self) -> usize {
        if self.shape.overlapping { self.shape.output.pixel_bytes() } else { 0 }
    }
}

/// DEPTHWISE_CONV_2D on float32. Weights as for int8; each output is summed over window rows, then window columns,
/// with taps outside the image left out.
#[derive(Clone, Copy, Debug)]
pub struct DepthwiseF32 {
    /// Geometry; both images have 4-byte elements. Input and output must not share bytes.
    pub shape: DepthwiseShape,
    /// Weights and output stage.
    pub weighted: WeightedF32,
}
