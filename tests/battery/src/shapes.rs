//! Random images, rings and windows.

use crate::{Layout, Random};
use mote_kernels::{Region, Rows, Span, Walk, Window};

/// Batch, height, width and channels of an image that is not placed yet.
#[derive(Clone, Copy)]
pub(crate) struct Extents {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Extents {
    pub fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    pub fn bytes(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Places the image: in one of three times in a ring of fewer rows than it has, which rows then share.
    pub fn place(&self, random: &mut Random, layout: &mut Layout<'_>) -> Rows {
        let all = self.batch * self.height;
        let ring_rows = if random.chance(3) { random.within(1, all) } else { all };
        let span = layout.tensor(random, ring_rows * self.width * self.channels);
        self.at(span, ring_rows)
    }

    /// The image in `ring_rows` rows from the start of `span`.
    pub fn at(&self, span: Span, ring_rows: usize) -> Rows {
        let Extents { batch, height, width, channels } = *self;
        let Span { region, offset, .. } = span;
        Rows { region, offset, ring_rows, batch, height, width, channels, element_bytes: 1 }
    }
}

/// All bytes that `rows` stand in.
pub(crate) fn ring_span(rows: &Rows) -> Span {
    Span { region: rows.region, offset: rows.offset, bytes: rows.ring_rows * rows.row_bytes() }
}

/// The bytes of `rows` whole in the arena at `offset`.
pub(crate) fn arena_rows(extents: &Extents, offset: usize) -> Rows {
    extents.at(Span { region: Region::Arena, offset, bytes: 0 }, extents.batch * extents.height)
}

pub(crate) fn walk(random: &mut Random) -> Walk {
    if random.chance(2) { Walk::Forward } else { Walk::Backward }
}

/// A window and the output extents it gives; every one at least 1.
pub(crate) fn window(random: &mut Random, height: usize, width: usize, dilated: bool) -> (Window, usize, usize) {
    let mut dilation = || if dilated { random.within(1, 3) } else { 1 };
    let (dilation_height, dilation_width) = (dilation(), dilation());
    let window = Window {
        height: random.within(1, 4),
        width: random.within(1, 4),
        stride_height: random.within(1, 3),
        stride_width: random.within(1, 3),
        dilation_height,
        dilation_width,
        pad_top: random.below(4),
        pad_left: random.below(4),
    };
    // Padding at the end as well: the last windows may lie outside the image altogether.
    let after = random.below(3);
    let extent = |size: usize, taps: usize, stride: usize, dilation: usize, pad: usize| {
        let covered = (size + pad + after).saturating_sub((taps - 1) * dilation + 1);
        covered.checked_div(stride).unwrap_or(0) + 1
    };
    let rows = extent(height, window.height, window.stride_height, dilation_height, window.pad_top);
    let columns = extent(width, window.width, window.stride_width, dilation_width, window.pad_left);
    (window, rows, columns)
}
