//! CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED.

use super::{activation, place};
use crate::families::{DRAWS, MOST_CONSTANT_BYTES, MOST_IMAGE_BYTES, MOST_PRODUCTS};
use crate::shapes::{Extents, ring_span, walk, window};
use crate::weighted::multiplier;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{
    Conv2dI16, Conv2dShape, DepthwiseI16, DepthwiseShape, FullyConnectedI16, FullyConnectedShape, WeightedI16,
};
use mote_kernels::{WideChannels, generic, reference};
use mote_numbers::WIDE_SUM_LIMIT;

/// CONV_2D on int16.
pub static CONV2D_I16: Family<Conv2dI16> = Family {
    name: "conv2d_i16",
    board_cases: 400,
    generate: generate_conv2d,
    reference: reference::conv2d_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::conv2d_i16 }],
    refuses_beyond: true,
};

/// DEPTHWISE_CONV_2D on int16.
pub static DEPTHWISE_I16: Family<DepthwiseI16> = Family {
    name: "depthwise_i16",
    board_cases: 400,
    generate: generate_depthwise,
    reference: reference::depthwise_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::depthwise_i16 }],
    refuses_beyond: true,
};

/// FULLY_CONNECTED on int16.
pub static FULLY_CONNECTED_I16: Family<FullyConnectedI16> = Family {
    name: "fully_connected_i16",
    board_cases: 400,
    generate: generate_fully_connected,
    reference: reference::fully_connected_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::fully_connected_i16 }],
    refuses_beyond: true,
};

/// A bias within bounds for sums of `terms` products: at the very bound once in six times on either side.
fn bias(random: &mut Random, terms: usize) -> i64 {
    let bound = WIDE_SUM_LIMIT - 1 - ((terms as i64) << 22);
    match random.below(6) {
        0 => bound,
        1 => -bound,
        2 => i64::from(random.word() as i32) << 14,
        _ => i64::from(random.word() as i32) >> 4,
    }
}

/// `weight_bytes` weights and a table for `channels` channels whose sums have `terms` products.
fn weighted(
    random: &mut Random,
    layout: &mut Layout<'_>,
    weight_bytes: usize,
    channels: usize,
    terms: usize,
) -> WeightedI16 {
    let weights = layout.constant(random, weight_bytes, Random::fill);
    let multipliers = if random.chance(2) { 1 } else { channels };
    let wide = !random.chance(3);
    let table = layout.constant(random, WideChannels::table_bytes(channels, multipliers), |random, bytes| {
        let (biases, rest) = bytes.split_at_mut_checked(channels * 8).unwrap_or_default();
        let (mantissas, shifts) = rest.split_at_mut_checked(multipliers * 4).unwrap_or_default();
        for slot in biases.as_chunks_mut::<8>().0 {
            *slot = bias(random, terms).to_le_bytes();
        }
        for (mantissa, shift) in mantissas.as_chunks_mut::<4>().0.iter_mut().zip(shifts) {
            let multiplier = multiplier(random);
            *mantissa = multiplier.mantissa.to_le_bytes();
            *shift = if wide { multiplier.shift.min(7) } else { multiplier.shift } as u8;
        }
    });
    let (least, greatest) = activation(random);
    WeightedI16 {
        weights,
        channels: table,
        multipliers,
        wide,
        activation_minimum: least.into(),
        activation_maximum: greatest.into(),
    }
}

/// True when a layer is beyond what a board can try in bounded time and memory.
fn too_large(input: &Extents, output: &Extents, filter: usize, weight_bytes: usize) -> bool {
    output.bytes() * filter > MOST_PRODUCTS
        || 2 * input.bytes().max(output.bytes()) > MOST_IMAGE_BYTES
        || weight_bytes + WideChannels::table_bytes(output.channels, output.channels) > MOST_CONSTANT_BYTES
}

fn generate_conv2d(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Conv2dI16>> {
    for _ in 0..DRAWS {
        let groups = random.choose(&[1, 1, 1, 2, 3]);
        let (group_inputs, group_outputs) = (random.within(1, 20), random.within(1, 19));
        let (batch, height, width) = (random.within(1, 2), random.within(1, 6), random.within(1, 7));
        let dilated = random.chance(3);
        let (window, rows, columns) = window(random, height, width, dilated);
        let filter = window.height * window.width * group_inputs;
        let input = Extents { batch, height, width, channels: groups * group_inputs };
        let output = Extents { batch, height: rows, width: columns, channels: groups * group_outputs };
        let weight_bytes = output.channels * filter;
        if too_large(&input, &output, filter, weight_bytes) {
            continue;
        }
        let weighted = weighted(random, layout, weight_bytes, output.channels, filter);
        let shape = Conv2dShape {
            input: place(&input, random, layout),
            output: place(&output, random, layout),
            window,
            groups,
            walk: walk(random),
            overlapping: false,
        };
        let (units, output) = (shape.units(), ring_span(&shape.output));
        return Some(Case {
            arguments: Conv2dI16 { shape, weighted },
            units,
            scratch_bytes: 0,
            output,
            elsewhere: None,
        });
    }
    None
}

fn generate_depthwise(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<DepthwiseI16>> {
    for _ in 0..DRAWS {
        let multiplier = random.choose(&[1, 1, 2, 3, 8]);
        let inputs = if random.chance(5) { 1 } else { random.within(1, 30) };
        let (batch, height, width) = (random.within(1, 2), random.within(1, 6), random.within(1, 7));
        let dilated = random.chance(3);
        let (window, rows, columns) = window(random, height, width, dilated);
        let taps = window.height * window.width;
        let input = Extents { batch, height, width, channels: inputs };
        let output = Extents { batch, height: rows, width: columns, channels: inputs * multiplier };
        let weight_bytes = output.channels * taps;
        if too_large(&input, &output, taps, weight_bytes) {
            continue;
        }
        let weighted = weighted(random, layout, weight_bytes, output.channels, taps);
        let shape = DepthwiseShape {
            input: place(&input, random, layout),
            output: place(&output, random, layout),
            window,
            walk: walk(random),
            overlapping: false,
        };
        let (units, output) = (shape.units(), ring_span(&shape.output));
        return Some(Case {
            arguments: DepthwiseI16 { shape, weighted },
            units,
            scratch_bytes: 0,
            output,
            elsewhere: None,
        });
    }
    None
}

fn generate_fully_connected(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<FullyConnectedI16>> {
    let rows = random.within(1, 3);
    // Past 256 products a sum goes on in another block.
    let depth = if random.chance(4) { random.within(250, 530) } else { random.within(1, 100) };
    let most = 4000usize.checked_div(rows * depth).unwrap_or(1).clamp(1, 35);
    let outputs = random.within(1, most);
    let input = layout.tensor(random, 2 * rows * depth);
    let output = layout.tensor(random, 2 * rows * outputs);
    let shape = FullyConnectedShape { input, output, rows, depth, outputs };
    let weighted = weighted(random, layout, depth * outputs, outputs, depth);
    let units = shape.units();
    Some(Case { arguments: FullyConnectedI16 { shape, weighted }, units, scratch_bytes: 0, output, elsewhere: None })
}
