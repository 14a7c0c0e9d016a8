//! Pooling, apart from the input and over it.

use super::{DRAWS, MOST_IMAGE_BYTES};
use crate::shapes::{Extents, arena_rows, ring_span, walk};
use crate::weighted::activation;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::PoolI8;
use mote_kernels::{Rows, Span, Window, generic, pixel_scratch_bytes, reference};

/// AVERAGE_POOL_2D on int8.
pub static AVERAGE_POOL: Family<PoolI8> = Family {
    name: "average_pool_i8",
    board_cases: 500,
    generate,
    reference: reference::average_pool_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::average_pool_i8 }],
    refuses_beyond: false,
};

/// MAX_POOL_2D on int8.
pub static MAX_POOL: Family<PoolI8> = Family {
    name: "max_pool_i8",
    board_cases: 500,
    generate,
    reference: reference::max_pool_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::max_pool_i8 }],
    refuses_beyond: false,
};

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<PoolI8>> {
    for _ in 0..DRAWS {
        let (batch, channels) = (random.within(1, 2), random.choose(&[1, 3, 8, 13, 64, 65, 130]));
        let (height, width) = (random.within(1, 7), random.within(1, 7));
        let (rows, columns) = (random.within(1, height), random.within(1, width));
        let window = Window {
            height: rows,
            width: columns,
            stride_height: random.within(1, 3),
            stride_width: random.within(1, 3),
            dilation_height: 1,
            dilation_width: 1,
            pad_top: random.below(rows),
            pad_left: random.below(columns),
        };
        // The last window begins inside the image.
        let steps = |extent: usize, pad: usize, stride: usize| {
            1 + (extent + pad).saturating_sub(1).checked_div(stride).unwrap_or(0)
        };
        let input = Extents { batch, height, width, channels };
        let output = Extents {
            height: steps(height, window.pad_top, window.stride_height),
            width: steps(width, window.pad_left, window.stride_width),
            ..input
        };
        let largest = input.bytes().max(output.bytes());
        if largest > MOST_IMAGE_BYTES || output.bytes() * rows * columns > 8000 {
            continue;
        }
        let (input, output) = two_images(random, layout, &input, &output);
        let (activation_min, activation_max) = activation(random);
        let arguments = PoolI8 { input, output, window, walk: walk(random), activation_min, activation_max };
        return Some(Case {
            arguments,
            units: output.total_rows(),
            scratch_bytes: pixel_scratch_bytes(output.pixel_bytes()),
            output: ring_span(&output),
            elsewhere: None,
        });
    }
    None
}

/// Places two images; once in three times the second over the first: both kernels read a pixel's window before they
/// write the pixel, so that the bytes still agree.
pub(super) fn two_images(
    random: &mut Random,
    layout: &mut Layout<'_>,
    input: &Extents,
    output: &Extents,
) -> (Rows, Rows) {
    if !random.chance(3) {
        return (input.place(random, layout), output.place(random, layout));
    }
    let shift = random.below(input.bytes());
    let bytes = input.bytes().max(shift + output.bytes());
    let Span { offset, .. } = layout.arena(random, bytes);
    (arena_rows(input, offset), arena_rows(output, offset + shift))
}
