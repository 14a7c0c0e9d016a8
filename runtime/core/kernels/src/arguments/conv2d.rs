//! Arguments of CONV_2D.

use super::weighted::{WeightedF32, WeightedI8};
use crate::generic::tuning::PATCH_MULTIPLE;
use crate::{Rows, Walk, Window};

/// The shape of a convolution, whatever the element type.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dShape {
    /// Input image; `channels` is a multiple of `groups`.
    pub input: Rows,
    /// Output image; `channels` is a multiple of `groups`.
    pub output: Rows,
    /// The sliding window.
    pub window: Window,
    /// Groups; each has input channels / groups and output channels / groups. 1 for a plain convolution.
    pub groups: usize,
    /// Order of rows and pixels.
    pub walk: Walk,
    /// True when input and output may share bytes: every window is then copied before its pixel is written.
    pub overlapping: bool,
}

impl Conv2dShape {
    /// Independent slices of work: output rows of all images, in the order of the walk.
    pub fn units(&self) -> usize {
        self.output.total_rows()
    }

    /// Input channels of one group; 0 when `groups` is 0.
    #[inline(always)]
    pub fn group_channels(&self) -> usize {
        self.input.channels.checked_div(self.groups).unwrap_or(0)
    }

    /// Weights of one output channel.
    #[inline(always)]
    pub fn filter_elements(&self) -> usize {
        self.window.height.wrapping_mul(self.window.width).wrapping_mul(self.group_channels())
    }

    /// True when each pixel is one matrix row of the input, read in place: a 1×1 window that never leaves the image.
    #[inline(always)]
    pub fn is_pointwise(&self) -> bool {
        let Window { height, width, pad_top, pad_left, stride_height, stride_width, .. } = self.window;
        let inside =
            |outputs: usize, stride: usize, inputs: usize| outputs.saturating_sub(1).saturating_mul(stride) < inputs;
        height == 1
            && width == 1
            && pad_top == 0
            && pad_left == 0
            && self.groups == 1
            && inside(self.output.height, stride_height, self.input.height)
            && inside(self.output.width, stride_width, self.input.width)
    }
}

/// CONV_2D on int8. Weights are [output channels, window height, window width, input channels / groups].
#[derive(Clone, Copy, Debug)]
pub struct Conv2dI8 {
    /// Geometry; both images have 1-byte elements.
    pub shape: Conv2dShape,
    /// Weights and output stage.
    pub weighted: WeightedI8,
}

impl Conv2dI8 {
    /// Bytes of scratch the kernel needs; the same on every target, so that one plan serves all.
    #[inline(always)]
    pub fn scratch_bytes(&self) -> usize {
        conv2d_i8_scratch_bytes(&self.shape)
    }
}

/// Scratch of CONV_2D on int8: two window patches, each rounded up to [`PATCH_MULTIPLE`]; none for a pointwise
/// convolution that reads in place.
#[inline(always)]
pub fn conv2d_i8_scratch_bytes(shape: &Conv2dShape) -> usize {
    if reads_in_place(shape) {
        return 0;
    }
    let patch = group_patch_bytes(shape.filter_elements()).saturating_mul(shape.groups);
    patch.saturating_mul(2)
}

/// True when the int8 kernel reads pixels without copying them.
#[inline(always)]
pub(crate) fn reads_in_place(shape: &Conv2dShape) -> bool {
    shape.is_pointwise() && !shape.overlapping && shape.input.channels.is_multiple_of(PATCH_MULTIPLE)
}

/// Bytes the patch of one group takes: its weights, rounded up.
#[inline(always)]
pub(crate) fn group_patch_bytes(elements: usize) -> usize {
    elements.wrapping_add(PATCH_MULTIPLE - 1) & !(PATCH_MULTIPLE - 1)
}

/// CONV_2D on float32. Weights as for int8; each output is summed over window rows, window columns, then channels,
/// with taps outside the image left out.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dF32 {
    /// Geometry; both images have 4-byte elements. Input and output must not share bytes.
    pub shape: Conv2dShape,
    /// Weights and output stage.
    pub weighted: WeightedF32,
}
