//! Random weights, channel tables and output stages.

use crate::{Layout, Random};
use mote_kernels::Channels;
use mote_kernels::arguments::WeightedI8;
use mote_numbers::Multiplier;

/// Largest magnitude of a product of int8 weight and int8 input less a zero point.
const PRODUCT_BOUND: i32 = 128 * 255;

/// A bias within accumulator bounds for sums of `terms` products: at the very bound once in six times on either side.
pub(crate) fn bias(random: &mut Random, terms: usize) -> i32 {
    let bound = i32::MAX - (terms as i32).wrapping_mul(PRODUCT_BOUND);
    match random.below(6) {
        0 => bound,
        1 => -bound,
        2 => ((i64::from(random.word() as i32) * i64::from(bound)) >> 31) as i32,
        _ => random.below(40_000) as i32 - 20_000,
    }
}

/// A multiplier, once in four times one that saturates, vanishes or is at an end of its range.
pub(crate) fn multiplier(random: &mut Random) -> Multiplier {
    let mantissa = match random.below(8) {
        0 => 1 << 30,
        1 => i32::MAX,
        2 => 0,
        // Not normalised: what rounds once.
        3 => (random.word() >> 1) as i32 >> random.below(20),
        _ => (1 << 30) | (random.word() >> 2) as i32,
    };
    let shift = match random.below(8) {
        0 => random.within(0, 61) as i8 - 31,
        _ => -(random.below(12) as i8),
    };
    Multiplier { mantissa, shift }
}

/// Least and greatest output: the whole range twice in three times.
pub(crate) fn activation(random: &mut Random) -> (i8, i8) {
    let (a, b) = (random.int8(), random.int8());
    if random.chance(3) { (a.min(b), a.max(b)) } else { (i8::MIN, i8::MAX) }
}

/// `weight_bytes` weights and a table for `channels` channels whose sums have `terms` products.
pub(crate) fn weighted(
    random: &mut Random,
    layout: &mut Layout<'_>,
    weight_bytes: usize,
    channels: usize,
    terms: usize,
) -> WeightedI8 {
    let weights = layout.constant(random, weight_bytes, Random::fill);
    let multipliers = if random.chance(2) { 1 } else { channels };
    let table = layout.constant(random, Channels::table_bytes(channels, multipliers), |random, bytes| {
        let (biases, rest) = bytes.split_at_mut_checked(channels * 4).unwrap_or_default();
        let (mantissas, shifts) = rest.split_at_mut_checked(multipliers * 4).unwrap_or_default();
        for slot in biases.as_chunks_mut::<4>().0 {
            *slot = bias(random, terms).to_le_bytes();
        }
        for (mantissa, shift) in mantissas.as_chunks_mut::<4>().0.iter_mut().zip(shifts) {
            let multiplier = multiplier(random);
            *mantissa = multiplier.mantissa.to_le_bytes();
            *shift = multiplier.shift as u8;
        }
    });
    let (least, greatest) = activation(random);
    WeightedI8 {
        weights,
        channels: table,
        multipliers,
        input_zero_point: random.int8().into(),
        output_zero_point: random.int8().into(),
        activation_minimum: least.into(),
        activation_maximum: greatest.into(),
    }
}
