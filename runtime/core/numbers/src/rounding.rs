//! Requantisation: a 32-bit accumulator times a real multiplier, rounded.

use crate::Multiplier;

/// How a product with a [`Multiplier`] is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Twice, as gemmlowp does: the doubled high product half-up, then the right shift half away from zero.
    /// TensorFlow Lite Micro's reference kernels, everywhere.
    Double,
    /// Once, half-up on the whole product: LiteRT's FULLY_CONNECTED.
    Single,
}

/// The high 32 bits of 2·a·b, rounded to nearest; saturates for a = b = −2³¹ (gemmlowp's primitive).
///
/// Equals floor((a·b + 2³⁰) / 2³¹) for every other pair.
#[inline(always)]
pub fn saturating_rounding_doubling_high_multiply(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    ((a as i64 * b as i64 + (1 << 30)) >> 31) as i32
}

/// x / 2^exponent, rounded to nearest, half away from zero. `exponent` in 0..=31.
#[inline(always)]
pub fn rounding_divide_by_power_of_two(x: i32, exponent: u32) -> i32 {
    let mask = 1i32.wrapping_shl(exponent).wrapping_sub(1);
    let remainder = x & mask;
    let threshold = (mask >> 1) + (x < 0) as i32;
    (x >> (exponent & 31)) + (remainder > threshold) as i32
}

/// `accumulator` × `multiplier`, rounded as `rounding` says.
///
/// A left shift (multiplier of 1 or more) wraps on overflow of 32 bits under [`Rounding::Double`], as the reference's
/// does.
#[inline(always)]
pub fn requantize(accumulator: i32, multiplier: Multiplier, rounding: Rounding) -> i32 {
    let shift = multiplier.shift as i32;
    match rounding {
        Rounding::Double => {
            let left = shift.max(0) as u32;
            let right = (-shift).max(0) as u32;
            let scaled = accumulator.wrapping_shl(left);
            let high = saturating_rounding_doubling_high_multiply(scaled, multiplier.mantissa);
            rounding_divide_by_power_of_two(high, right)
        }
        Rounding::Single => {
            let total = (31 - shift).clamp(1, 62) as u32;
            let product = accumulator as i64 * multiplier.mantissa as i64;
            (product.wrapping_add(1i64 << (total - 1)) >> total) as i32
        }
    }
}
