//! A float64 multiplier applied with integers, to the bits that float64 arithmetic gives.

/// A positive float64 factor, as LiteRT's FULLY_CONNECTED keeps it: accumulator × factor is computed in float64 (whose
/// product is itself rounded to 53 bits) and rounded to the nearest integer, half away from zero.
///
/// Done here with integers, so that devices without float64 give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealMultiplier {
    /// Integer mantissa, below 2⁵³.
    mantissa: u64,
    /// Power of two of the mantissa's lowest bit.
    exponent: i32,
}

impl RealMultiplier {
    /// From the bits of a float64; none unless it is finite and not negative.
    #[inline]
    pub fn from_bits(bits: u64) -> Option<Self> {
        let raw_exponent = (bits >> 52) as i32;
        let fraction = bits & ((1 << 52) - 1);
        match raw_exponent {
            0 => Some(Self { mantissa: fraction, exponent: -1074 }),
            // The sign bit would stand at 0x800; 0x7FF is infinity or no number.
            1..=0x7FE => Some(Self { mantissa: fraction | 1 << 52, exponent: raw_exponent - 1075 }),
            _ => None,
        }
    }

    /// `accumulator` × factor, rounded as described; saturates at the ends of i32.
    pub fn apply(self, accumulator: i32) -> i32 {
        let product = round_to_53_bits(accumulator.unsigned_abs() as u128 * self.mantissa as u128);
        let magnitude = match self.exponent {
            0.. => {
                // The product is below 2⁸⁵: 43 places are the most that fit, and any of them saturates.
                if self.exponent > 40 && product != 0 { u128::MAX } else { product << self.exponent.clamp(0, 40) }
            }
            -100..=-1 => {
                let places = self.exponent.unsigned_abs();
                (product + (1 << (places - 1))) >> places
            }
            _ => 0,
        };
        let limited = magnitude.min(1 << 31) as i64;
        let signed = if accumulator < 0 { -limited } else { limited };
        signed.clamp(i32::MIN as i64, i32::MAX as i64) as i32
    }
}

/// The nearest integer with 53 significant bits, ties to even: float64's own rounding of a product.
fn round_to_53_bits(product: u128) -> u128 {
    let surplus = (128 - product.leading_zeros()).saturating_sub(53);
    if surplus == 0 {
        return product;
    }
    let kept = product >> surplus;
    let rest = product & ((1 << surplus) - 1);
    let half = 1 << (surplus - 1);
    let up = rest > half || (rest == half && kept & 1 == 1);
    (kept + up as u128) << surplus
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_float(accumulator: i32, factor: f64) -> i32 {
        libm::round(accumulator as f64 * factor) as i32
    }

    #[test]
    fn equals_float64_arithmetic() {
        let mut state = 0x1234_5678_9ABC_DEF1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..400_000 {
            // Factors from 2⁻⁴⁰ to 2⁸, half of them with few bits, so that ties occur.
            let exponent = 1023 - 40 + next() % 48;
            let fraction = if next() & 1 == 0 { next() >> 12 } else { (next() >> 60) << 48 };
            let bits = exponent << 52 | fraction;
            let accumulator = (next() as i32) >> (next() % 32);
            let factor = f64::from_bits(bits);
            let ours = RealMultiplier::from_bits(bits).unwrap().apply(accumulator);
            assert_eq!(ours, by_float(accumulator, factor), "{accumulator} x {factor:e}");
        }
    }

    #[test]
    fn extremes_and_ties() {
        let apply = |accumulator, factor: f64| RealMultiplier::from_bits(factor.to_bits()).unwrap().apply(accumulator);
        assert_eq!(apply(1, 0.5), 1);
        assert_eq!(apply(-1, 0.5), -1);
        assert_eq!(apply(3, 0.5), 2);
        assert_eq!(apply(i32::MIN, 1.0), i32::MIN);
        assert_eq!(apply(i32::MIN, 1e30), i32::MIN);
        assert_eq!(apply(i32::MAX, 4.0), i32::MAX);
        assert_eq!(apply(i32::MAX, 1e-300), 0);
        assert_eq!(apply(7, f64::MIN_POSITIVE / 4.0), 0);
        assert_eq!(RealMultiplier::from_bits(f64::NAN.to_bits()), None);
        assert_eq!(RealMultiplier::from_bits((-1.0f64).to_bits()), None);
        assert_eq!(RealMultiplier::from_bits(f64::INFINITY.to_bits()), None);
    }
}
