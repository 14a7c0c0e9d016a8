//! A real multiplier as a 31-bit mantissa and a power of two.

/// mantissa × 2^(shift − 31): the form TFLite's quantisation specification gives real multipliers.
///
/// `mantissa` is not negative; `shift` in −31 ..= 30 (positive shifts left). Mantissas of 2³⁰ and more (normalised) hold
/// a real number best; with a smaller one and without a right shift, [`crate::requantize`] rounds once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    /// Mantissa in units of 2⁻³¹.
    pub mantissa: i32,
    /// Power of two; positive shifts left.
    pub shift: i8,
}

impl Multiplier {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, shift: 0 };

    /// The multiplier nearest to `real`, as TFLite's QuantizeMultiplier chooses it: mantissa rounded half away from
    /// zero, renormalised when it reaches 2³¹; below 2⁻³² flushed to zero; `real` must be finite and not negative.
    pub fn from_real(real: f64) -> Self {
        if real <= 0.0 || !real.is_finite() {
            return Self::ZERO;
        }
        let (fraction, mut exponent) = libm::frexp(real);
        let mut mantissa = libm::round(fraction * (1i64 << 31) as f64) as i64;
        if mantissa == 1 << 31 {
            mantissa /= 2;
            exponent += 1;
        }
        if exponent < -31 {
            return Self::ZERO;
        }
        if exponent > 30 {
            return Self { mantissa: i32::MAX, shift: 30 };
        }
        Self { mantissa: mantissa as i32, shift: exponent as i8 }
    }

    /// A multiplier for `real` by which [`crate::requantize`] rounds once, halves up, as nearly as 31 bits allow.
    ///
    /// Its mantissa is not normalised, so that nothing is left to shift right. What that loses in precision shows in one
    /// of 2^(26 − e) outputs for a real number of 2^−e, what the second rounding changes in one of 2^(e + 1): below 2^−13
    /// it is the normalised multiplier.
    pub fn rounding_once(real: f64) -> Self {
        let normalised = Self::from_real(real);
        if !(-12..0).contains(&normalised.shift) {
            return normalised;
        }
        Self { mantissa: libm::round(real * (1u32 << 31) as f64) as i32, shift: 0 }
    }

    /// True when mantissa and shift are within their documented ranges.
    pub fn is_valid(self) -> bool {
        self.mantissa >= 0 && (-31..=30).contains(&self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact value of a multiplier in units of 2⁻⁶², which every shift of −31 or more fits.
    fn exact(multiplier: Multiplier) -> i128 {
        i128::from(multiplier.mantissa) << (multiplier.shift as i32 + 31)
    }

    #[test]
    fn nearest_multiplier_of_a_real() {
        let mut state = 0x5EED_2001u64;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let significand = (1u64 << 52) | (state >> 12);
            let exponent = ((state >> 7) % 60) as i32 - 31;
            // real = significand × 2^(exponent − 53), in [2^(exponent − 1), 2^exponent).
            let real = significand as f64 * libm::ldexp(1.0, exponent - 53);
            let multiplier = Multiplier::from_real(real);
            assert!(multiplier.is_valid(), "{real}: {multiplier:?}");
            // Half a unit of a 31-bit mantissa, both in units of 2^(exponent − 84).
            let scaled = i128::from(significand) << 31;
            let found = i128::from(multiplier.mantissa) << (53 + multiplier.shift as i32 - exponent);
            assert!((scaled - found).abs() <= 1 << 52, "{real}: {multiplier:?}");
        }
    }

    #[test]
    fn one_rounding_is_that_of_exact_arithmetic() {
        let mut state = 0x5EED_2002u64;
        let (mut outputs, mut once, mut twice) = (0, 0, 0);
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // From 2⁻¹¹ to 2, and a sum whose output fits eight bits.
            let real = libm::ldexp(1.0 + (state >> 12) as f64 / (1u64 << 52) as f64, (state % 12) as i32 - 11);
            let sum = ((state >> 33) as i32).rem_euclid((255.0 / real) as i32) - (127.0 / real) as i32;
            let exact = libm::floor(sum as f64 * real + 0.5) as i32;
            let rounded = crate::requantize(sum, Multiplier::rounding_once(real));
            assert!((rounded - exact).abs() <= 1);
            outputs += 1;
            once += i32::from(rounded != exact);
            twice += i32::from(crate::requantize(sum, Multiplier::from_real(real)) != exact);
        }
        assert!(once * 2000 < outputs && twice > 20 * once, "{once} and {twice} of {outputs}");
    }

    #[test]
    fn edges() {
        let of = Multiplier::from_real;
        assert_eq!(of(0.0), Multiplier::ZERO);
        assert_eq!(of(-1.0), Multiplier::ZERO);
        assert_eq!(of(f64::NAN), Multiplier::ZERO);
        assert_eq!(of(f64::INFINITY), Multiplier::ZERO);
        assert_eq!(of(1.0), Multiplier { mantissa: 1 << 30, shift: 1 });
        assert_eq!(of(0.5), Multiplier { mantissa: 1 << 30, shift: 0 });
        // Rounds up to a power of two and is renormalised.
        assert_eq!(of(1.0 - 1e-12), Multiplier { mantissa: 1 << 30, shift: 1 });
        assert_eq!(of(libm::ldexp(1.0, -32)), Multiplier { mantissa: 1 << 30, shift: -31 });
        assert_eq!(of(libm::ldexp(1.0, -33)), Multiplier::ZERO);
        assert_eq!(of(libm::ldexp(1.0, 40)), Multiplier { mantissa: i32::MAX, shift: 30 });
        assert_eq!(exact(of(0.75)), 3 << 60);
        assert!(!Multiplier { mantissa: -1, shift: 0 }.is_valid());
        assert!(!Multiplier { mantissa: -(1 << 30), shift: 0 }.is_valid());
        assert!(!Multiplier { mantissa: 1 << 30, shift: 31 }.is_valid());
        assert!(!Multiplier { mantissa: 1 << 30, shift: -32 }.is_valid());
    }
}
