//! TRANSPOSE_CONV.

use super::{DRAWS, MOST_CONSTANT_BYTES, MOST_IMAGE_BYTES, MOST_PRODUCTS};
use crate::shapes::{Extents, ring_span, walk, window};
use crate::weighted::weighted;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{TransposeConvI8, TransposeConvShape};
use mote_kernels::{Channels, generic, reference};

/// TRANSPOSE_CONV on int8.
pub static TRANSPOSE_CONV: Family<TransposeConvI8> = Family {
    name: "transpose_conv_i8",
    board_cases: 600,
    generate,
    reference: reference::transpose_conv_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::transpose_conv_i8 }],
    refuses_beyond: true,
};

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<TransposeConvI8>> {
    for _ in 0..DRAWS {
        let (batch, height, width) = (random.within(1, 2), random.within(1, 5), random.within(1, 5));
        let (window, ..) = window(random, height, width, false);
        let input = Extents { batch, height, width, channels: random.within(1, 19) };
        let (rows, columns, channels) = (random.within(1, 9), random.within(1, 9), random.within(1, 19));
        let output = Extents { batch, height: rows, width: columns, channels };
        let terms = window.height * window.width * input.channels;
        let too_large = output.bytes() * terms > 2 * MOST_PRODUCTS
            || input.bytes().max(output.bytes()) > MOST_IMAGE_BYTES
            || terms * channels + Channels::table_bytes(channels, channels) > MOST_CONSTANT_BYTES;
        if too_large {
            continue;
        }
        let weighted = weighted(random, layout, terms * channels, channels, terms);
        let (input, output) = (input.place(random, layout), output.place(random, layout));
        let shape = TransposeConvShape { input, output, window, walk: walk(random) };
        return Some(Case {
            arguments: TransposeConvI8 { shape, weighted },
            units: shape.units(),
            scratch_bytes: 0,
            output: ring_span(&output),
            elsewhere: None,
        });
    }
    None
}
