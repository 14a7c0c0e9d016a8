//! CONV_2D: groups, pointwise layers in place and apart, dilation, channels of every remainder.

use super::{DRAWS, MOST_CONSTANT_BYTES, MOST_IMAGE_BYTES, MOST_PRODUCTS};
use crate::shapes::{Extents, arena_rows, ring_span, walk, window};
use crate::weighted::weighted;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{Conv2dI8, Conv2dShape};
use mote_kernels::{Channels, Walk, Window, generic, reference};

/// CONV_2D on int8.
pub static CONV2D: Family<Conv2dI8> = Family {
    name: "conv2d_i8",
    board_cases: 1200,
    generate,
    reference: reference::conv2d_i8,
    implementations: &[
        Implementation { name: "generic", kernel: generic::conv2d_i8 },
        #[cfg(cortex_m_dsp)]
        Implementation { name: "cortex_m_dsp", kernel: mote_kernels::cortex_m_dsp::conv2d_i8 },
        #[cfg(target_arch = "x86_64")]
        Implementation { name: "x86_64", kernel: mote_kernels::x86_64::conv2d_i8 },
    ],
    refuses_beyond: true,
};

const MOST_SCRATCH_BYTES: usize = 4000;

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Conv2dI8>> {
    if random.chance(8) {
        return in_place(random, layout);
    }
    for _ in 0..DRAWS {
        let groups = random.choose(&[1, 1, 1, 2, 3]);
        let group_inputs = if random.chance(3) { 16 * random.within(1, 3) } else { random.within(1, 20) };
        let group_outputs = random.within(1, 21);
        let (batch, height, width) = (random.within(1, 2), random.within(1, 7), random.within(1, 9));
        let dilated = random.chance(3);
        let (mut size, mut rows, mut columns) = window(random, height, width, dilated);
        if random.chance(3) {
            (size.height, size.width, size.pad_top, size.pad_left) = (1, 1, 0, 0);
            let steps = |extent: usize, stride: usize| 1 + (extent - 1).checked_div(stride).unwrap_or(0);
            (rows, columns) = (steps(height, size.stride_height), steps(width, size.stride_width));
        }
        let filter = size.height * size.width * group_inputs;
        let input = Extents { batch, height, width, channels: groups * group_inputs };
        let output = Extents { batch, height: rows, width: columns, channels: groups * group_outputs };
        let weight_bytes = output.channels * filter;
        let too_large = output.bytes() * filter > MOST_PRODUCTS
            || input.bytes().max(output.bytes()) > MOST_IMAGE_BYTES
            || weight_bytes + Channels::table_bytes(output.channels, output.channels) > MOST_CONSTANT_BYTES
            || 2 * groups * filter.next_multiple_of(16) > MOST_SCRATCH_BYTES;
        if too_large {
            continue;
        }
        let weighted = weighted(random, layout, weight_bytes, output.channels, filter);
        let shape = Conv2dShape {
            input: input.place(random, layout),
            output: output.place(random, layout),
            window: size,
            groups,
            walk: walk(random),
            overlapping: random.chance(4),
        };
        return Some(case(Conv2dI8 { shape, weighted }));
    }
    None
}

/// A pointwise layer whose output begins at its input's first byte, or ends at its last.
fn in_place(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Conv2dI8>> {
    let (height, width, channels) = (random.within(1, 4), random.within(1, 6), random.within(1, 24));
    let outputs = random.within(1, channels);
    let input = Extents { batch: 1, height, width, channels };
    let output = Extents { channels: outputs, ..input };
    let weighted = weighted(random, layout, outputs * channels, outputs, channels);
    let from = layout.arena(random, input.bytes());
    let apart = layout.arena(random, output.bytes());
    let walk = walk(random);
    // Forward, a pixel is written at or before where it was read; backward, at or behind.
    let shift = if walk == Walk::Forward { 0 } else { input.bytes() - output.bytes() };
    let size = Window {
        height: 1,
        width: 1,
        stride_height: 1,
        stride_width: 1,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: 0,
        pad_left: 0,
    };
    let shape = |offset: usize, overlapping: bool| Conv2dShape {
        input: arena_rows(&input, from.offset),
        output: arena_rows(&output, offset),
        window: size,
        groups: 1,
        walk,
        overlapping,
    };
    let made = case(Conv2dI8 { shape: shape(from.offset + shift, true), weighted });
    Some(Case { elsewhere: Some((Conv2dI8 { shape: shape(apart.offset, false), weighted }, apart)), ..made })
}

fn case(arguments: Conv2dI8) -> Case<Conv2dI8> {
    Case {
        units: arguments.shape.units(),
        scratch_bytes: arguments.scratch_bytes(),
        output: ring_span(&arguments.shape.output),
        elsewhere: None,
        arguments,
    }
}
