//! A real multiplier as a 31-bit mantissa and a power of two.

/// mantissa × 2^(shift − 31): the form TFLite's quantisation specification gives real multipliers.
///
/// `mantissa` is 0 or in 2³⁰ ..= 2³¹ − 1; `shift` in −31 ..= 30 (positive shifts left).
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

    /// True when mantissa and shift are within their documented ranges.
    pub fn is_valid(self) -> bool {
        (self.mantissa == 0 || self.mantissa >= 1 << 30) && (-31..=30).contains(&self.shift)
    }
}
