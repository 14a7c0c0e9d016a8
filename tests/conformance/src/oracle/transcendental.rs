//! gemmlowp's fixed-point exponential, logistic and tanh, from its formulas; constants are computed, not copied.
//!
//! A fixed-point number with m integer bits is an integer in units of 2^(m − 31). Products are rounded half up and
//! divided by 2^31; gemmlowp rescales by powers of two half away from zero.

use super::fixed::{nearest_half_away, nearest_half_up};

const UNIT: f64 = (1u64 << 31) as f64;
const LARGEST: i128 = (1 << 31) - 1;

fn product(a: i128, b: i128) -> i128 {
    nearest_half_up(a * b, 31).min(LARGEST)
}

fn saturated(x: i128) -> i128 {
    x.clamp(-LARGEST - 1, LARGEST)
}

fn constant(real: f64, integer_bits: i32) -> i128 {
    (real * UNIT / 2f64.powi(integer_bits)).round() as i128
}

/// e^(raw × 2^(integer_bits − 31)) with no integer bits; `raw` not above 0.
pub(crate) fn exponential(raw: i128, integer_bits: u32) -> i128 {
    if raw == 0 {
        return LARGEST;
    }
    let quarter = 1i128 << (29 - integer_bits);
    // raw = fraction − whole, fraction in −1/4 .. 0 and whole a multiple of 1/4.
    let fraction = raw.rem_euclid(quarter) - quarter;
    let whole = fraction - raw;
    // Taylor around −1/8: c + c (x + x²/2 + x³/6 + x⁴/24).
    let centre = constant((-0.125f64).exp(), 0);
    let x = (fraction << integer_bits) + (1 << 28);
    let square = product(x, x);
    let cube = product(square, x);
    let fourth = product(square, square);
    let third = constant(1.0 / 3.0, 0);
    let tail = product(nearest_half_away(fourth, 2) + cube, third) + square;
    let mut result = saturated(centre + product(centre, x + nearest_half_away(tail, 1)));
    for power in -2..integer_bits as i32 {
        let step = quarter << (power + 2);
        if (whole / step) % 2 == 1 {
            result = product(result, constant((-2f64.powi(power)).exp(), 0));
        }
    }
    result
}

/// 2 / (1 + a) with two integer bits, a in 0 ..= 1: Newton's iteration from 48/17 − 32/17 d, d the halved denominator.
fn newton(a: i128) -> i128 {
    let denominator = (a + LARGEST + 1) / 2;
    let mut x = constant(48.0 / 17.0, 2) + product(denominator, constant(-32.0 / 17.0, 2));
    for _ in 0..3 {
        let error = (1 << 29) - product(denominator, x);
        x += saturated(product(x, error) << 2);
    }
    x
}

/// 1 / (1 + a), a in 0 ..= 1, no integer bits.
pub(crate) fn reciprocal_of_one_plus(a: i128) -> i128 {
    saturated(newton(a) << 1)
}

/// 1 / (1 + e^−x), x with four integer bits.
pub(crate) fn logistic(raw: i128) -> i128 {
    match raw {
        0 => 1 << 30,
        _ => {
            let positive = reciprocal_of_one_plus(exponential(-raw.abs(), 4));
            if raw > 0 { positive } else { LARGEST - positive }
        }
    }
}

/// tanh x, x with four integer bits: (1 − e^−2x) / (1 + e^−2x).
pub(crate) fn tanh(raw: i128) -> i128 {
    if raw == 0 {
        return 0;
    }
    let doubled = exponential(-raw.abs(), 5);
    let magnitude = saturated((newton(doubled) - (1 << 29)) << 2);
    magnitude * raw.signum()
}
