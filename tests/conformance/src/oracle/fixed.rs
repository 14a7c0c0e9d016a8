//! Requantisation from its definition, in exact integers.

use mote_graph::{Activation, Tensor};

/// A real multiplier as mantissa × 2^(exponent − 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Factor {
    pub mantissa: i64,
    pub exponent: i64,
}

/// `numerator` / 2^`bits` rounded to the nearest integer, halves upwards.
pub(crate) fn nearest_half_up(numerator: i128, bits: u32) -> i128 {
    if bits == 0 { numerator } else { (numerator + (1i128 << (bits - 1))).div_euclid(1i128 << bits) }
}

/// `numerator` / 2^`bits` rounded to the nearest integer, halves away from zero.
pub(crate) fn nearest_half_away(numerator: i128, bits: u32) -> i128 {
    numerator.signum() * nearest_half_up(numerator.abs(), bits)
}

/// The low 32 bits as a signed number.
pub(crate) fn wrap32(x: i128) -> i128 {
    (x + (1 << 31)).rem_euclid(1 << 32) - (1 << 31)
}

impl Factor {
    /// The nearest factor: 31 mantissa bits, halves away from zero; below 2^−32 it is zero.
    pub fn nearest(real: f64) -> Self {
        assert!(real.is_finite() && real >= 0.0, "a multiplier is finite and not negative");
        if real == 0.0 {
            return Self { mantissa: 0, exponent: 0 };
        }
        let mut exponent = 0i64;
        let mut fraction = real;
        while fraction >= 1.0 {
            fraction /= 2.0;
            exponent += 1;
        }
        while fraction < 0.5 {
            fraction *= 2.0;
            exponent -= 1;
        }
        // Exact: a double has 53 bits, and adding one half to 31 of them leaves room.
        let mut mantissa = (fraction * 2f64.powi(31) + 0.5).floor() as i64;
        if mantissa == 1 << 31 {
            mantissa = 1 << 30;
            exponent += 1;
        }
        if exponent < -31 { Self { mantissa: 0, exponent: 0 } } else { Self { mantissa, exponent } }
    }

    /// `x` times the factor, rounded twice: the doubled high product half up, the right shift half away from zero.
    /// A left shift comes first and wraps at 32 bits.
    pub fn apply(self, x: i64) -> i64 {
        let left = self.exponent.max(0) as u32;
        let shifted = wrap32(i128::from(x) << left);
        let high = nearest_half_up(shifted * i128::from(self.mantissa), 31);
        nearest_half_away(high, (-self.exponent).max(0) as u32) as i64
    }
}

/// Rounds to the nearest integer, halves away from zero, in the precision of a float32.
pub(crate) fn round_away(x: f32) -> i64 {
    let magnitude = f64::from(x.abs());
    let rounded = (magnitude + 0.5).floor() as i64;
    if x < 0.0 { -rounded } else { rounded }
}

/// Stored range that a fused activation leaves of an int8 or int16 tensor.
pub(crate) fn activation_range(activation: Activation, output: &Tensor) -> (i64, i64) {
    let scale = super::scale(output);
    let stored = |real: f32| super::zero_point(output) + round_away(real / scale);
    let (least, greatest) = super::convert::range(output.element_type);
    match activation {
        Activation::None => (least, greatest),
        Activation::Relu => (stored(0.0).max(least), greatest),
        Activation::Relu6 => (stored(0.0).max(least), stored(6.0).min(greatest)),
        Activation::ReluN1To1 => (stored(-1.0).max(least), stored(1.0).min(greatest)),
    }
}

/// Real range of a fused activation.
pub(crate) fn activation_reals(activation: Activation) -> (f64, f64) {
    match activation {
        Activation::None => (f64::NEG_INFINITY, f64::INFINITY),
        Activation::Relu => (0.0, f64::INFINITY),
        Activation::Relu6 => (0.0, 6.0),
        Activation::ReluN1To1 => (-1.0, 1.0),
    }
}

/// `x` within a range; the lower bound wins nothing over the upper when they cross, as max then min does.
pub(crate) fn within(x: i64, (low, high): (i64, i64)) -> i64 {
    x.max(low).min(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_by_hand() {
        assert_eq!((nearest_half_up(3, 1), nearest_half_up(-3, 1)), (2, -1));
        assert_eq!((nearest_half_away(3, 1), nearest_half_away(-3, 1)), (2, -2));
        assert_eq!(Factor::nearest(0.5), Factor { mantissa: 1 << 30, exponent: 0 });
        assert_eq!(Factor::nearest(0.75).apply(-2), -1, "-1.5 goes half up to -1 in the high product");
        assert_eq!(Factor::nearest(0.25).apply(-2), -1, "-1 of the high product halves to -0.5, away from zero");
        assert_eq!(Factor::nearest(4.0).apply(100), 400);
    }
}
