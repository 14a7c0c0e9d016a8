//! Pooling and SOFTMAX.

use super::{activation, place};
use crate::families::{DRAWS, MOST_IMAGE_BYTES};
use crate::shapes::{Extents, ring_span, walk};
use crate::weighted::multiplier;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{PoolI16, SOFTMAX_TABLE_BYTES, SoftmaxI16};
use mote_kernels::{Window, generic, pixel_scratch_bytes, reference};

/// AVERAGE_POOL_2D on int16.
pub static AVERAGE_POOL_I16: Family<PoolI16> = Family {
    name: "average_pool_i16",
    board_cases: 150,
    generate: generate_pool,
    reference: reference::average_pool_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::average_pool_i16 }],
    refuses_beyond: false,
};

/// MAX_POOL_2D on int16.
pub static MAX_POOL_I16: Family<PoolI16> = Family {
    name: "max_pool_i16",
    board_cases: 150,
    generate: generate_pool,
    reference: reference::max_pool_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::max_pool_i16 }],
    refuses_beyond: false,
};

/// SOFTMAX on int16, over tables of noise.
pub static SOFTMAX_I16: Family<SoftmaxI16> = Family {
    name: "softmax_i16",
    board_cases: 150,
    generate: generate_softmax,
    reference: reference::softmax_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::softmax_i16 }],
    refuses_beyond: false,
};

fn generate_pool(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<PoolI16>> {
    for _ in 0..DRAWS {
        let (batch, channels) = (random.within(1, 2), random.choose(&[1, 3, 8, 32, 33, 70]));
        let (height, width) = (random.within(1, 6), random.within(1, 6));
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
        if 2 * input.bytes().max(output.bytes()) > MOST_IMAGE_BYTES || output.bytes() * rows * columns > 4000 {
            continue;
        }
        let (input, output) = (place(&input, random, layout), place(&output, random, layout));
        let (activation_min, activation_max) = activation(random);
        return Some(Case {
            arguments: PoolI16 { input, output, window, walk: walk(random), activation_min, activation_max },
            units: output.total_rows(),
            scratch_bytes: pixel_scratch_bytes(output.pixel_bytes()),
            output: ring_span(&output),
            elsewhere: None,
        });
    }
    None
}

/// A table without negative numbers that ends in the largest: the sum of a row is then above 0.
fn table(random: &mut Random, bytes: &mut [u8]) {
    random.fill(bytes);
    let entries = bytes.as_chunks_mut::<2>().0;
    for [_, high] in entries.iter_mut() {
        *high &= 0x7F;
    }
    for entry in entries.iter_mut().rev().take(2) {
        *entry = [0xFF, 0x7F];
    }
}

fn generate_softmax(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<SoftmaxI16>> {
    let rows = random.within(1, 4);
    let depth = if random.chance(3) { random.within(1, 3) } else { random.within(1, 60) };
    let exponentials = layout.constant(random, SOFTMAX_TABLE_BYTES, table);
    let reciprocals = layout.constant(random, SOFTMAX_TABLE_BYTES, table);
    let input = layout.tensor(random, 2 * rows * depth);
    let output = if random.chance(3) { input } else { layout.tensor(random, 2 * rows * depth) };
    let multiplier = multiplier(random);
    let arguments = SoftmaxI16 { input, output, depth, multiplier, exponentials, reciprocals };
    Some(Case { arguments, units: rows, scratch_bytes: 0, output, elsewhere: None })
}
