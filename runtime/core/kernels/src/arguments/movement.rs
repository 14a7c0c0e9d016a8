//! Data movement: bytes go from place to place unread.

use super::AXES;
use crate::{Rows, Span, Walk};

/// Arguments of `strided_copy`: element at `input_start` + Σ position × input stride goes to `output_start` +
/// Σ position × output stride, for every position of the box, in row-major order. Units are elements of the box.
///
/// Every element must lie inside its span. When the spans overlap, elements are moved one run after the other in
/// order, and a run is read before it is written only up to 64 bytes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StridedCopy {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Bytes of one element.
    pub element_bytes: usize,
    /// Box.
    pub extents: [usize; AXES],
    /// First element read, in elements from the start of the input.
    pub input_start: usize,
    /// Steps in the input, in elements.
    pub input_strides: [isize; AXES],
    /// First element written, in elements from the start of the output.
    pub output_start: usize,
    /// Steps in the output, in elements.
    pub output_strides: [isize; AXES],
}

/// Arguments of `fill`. Units are elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Output; a whole number of elements.
    pub output: Span,
    /// The element in its first `element_bytes` bytes.
    pub element: [u8; 8],
    /// Bytes of one element: 1, 2, 4 or 8.
    pub element_bytes: usize,
}

/// Arguments of `gather`: input [batch, outer, axis, inner], indices i32 [batch, count], output
/// [batch, outer, count, inner]. Units are output slices of `inner_bytes`.
///
/// An index outside 0..axis, which only data can bring about, ends the kernel with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// Input.
    pub input: Span,
    /// Indices, little-endian.
    pub indices: Span,
    /// Output.
    pub output: Span,
    /// Product of the batch extents.
    pub batch: usize,
    /// Product of the extents between the batch axes and the axis.
    pub outer: usize,
    /// Extent of the axis in the input.
    pub axis: usize,
    /// Indices per batch entry.
    pub count: usize,
    /// Bytes behind the axis.
    pub inner_bytes: usize,
}

/// Arguments of `resize_nearest`. Units are output rows; the row contract holds.
///
/// Which input row and column each output row and column takes is computed when the model is compiled.
#[derive(Clone, Copy, Debug)]
pub struct ResizeNearest {
    /// Input rows.
    pub input: Rows,
    /// Output rows.
    pub output: Rows,
    /// Constant u16, little-endian: input row of each output row.
    pub row_sources: Span,
    /// Constant u16, little-endian: input column of each output column.
    pub column_sources: Span,
    /// Order of rows and pixels.
    pub walk: Walk,
}

/// Where an output position lies between input positions, for bilinear resizing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResizeParameters {
    /// First and last pixels of input and output coincide.
    pub align_corners: bool,
    /// Pixels are sampled at their centres.
    pub half_pixel_centers: bool,
}

/// Arguments of `resize_bilinear_i8` and `resize_bilinear_f32`. Units are output rows; the row contract holds.
#[derive(Clone, Copy, Debug)]
pub struct ResizeBilinear {
    /// Input rows.
    pub input: Rows,
    /// Output rows.
    pub output: Rows,
    /// Sampling.
    pub parameters: ResizeParameters,
    /// Order of rows and pixels.
    pub walk: Walk,
}
