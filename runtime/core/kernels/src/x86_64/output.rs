//! From accumulators to int8 outputs in AVX2, eight channels by one instruction sequence.

use crate::ChannelBlock;
use crate::arguments::WeightedI8;
use core::arch::x86_64::*;

/// Lanes of one vector.
const LANES: usize = 8;

/// Requantises, clamps and narrows a block whose size is a multiple of 8, as
/// [`crate::generic::output::finish_block`] does.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn finish<const CHANNELS: usize>(
    accumulators: &[i32; CHANNELS],
    block: &ChannelBlock<CHANNELS>,
    weighted: &WeightedI8,
) -> [u8; CHANNELS] {
    let mut values = [0; CHANNELS];
    let (slots, _) = values.as_chunks_mut::<LANES>();
    let (accumulators, _) = accumulators.as_chunks::<LANES>();
    let (mantissas, _) = block.mantissas.as_chunks::<LANES>();
    let (shifts, _) = block.shifts.as_chunks::<LANES>();
    let constants = mantissas.iter().zip(shifts);
    for ((slot, accumulators), (mantissas, shifts)) in slots.iter_mut().zip(accumulators).zip(constants) {
        let scaled = requantize(lanes(accumulators), lanes(mantissas), bytes_to_lanes(shifts));
        let moved = _mm256_add_epi32(scaled, _mm256_set1_epi32(weighted.output_zero_point));
        let raised = _mm256_max_epi32(moved, _mm256_set1_epi32(weighted.activation_minimum));
        let clamped = _mm256_min_epi32(raised, _mm256_set1_epi32(weighted.activation_maximum));
        let halves = _mm_packs_epi32(_mm256_castsi256_si128(clamped), _mm256_extracti128_si256::<1>(clamped));
        *slot = _mm_cvtsi128_si64(_mm_packs_epi16(halves, halves)).to_le_bytes();
    }
    values
}

/// [`mote_numbers::requantize`] on each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn requantize(accumulators: __m256i, mantissas: __m256i, shifts: __m256i) -> __m256i {
    let zero = _mm256_setzero_si256();
    let left = _mm256_max_epi32(shifts, zero);
    let right = _mm256_max_epi32(_mm256_sub_epi32(zero, shifts), zero);
    let scaled = _mm256_sllv_epi32(accumulators, left);

    // Mantissas are not negative, so the product never saturates. Even lanes end in the low halves of 64-bit lanes,
    // odd lanes in the high ones.
    let half = _mm256_set1_epi64x(1 << 30);
    let even = _mm256_add_epi64(_mm256_mul_epi32(scaled, mantissas), half);
    let odd = _mm256_mul_epi32(_mm256_srli_epi64::<32>(scaled), _mm256_srli_epi64::<32>(mantissas));
    let odd = _mm256_add_epi64(odd, half);
    let high = _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<31>(even), _mm256_slli_epi64::<1>(odd));

    let one = _mm256_set1_epi32(1);
    let mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
    let remainder = _mm256_and_si256(high, mask);
    let negative = _mm256_srli_epi32::<31>(high);
    let threshold = _mm256_add_epi32(_mm256_srli_epi32::<1>(mask), negative);
    // A comparison that holds is −1.
    _mm256_sub_epi32(_mm256_srav_epi32(high, right), _mm256_cmpgt_epi32(remainder, threshold))
}

/// Eight values as a vector; with the caller one plain load.
#[inline]
#[target_feature(enable = "avx2")]
fn lanes(values: &[i32; LANES]) -> __m256i {
    let [a, b, c, d, e, f, g, h] = *values;
    _mm256_setr_epi32(a, b, c, d, e, f, g, h)
}

/// Eight signed bytes, widened.
#[inline]
#[target_feature(enable = "avx2")]
fn bytes_to_lanes(values: &[i8; LANES]) -> __m256i {
    let bytes = values.map(|value| value as u8);
    _mm256_cvtepi8_epi32(_mm_cvtsi64_si128(i64::from_le_bytes(bytes)))
}
