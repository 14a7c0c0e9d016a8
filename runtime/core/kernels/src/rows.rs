//! Tensors as rows in a ring, and the window that slides over them.

use crate::{Fault, Region, Span};

/// Order in which a kernel makes rows, and pixels within a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// First to last.
    Forward,
    /// Last to first.
    Backward,
}

impl Walk {
    /// The position made at `step` of `count`.
    #[inline(always)]
    pub fn at(self, step: usize, count: usize) -> usize {
        match self {
            Walk::Forward => step,
            Walk::Backward => count.wrapping_sub(1).wrapping_sub(step),
        }
    }
}

/// An image tensor [batch, height, width, channels] as rows of width × channels elements, held in a ring of rows.
///
/// Row y of image n is logical row n × height + y and stands in slot (logical row mod `ring_rows`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Region.
    pub region: Region,
    /// First byte of slot 0.
    pub offset: usize,
    /// Rows the ring holds; batch × height for a whole tensor.
    pub ring_rows: usize,
    /// Images.
    pub batch: usize,
    /// Rows of one image.
    pub height: usize,
    /// Pixels of one row.
    pub width: usize,
    /// Elements of one pixel.
    pub channels: usize,
    /// Bytes of one element.
    pub element_bytes: usize,
}

impl Rows {
    /// Bytes of one pixel.
    #[inline(always)]
    pub fn pixel_bytes(&self) -> usize {
        self.channels.wrapping_mul(self.element_bytes)
    }

    /// Bytes of one row.
    #[inline(always)]
    pub fn row_bytes(&self) -> usize {
        self.width.wrapping_mul(self.pixel_bytes())
    }

    /// Rows of all images.
    #[inline(always)]
    pub fn total_rows(&self) -> usize {
        self.batch.wrapping_mul(self.height)
    }

    /// Where logical row `row` stands.
    #[inline(always)]
    pub fn row(&self, row: usize) -> Result<Span, Fault> {
        let slot = if row < self.ring_rows { row } else { row.checked_rem(self.ring_rows).ok_or(Fault)? };
        let bytes = self.row_bytes();
        Ok(Span { region: self.region, offset: self.offset.wrapping_add(slot.wrapping_mul(bytes)), bytes })
    }

    /// Where `pixels` pixels from column `x` of logical row `row` stand.
    #[inline(always)]
    pub fn pixels(&self, row: usize, x: usize, pixels: usize) -> Result<Span, Fault> {
        let pixel = self.pixel_bytes();
        self.row(row)?.part(x.wrapping_mul(pixel), pixels.wrapping_mul(pixel))
    }
}

/// A window sliding over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Window rows.
    pub height: usize,
    /// Window columns.
    pub width: usize,
    /// Input rows per output row.
    pub stride_height: usize,
    /// Input columns per output column.
    pub stride_width: usize,
    /// Distance of window rows.
    pub dilation_height: usize,
    /// Distance of window columns.
    pub dilation_width: usize,
    /// Padding rows above the input.
    pub pad_top: usize,
    /// Padding columns left of the input.
    pub pad_left: usize,
}

impl Window {
    /// The window rows that meet the input for output row `y`: the first and one past the last.
    #[inline(always)]
    pub fn rows_inside(&self, y: usize, input_height: usize) -> (usize, usize) {
        inside(y, self.stride_height, self.pad_top, self.dilation_height, self.height, input_height)
    }

    /// The window columns that meet the input for output column `x`: the first and one past the last.
    #[inline(always)]
    pub fn columns_inside(&self, x: usize, input_width: usize) -> (usize, usize) {
        inside(x, self.stride_width, self.pad_left, self.dilation_width, self.width, input_width)
    }
}

/// Window positions k in 0..extent with 0 <= at × stride − pad + k × dilation < limit, as (first, one past the last).
#[inline(always)]
fn inside(at: usize, stride: usize, pad: usize, dilation: usize, extent: usize, limit: usize) -> (usize, usize) {
    let origin = at.wrapping_mul(stride) as isize - pad as isize;
    if dilation == 1 {
        let first = (-origin).max(0) as usize;
        // Not clamp(): it panics when its bounds are in the wrong order, which nothing here can prove to the compiler.
        let end = (limit as isize - origin).max(0).min(extent as isize) as usize;
        return (first.min(end), end);
    }
    let mut first = 0;
    while first < extent && origin + (first.wrapping_mul(dilation) as isize) < 0 {
        first += 1;
    }
    let mut end = extent;
    while end > first && origin + (end.wrapping_sub(1).wrapping_mul(dilation) as isize) >= limit as isize {
        end -= 1;
    }
    (first, end)
}
