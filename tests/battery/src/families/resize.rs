//! Resizing, apart from the input and over it.

use super::pool::two_images;
use crate::shapes::{Extents, ring_span, walk};
use crate::{Case, Family, Implementation, Layout, Random, oracles};
use mote_kernels::arguments::{ResizeBilinear, ResizeNearest, ResizeParameters};
use mote_kernels::{Span, generic, pixel_scratch_bytes, reference};

/// RESIZE_BILINEAR on int8.
pub static RESIZE_BILINEAR: Family<ResizeBilinear> = Family {
    name: "resize_bilinear_i8",
    board_cases: 300,
    generate: generate_bilinear,
    reference: reference::resize_bilinear_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::resize_bilinear_i8 }],
    refuses_beyond: false,
};

/// RESIZE_NEAREST_NEIGHBOR.
pub static RESIZE_NEAREST: Family<ResizeNearest> = Family {
    name: "resize_nearest",
    board_cases: 400,
    generate: generate_nearest,
    reference: oracles::resize_nearest,
    implementations: &[Implementation { name: "generic", kernel: generic::resize_nearest }],
    refuses_beyond: false,
};

fn images(random: &mut Random) -> (Extents, Extents) {
    let (batch, channels) = (random.within(1, 2), random.choose(&[1, 2, 3, 9, 17]));
    let mut extents = || Extents { batch, height: random.within(1, 7), width: random.within(1, 7), channels };
    (extents(), extents())
}

fn generate_bilinear(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<ResizeBilinear>> {
    let (input, output) = images(random);
    let (input, output) = two_images(random, layout, &input, &output);
    let align_corners = random.chance(2);
    let half_pixel_centers = !align_corners && random.chance(2);
    let parameters = ResizeParameters { align_corners, half_pixel_centers };
    Some(Case {
        arguments: ResizeBilinear { input, output, parameters, walk: walk(random) },
        units: output.total_rows(),
        scratch_bytes: pixel_scratch_bytes(output.pixel_bytes()),
        output: ring_span(&output),
        elsewhere: None,
    })
}

fn generate_nearest(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<ResizeNearest>> {
    let (from, to) = images(random);
    let row_sources = sources(random, layout, from.height, to.height);
    let column_sources = sources(random, layout, from.width, to.width);
    let (input, output) = two_images(random, layout, &from, &to);
    Some(Case {
        arguments: ResizeNearest { input, output, row_sources, column_sources, walk: walk(random) },
        units: output.total_rows(),
        scratch_bytes: pixel_scratch_bytes(output.pixel_bytes()),
        output: ring_span(&output),
        elsewhere: None,
    })
}

/// Any source for each of `count` positions.
fn sources(random: &mut Random, layout: &mut Layout<'_>, extent: usize, count: usize) -> Span {
    layout.constant(random, count * 2, |random, bytes| {
        bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|slot| *slot = (random.below(extent) as u16).to_le_bytes());
    })
}
