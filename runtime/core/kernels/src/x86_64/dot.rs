//! The innermost sums in AVX2: 16 products by one multiply-add.

use super::output::finish;
use crate::arguments::WeightedI8;
use crate::generic::dot::{InnerLoops, cut, shortest};
use crate::generic::output::finish_block;
use crate::{ChannelBlock, Fault};
use core::arch::x86_64::*;

/// Bytes of one vector step.
const STEP: usize = 16;

/// A slice in whole vector steps, and what is left.
type Steps<'a> = (&'a [[u8; STEP]], &'a [u8]);

/// For kernels compiled for AVX2 only: the methods must not be reached where AVX2 was not found.
pub(super) struct Avx2;

impl InnerLoops for Avx2 {
    #[inline(always)]
    #[expect(unsafe_code, reason = "AVX2 intrinsics in a method, which cannot name the feature itself")]
    fn products<const PIXELS: usize, const CHANNELS: usize>(
        patches: [&[u8]; PIXELS],
        weights: [&[u8]; CHANNELS],
        zero_point: i16,
    ) -> Result<[[i32; CHANNELS]; PIXELS], Fault> {
        let length = shortest(&patches).min(shortest(&weights));
        let (patches, weights) = (cut(patches, length)?, cut(weights, length)?);
        // SAFETY: `Avx2` is private to this module tree and is named only by functions that are compiled for AVX2 and
        // called after AVX2 was found.
        unsafe { sums(patches, weights, zero_point) }
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "AVX2 intrinsics in a method, which cannot name the feature itself")]
    fn finish<const CHANNELS: usize>(
        accumulators: &[i32; CHANNELS],
        block: &ChannelBlock<CHANNELS>,
        weighted: &WeightedI8,
    ) -> [u8; CHANNELS] {
        if !CHANNELS.is_multiple_of(8) {
            return finish_block(accumulators, block, weighted);
        }
        // SAFETY: as in `products`.
        unsafe { finish(accumulators, block, weighted) }
    }
}

/// The sums over slices of one length.
///
/// # Safety
/// The processor must have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
#[expect(unsafe_code, reason = "the name of a function that needs an instruction set")]
unsafe fn sums<const PIXELS: usize, const CHANNELS: usize>(
    patches: [&[u8]; PIXELS],
    weights: [&[u8]; CHANNELS],
    zero_point: i16,
) -> Result<[[i32; CHANNELS]; PIXELS], Fault> {
    let zero_points = _mm256_set1_epi16(zero_point);
    // Loops rather than closures: a closure that is not inlined would pass vectors through memory.
    let mut patch_steps: [Steps<'_>; PIXELS] = [(&[], &[]); PIXELS];
    for (steps, patch) in patch_steps.iter_mut().zip(patches) {
        *steps = patch.as_chunks::<STEP>();
    }
    let mut weight_steps: [Steps<'_>; CHANNELS] = [(&[], &[]); CHANNELS];
    for (steps, weights) in weight_steps.iter_mut().zip(weights) {
        *steps = weights.as_chunks::<STEP>();
    }
    let mut totals = [[_mm256_setzero_si256(); CHANNELS]; PIXELS];
    let steps = match patch_steps.first() {
        Some((steps, _)) => steps.len(),
        None => 0,
    };
    for step in 0..steps {
        let mut inputs = [_mm256_setzero_si256(); PIXELS];
        for (input, (steps, _)) in inputs.iter_mut().zip(patch_steps) {
            *input = _mm256_sub_epi16(widen(steps.get(step).ok_or(Fault)?), zero_points);
        }
        for (channel, (steps, _)) in weight_steps.iter().enumerate() {
            let weights = widen(steps.get(step).ok_or(Fault)?);
            for (totals, &input) in totals.iter_mut().zip(&inputs) {
                let total = totals.get_mut(channel).ok_or(Fault)?;
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(input, weights));
            }
        }
    }
    if length_beyond(&patch_steps) {
        // The rest, filled up with zero weights, which add nothing.
        for (channel, (_, rest)) in weight_steps.iter().enumerate() {
            let weights = widen(&filled(rest));
            for (totals, (_, rest)) in totals.iter_mut().zip(patch_steps) {
                let input = _mm256_sub_epi16(widen(&filled(rest)), zero_points);
                let total = totals.get_mut(channel).ok_or(Fault)?;
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(input, weights));
            }
        }
    }
    let mut sums = [[0; CHANNELS]; PIXELS];
    for (sums, totals) in sums.iter_mut().zip(&totals) {
        for (sum, &total) in sums.iter_mut().zip(totals) {
            *sum = add_lanes(total);
        }
    }
    Ok(sums)
}

#[inline(always)]
fn length_beyond(steps: &[Steps<'_>]) -> bool {
    matches!(steps.first(), Some((_, rest)) if !rest.is_empty())
}

/// `rest`, then zeros.
#[inline(always)]
fn filled(rest: &[u8]) -> [u8; STEP] {
    let mut bytes = [0; STEP];
    for (slot, &byte) in bytes.iter_mut().zip(rest) {
        *slot = byte;
    }
    bytes
}

/// 16 int8 as 16 lanes of 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(bytes: &[u8; STEP]) -> __m256i {
    let (low, high) = u128_halves(bytes);
    _mm256_cvtepi8_epi16(_mm_set_epi64x(high, low))
}

/// The bytes as two little-endian halves; with the caller one plain load.
#[inline(always)]
fn u128_halves(bytes: &[u8; STEP]) -> (i64, i64) {
    let value = u128::from_le_bytes(*bytes);
    (value as i64, (value >> 64) as i64)
}

/// The sum of the 8 lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn add_lanes(lanes: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256::<1>(lanes));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
}
