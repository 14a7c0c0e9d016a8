//! Softmax over the last axis.

use crate::arguments::{SoftmaxF32, SoftmaxI8, SoftmaxParameters};
use crate::blocks::each_block;
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::{
    exp_on_negative_values, reciprocal, rounding_divide_by_power_of_two, saturating_rounding_doubling_high_multiply,
};

/// Integer bits of the sum of exponentials.
const SUM_INTEGER_BITS: u32 = 12;

/// e^(scaled difference) in Q0 of a difference from the row's largest, or none when it is too small to count.
#[inline(always)]
pub(crate) fn exponential(difference: i32, parameters: &SoftmaxParameters) -> Option<i32> {
    if difference < parameters.difference_min {
        return None;
    }
    let shifted = difference.wrapping_mul(1i32.wrapping_shl(parameters.left_shift as u32));
    Some(exp_on_negative_values::<5>(saturating_rounding_doubling_high_multiply(shifted, parameters.mantissa)))
}

/// Adds an exponential to the sum, in Q12.
#[inline(always)]
pub(crate) fn accumulate(sum: i32, exponential: i32) -> i32 {
    sum.wrapping_add(rounding_divide_by_power_of_two(exponential, SUM_INTEGER_BITS))
}

/// The output for an exponential: (exponential / sum) × 256 − 128, clamped.
///
/// Shifts past 31 bits, which rows with a sum of 512 or more bring about, leave nothing but the smallest output.
#[inline(always)]
pub(crate) fn share(exponential: Option<i32>, (scale, bits_over_unit): (i32, i32)) -> i8 {
    let Some(exponential) = exponential else { return i8::MIN };
    let shift = bits_over_unit.wrapping_add(31 - 8);
    if !(0..=31).contains(&shift) {
        return i8::MIN;
    }
    let product = saturating_rounding_doubling_high_multiply(scale, exponential);
    let unsigned = rounding_divide_by_power_of_two(product, shift as u32);
    unsigned.wrapping_sub(128).clamp(-128, 127) as i8
}

/// Factor and shift of the reciprocal of a sum of exponentials.
#[inline(always)]
pub(crate) fn sum_reciprocal(sum: i32) -> (i32, i32) {
    reciprocal(sum, SUM_INTEGER_BITS)
}

/// SOFTMAX on int8. Exponentials are computed twice rather than kept.
pub fn softmax_i8(memory: &mut Memory<'_>, arguments: &SoftmaxI8, units: Range<usize>) -> Result<(), Fault> {
    let &SoftmaxI8 { input, output, depth, parameters } = arguments;
    for unit in units {
        let start = unit.checked_mul(depth).ok_or(Fault)?;
        let row = memory.read(input.part(start, depth)?)?;
        let largest = row.iter().fold(i8::MIN, |largest, &byte| largest.max(byte as i8)) as i32;
        let sum = row.iter().fold(0, |sum, &byte| {
            exponential((byte as i8 as i32).wrapping_sub(largest), &parameters).map_or(sum, |e| accumulate(sum, e))
        });
        let reciprocal = sum_reciprocal(sum);
        each_block(memory, input, output, start..start.wrapping_add(depth), |from, to| {
            for (to, &byte) in to.iter_mut().zip(from) {
                let e = exponential((byte as i8 as i32).wrapping_sub(largest), &parameters);
                *to = share(e, reciprocal) as u8;
            }
        })?;
    }
    Ok(())
}

/// SOFTMAX on float32.
pub fn softmax_f32(memory: &mut Memory<'_>, arguments: &SoftmaxF32, units: Range<usize>) -> Result<(), Fault> {
    let &SoftmaxF32 { input, output, depth, beta } = arguments;
    let bytes = depth.checked_mul(4).ok_or(Fault)?;
    for unit in units {
        let start = unit.checked_mul(bytes).ok_or(Fault)?;
        let row = memory.read(input.part(start, bytes)?)?.as_chunks::<4>().0;
        let largest = row.iter().fold(f32::MIN, |largest, bytes| largest.max(f32::from_le_bytes(*bytes)));
        let exponential = |bytes: &[u8; 4]| libm::expf((f32::from_le_bytes(*bytes) - largest) * beta);
        let sum = row.iter().fold(0f32, |sum, bytes| sum + exponential(bytes));
        each_block(memory, input, output, start..start.wrapping_add(bytes), |from, to| {
            for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from.as_chunks::<4>().0) {
                *to = (exponential(from) / sum).to_le_bytes();
            }
        })?;
    }
    Ok(())
}
