//! DEPTHWISE_CONV_2D: depth multipliers, one channel, dilation, channels of every remainder, in place.

use super::{DRAWS, MOST_CONSTANT_BYTES, MOST_IMAGE_BYTES, MOST_PRODUCTS};
use crate::shapes::{Extents, arena_rows, ring_span, walk, window};
use crate::weighted::weighted;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{DepthwiseI8, DepthwiseShape};
use mote_kernels::{Channels, Window, generic, reference};

/// DEPTHWISE_CONV_2D on int8.
pub static DEPTHWISE: Family<DepthwiseI8> = Family {
    name: "depthwise_i8",
    board_cases: 1000,
    generate,
    reference: reference::depthwise_i8,
    implementations: &[
        Implementation { name: "generic", kernel: generic::depthwise_i8 },
        #[cfg(cortex_m_dsp)]
        Implementation { name: "cortex_m_dsp", kernel: mote_kernels::cortex_m_dsp::depthwise_i8 },
        #[cfg(target_arch = "x86_64")]
        Implementation { name: "x86_64", kernel: mote_kernels::x86_64::depthwise_i8 },
    ],
    refuses_beyond: true,
};

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<DepthwiseI8>> {
    if random.chance(8) {
        return in_place(random, layout);
    }
    for _ in 0..DRAWS {
        let multiplier = random.choose(&[1, 1, 2, 3, 8]);
        let inputs = if random.chance(5) { 1 } else { random.within(1, 75) };
        let (batch, height, width) = (random.within(1, 2), random.within(1, 7), random.within(1, 8));
        let dilated = random.chance(3);
        let (window, rows, columns) = window(random, height, width, dilated);
        let taps = window.height * window.width;
        let input = Extents { batch, height, width, channels: inputs };
        let output = Extents { batch, height: rows, width: columns, channels: inputs * multiplier };
        let weight_bytes = output.channels * taps;
        let too_large = output.bytes() * taps > MOST_PRODUCTS
            || input.bytes().max(output.bytes()) > MOST_IMAGE_BYTES
            || weight_bytes + Channels::table_bytes(output.channels, output.channels) > MOST_CONSTANT_BYTES;
        if too_large {
            continue;
        }
        let weighted = weighted(random, layout, weight_bytes, output.channels, taps);
        let shape = DepthwiseShape {
            input: input.place(random, layout),
            output: output.place(random, layout),
            window,
            walk: walk(random),
            overlapping: random.chance(4),
        };
        return Some(case(DepthwiseI8 { shape, weighted }));
    }
    None
}

/// A layer of one tap that writes each pixel over itself.
fn in_place(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<DepthwiseI8>> {
    let (height, width, channels) = (random.within(1, 4), random.within(1, 6), random.within(1, 70));
    let image = Extents { batch: 1, height, width, channels };
    let weighted = weighted(random, layout, channels, channels, 1);
    let (from, apart) = (layout.arena(random, image.bytes()), layout.arena(random, image.bytes()));
    let walk = walk(random);
    let window = Window {
        height: 1,
        width: 1,
        stride_height: 1,
        stride_width: 1,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: 0,
        pad_left: 0,
    };
    let shape = |offset: usize, overlapping: bool| DepthwiseShape {
        input: arena_rows(&image, from.offset),
        output: arena_rows(&image, offset),
        window,
        walk,
        overlapping,
    };
    let made = case(DepthwiseI8 { shape: shape(from.offset, true), weighted });
    Some(Case { elsewhere: Some((DepthwiseI8 { shape: shape(apart.offset, false), weighted }, apart)), ..made })
}

fn case(arguments: DepthwiseI8) -> Case<DepthwiseI8> {
    Case {
        units: arguments.shape.units(),
        scratch_bytes: arguments.scratch_bytes(),
        output: ring_span(&arguments.shape.output),
        elsewhere: None,
        arguments,
    }
}
