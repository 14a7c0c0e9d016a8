//! Requantisation: a 32-bit accumulator times a real multiplier, rounded.

use crate::Multiplier;

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

/// `accumulator` × `multiplier`, rounded twice as gemmlowp does: the doubled high product half-up, then the right shift
/// half away from zero.
///
/// A left shift (multiplier of 1 or more) wraps on overflow of 32 bits, as the reference's does.
#[inline(always)]
pub fn requantize(accumulator: i32, multiplier: Multiplier) -> i32 {
    let shift = multiplier.shift as i32;
    let left = shift.max(0) as u32;
    let right = (-shift).max(0) as u32;
    let scaled = accumulator.wrapping_shl(left);
    let high = saturating_rounding_doubling_high_multiply(scaled, multiplier.mantissa);
    rounding_divide_by_power_of_two(high, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small seeded generator (xorshift64*).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
        }

        /// An accumulator: any, small, or at an edge.
        fn value(&mut self) -> i32 {
            let any = (self.next() >> 32) as i32;
            match self.next() >> 61 {
                0 => any >> 20,
                1 => [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX, 1 << 30][(self.next() >> 61) as usize],
                2 => 1i32.wrapping_shl((self.next() >> 59) as u32).wrapping_add(any.rem_euclid(3) - 1),
                _ => any,
            }
        }

        /// A multiplier in its documented range, often at its edges and often with few bits, so that ties occur.
        fn multiplier(&mut self) -> Multiplier {
            let any = (self.next() >> 34) as i32;
            let mantissa = match self.next() >> 61 {
                0 => 0,
                1 => 1 << 30,
                2 => i32::MAX,
                3 => (1 << 30) | (any & 0x3F00_0000),
                _ => (1 << 30) | any,
            };
            Multiplier { mantissa, shift: (self.next() % 62) as i8 - 31 }
        }
    }

    /// numerator / 2^exponent rounded to nearest, ties away from zero, in exact arithmetic.
    fn nearest_away(numerator: i128, exponent: u32) -> i128 {
        if exponent == 0 {
            return numerator;
        }
        let magnitude = (numerator.abs() + (1 << (exponent - 1))) >> exponent;
        if numerator < 0 { -magnitude } else { magnitude }
    }

    /// numerator / 2^exponent rounded to nearest, ties towards +∞, in exact arithmetic.
    fn nearest_up(numerator: i128, exponent: u32) -> i128 {
        (2 * numerator + (1 << exponent)).div_euclid(2 << exponent)
    }

    #[test]
    fn doubling_high_product_is_exact() {
        let mut random = Random(0x5EED_1001);
        for _ in 0..2_000_000 {
            let (a, b) = (random.value(), random.value());
            let exact = nearest_up(i128::from(a) * i128::from(b), 31).min(i32::MAX.into());
            assert_eq!(i128::from(saturating_rounding_doubling_high_multiply(a, b)), exact, "{a} × {b}");
        }
    }

    #[test]
    fn right_shift_rounds_half_away_from_zero() {
        let mut random = Random(0x5EED_1002);
        for _ in 0..2_000_000 {
            let (x, exponent) = (random.value(), (random.next() % 32) as u32);
            let exact = nearest_away(x.into(), exponent);
            assert_eq!(i128::from(rounding_divide_by_power_of_two(x, exponent)), exact, "{x} >> {exponent}");
        }
    }

    #[test]
    fn double_rounding_rounds_twice() {
        let mut random = Random(0x5EED_1003);
        for _ in 0..2_000_000 {
            let (x, multiplier) = (random.value(), random.multiplier());
            let shift = i32::from(multiplier.shift);
            let left = (i128::from(x) << shift.max(0)) as i32;
            let high = nearest_up(i128::from(left) * i128::from(multiplier.mantissa), 31);
            let exact = nearest_away(high, (-shift).max(0) as u32);
            assert_eq!(i128::from(requantize(x, multiplier)), exact, "{x} × {multiplier:?}");
        }
    }
}
