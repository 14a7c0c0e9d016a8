//! Requantisation of 64-bit sums: what TFLite does with int16 activations.

use crate::Multiplier;

/// Sums of this magnitude and more leave the range that [`requantize_wide`] is made for.
pub const WIDE_SUM_LIMIT: i64 = 1 << 47;

/// `accumulator` × `multiplier`, rounded once, half up, after the mantissa has been rounded to 15 bits: the 64-bit form
/// of TFLite's MultiplyByQuantizedMultiplier.
///
/// For sums below [`WIDE_SUM_LIMIT`] in magnitude and multipliers that are [`Multiplier::is_valid_wide`]: sum × 15 bits
/// stays below 2⁶², and the half added below 2⁴⁶. A result beyond 32 bits is cut to its low 32 bits, as the reference's is.
#[inline]
pub fn requantize_wide(accumulator: i64, multiplier: Multiplier) -> i32 {
    let shift = (15 - multiplier.shift as i32) as u32 & 63;
    let half = 1i64.wrapping_shl(shift.wrapping_sub(1));
    let product = accumulator.wrapping_mul(short_mantissa(multiplier.mantissa) as i64);
    (product.wrapping_add(half) >> shift) as i32
}

/// A 31-bit mantissa in units of 2⁻¹⁵, rounded half up, at most 2¹⁵ − 1.
#[inline]
fn short_mantissa(mantissa: i32) -> i32 {
    if mantissa < 0x7FFF_0000 { mantissa.wrapping_add(1 << 15) >> 16 } else { 0x7FFF }
}

impl Multiplier {
    /// True when [`requantize_wide`] takes it: mantissa as ever, shift in −31 ..= 7.
    pub fn is_valid_wide(self) -> bool {
        self.is_valid() && self.shift <= 7
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rounding_half_up_in_exact_arithmetic() {
        let mut state = 0x5EED_3001u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..1_000_000 {
            let shift = (next() % 39) as i8 - 31;
            let mantissa = match next() % 8 {
                0 => 0,
                1 => 1 << 30,
                2 => i32::MAX,
                3 => 0x7FFE_FFFF + (next() % 3) as i32,
                _ => (1 << 30) | (next() >> 34) as i32,
            };
            let any = (next() as i64 >> 16) >> (next() % 47);
            let sum =
                if next() % 8 == 0 { [WIDE_SUM_LIMIT - 1, -WIDE_SUM_LIMIT, 0][(next() % 3) as usize] } else { any };
            let multiplier = Multiplier { mantissa, shift };
            assert!(multiplier.is_valid_wide());
            // mantissa / 2¹⁶ to the nearest integer, half up, at most 2¹⁵ − 1.
            let short = (2 * i128::from(mantissa) + (1 << 16)).div_euclid(1 << 17).min(0x7FFF);
            let places = 15 - i32::from(shift);
            let exact = (2 * i128::from(sum) * short + (1i128 << places)).div_euclid(2i128 << places);
            assert_eq!(requantize_wide(sum, multiplier), exact as i32, "{sum} × {multiplier:?}");
        }
    }

    #[test]
    fn shifts_past_seven_are_not_valid() {
        assert!(Multiplier { mantissa: 1 << 30, shift: 7 }.is_valid_wide());
        assert!(!Multiplier { mantissa: 1 << 30, shift: 8 }.is_valid_wide());
        assert!(!Multiplier { mantissa: -(1 << 30), shift: 0 }.is_valid_wide());
    }
}
