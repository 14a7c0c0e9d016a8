//! Parameters of data movement.

use crate::fixed::fixed;
use crate::{ConstantRef, MAX_RANK};

fixed! {
    /// Parameters of `STRIDED_COPY`: input element `input_start` + Σ position × input stride goes to output element
    /// `output_start` + Σ position × output stride, for every position of the box.
    ///
    /// Inputs: the source; then, when an earlier operator wrote another part of it, the output again. Output: a tensor of
    /// elements as wide as the source's. A strided copy may write a part of its output only.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct StridedCopyParameters {
        /// Box; none of the extents is 0.
        pub extents: [u32; MAX_RANK],
        /// First element read.
        pub input_start: u32,
        /// Steps in the input, in elements.
        pub input_strides: [i32; MAX_RANK],
        /// First element written.
        pub output_start: u32,
        /// Steps in the output, in elements.
        pub output_strides: [i32; MAX_RANK],
    }
}

fixed! {
    /// Parameters of `FILL`. No inputs (or the output again, see [`StridedCopyParameters`]); output: any tensor.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FillParameters {
        /// The element in its first bytes, little-endian.
        pub element: [u8; 8],
    }
}

fixed! {
    /// Parameters of `GATHER`. Inputs: values, indices (int32). Output: values' shape with the axis replaced by the indices'
    /// axes behind the batch axes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct GatherParameters {
        /// The axis of the values, counted from the first.
        pub axis: u8,
        /// Leading axes that values and indices share; at most `axis`.
        pub batch_axes: u8,
    }
}

fixed! {
    /// Parameters of `RESIZE_NEAREST`. Input and output: [batch, height, width, channels], elements of one type.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ResizeNearestParameters {
        /// u16 per output row: the input row it takes.
        pub row_sources: ConstantRef,
        /// u16 per output column: the input column it takes.
        pub column_sources: ConstantRef,
    }
}

fixed! {
    /// Parameters of `RESIZE_BILINEAR_I8` and `RESIZE_BILINEAR_F32`. Input and output: [batch, height, width, channels] of
    /// one quantisation.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ResizeBilinearParameters {
        /// First and last pixels of input and output coincide. Not both.
        pub align_corners: bool,
        /// Pixels are sampled at their centres. Not both.
        pub half_pixel_centers: bool,
    }
}
