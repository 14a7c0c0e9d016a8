//! Fixed-point functions of gemmlowp: exponential, reciprocal, logistic, tanh.
//!
//! A number in Qm is a 32-bit integer in units of 2^(m − 31): m integer bits, a sign, the rest fraction. The functions
//! give the same bits as gemmlowp's `fixedpoint.h` does on plain 32-bit integers; TFLite's int8 LOGISTIC, TANH and
//! SOFTMAX are defined by them.

use crate::{rounding_divide_by_power_of_two, saturating_rounding_doubling_high_multiply};

/// The largest Q0 number: gemmlowp's stand-in for 1.
const ONE_Q0: i32 = i32::MAX;
/// 1 in Q2.
const ONE_Q2: i32 = 1 << 29;
/// e^(−1/8) in Q0.
const EXP_MINUS_EIGHTH: i32 = 1_895_147_668;
/// 1/3 in Q0.
const THIRD: i32 = 715_827_883;
/// 48/17 in Q2: first term of the best linear estimate of 1/d over 1/2 ..= 1.
const FORTY_EIGHT_SEVENTEENTHS_Q2: i32 = 1_515_870_810;
/// −32/17 in Q2: second term.
const MINUS_THIRTY_TWO_SEVENTEENTHS_Q2: i32 = -1_010_580_540;
/// e^(−2^k) in Q0 for k = −2 ..= 4.
const EXP_MINUS_POWERS: [i32; 7] = [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242];

#[inline(always)]
fn multiply(a: i32, b: i32) -> i32 {
    saturating_rounding_doubling_high_multiply(a, b)
}

/// x × 2^exponent, saturated; `exponent` in 1..=30.
#[inline(always)]
fn saturating_shift_left(x: i32, exponent: u32) -> i32 {
    let threshold = (1i32 << (31 - exponent)) - 1;
    if x > threshold {
        i32::MAX
    } else if x < -threshold {
        i32::MIN
    } else {
        x << exponent
    }
}

/// e^x for x in −1/4 .. 0, Q0 to Q0: Taylor's series to the fourth power around −1/8.
#[inline(always)]
fn exp_between_minus_quarter_and_zero(a: i32) -> i32 {
    let x = a.wrapping_add(1 << 28);
    let x2 = multiply(x, x);
    let x3 = multiply(x2, x);
    let x4 = multiply(x2, x2);
    let x4_over_4 = rounding_divide_by_power_of_two(x4, 2);
    let cubic_up = multiply(x4_over_4.wrapping_add(x3), THIRD).wrapping_add(x2);
    let tail = rounding_divide_by_power_of_two(cubic_up, 1);
    EXP_MINUS_EIGHTH.wrapping_add(multiply(EXP_MINUS_EIGHTH, x.wrapping_add(tail)))
}

/// e^x of a number not above 0 with `INTEGER_BITS` integer bits (2 to 5), in Q0; e^0 is the largest Q0 number.
///
/// The argument is split into a multiple of 1/4, whose bits pick constant factors, and a rest in −1/4 .. 0.
#[inline]
pub fn exp_on_negative_values<const INTEGER_BITS: u32>(a: i32) -> i32 {
    if a == 0 {
        return ONE_Q0;
    }
    let fraction_bits = 31 - INTEGER_BITS;
    let quarter = 1i32 << (fraction_bits - 2);
    let rest = (a & (quarter - 1)) - quarter;
    let mut result = exp_between_minus_quarter_and_zero(rest << INTEGER_BITS);
    let multiple = rest.wrapping_sub(a);
    let bits = (fraction_bits - 2)..31;
    for (bit, factor) in bits.zip(EXP_MINUS_POWERS) {
        if multiple & (1 << bit) != 0 {
            result = multiply(result, factor);
        }
    }
    result
}

/// 2 / (1 + x) in Q2 for x in 0 ..= 1 (Q0): three Newton steps from the linear estimate.
#[inline(always)]
fn two_over_one_plus_x_q2(a: i32) -> i32 {
    let sum = a as i64 + ONE_Q0 as i64;
    let half_denominator = ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32;
    let mut x = FORTY_EIGHT_SEVENTEENTHS_Q2.wrapping_add(multiply(half_denominator, MINUS_THIRTY_TWO_SEVENTEENTHS_Q2));
    for _ in 0..3 {
        let error = ONE_Q2.wrapping_sub(multiply(half_denominator, x));
        x = x.wrapping_add(saturating_shift_left(multiply(x, error), 2));
    }
    x
}

/// 1 / (1 + x) for x in 0 ..= 1, Q0 to Q0.
#[inline]
pub fn one_over_one_plus_x(a: i32) -> i32 {
    saturating_shift_left(two_over_one_plus_x_q2(a), 1)
}

/// (1 − x) / (1 + x) for x in 0 ..= 1, Q0 to Q0.
#[inline]
pub fn one_minus_x_over_one_plus_x(a: i32) -> i32 {
    saturating_shift_left(two_over_one_plus_x_q2(a).wrapping_sub(ONE_Q2), 2)
}

/// 1 / (1 + e^−x) of a number with 4 integer bits, in Q0.
pub fn logistic_q4(a: i32) -> i32 {
    if a == 0 {
        return 1 << 30;
    }
    let negative_magnitude = if a > 0 { a.wrapping_neg() } else { a };
    let positive = one_over_one_plus_x(exp_on_negative_values::<4>(negative_magnitude));
    if a > 0 { positive } else { ONE_Q0 - positive }
}

/// tanh of a number with 4 integer bits, in Q0.
pub fn tanh_q4(a: i32) -> i32 {
    if a == 0 {
        return 0;
    }
    let negative_magnitude = if a > 0 { a.wrapping_neg() } else { a };
    // Read with one integer bit more, the same bits are twice the number: tanh x = (1 − e^−2x) / (1 + e^−2x).
    let magnitude = one_minus_x_over_one_plus_x(exp_on_negative_values::<5>(negative_magnitude));
    if a > 0 { magnitude } else { magnitude.wrapping_neg() }
}

/// 1 / x of a positive number with `integer_bits` integer bits: (reciprocal of x scaled into 1 .. 2 in Q0, power of two
/// by which x was above 1). The product of both, mantissa × 2^−power, is 1 / x. x of 0 gives a meaningless number.
#[inline]
pub fn reciprocal(x: i32, integer_bits: u32) -> (i32, i32) {
    let headroom = (x as u32).leading_zeros();
    let bits_over_unit = integer_bits as i32 - headroom as i32;
    let minus_one = (x as u32).wrapping_shl(headroom).wrapping_sub(1 << 31) as i32;
    (one_over_one_plus_x(minus_one), bits_over_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const Q0: f64 = (1u64 << 31) as f64;

    #[test]
    fn exponential_is_close_over_its_range() {
        for step in 1..4000i32 {
            let a = -step * 53_000;
            let real = a as f64 / (1u64 << 26) as f64;
            let got = exp_on_negative_values::<5>(a) as f64 / Q0;
            assert!((got - libm::exp(real)).abs() < 3e-6, "e^{real} = {got}");
        }
        assert_eq!(exp_on_negative_values::<5>(0), i32::MAX);
        assert!(exp_on_negative_values::<5>(i32::MIN) < 4);
    }

    #[test]
    fn logistic_and_tanh_are_close_and_symmetric() {
        for step in -4000..4000i32 {
            let a = step * 500_000;
            let real = a as f64 / (1u64 << 27) as f64;
            let logistic = logistic_q4(a) as f64 / Q0;
            assert!((logistic - 1.0 / (1.0 + libm::exp(-real))).abs() < 3e-6, "logistic({real}) = {logistic}");
            let tanh = tanh_q4(a) as f64 / Q0;
            assert!((tanh - libm::tanh(real)).abs() < 3e-6, "tanh({real}) = {tanh}");
            assert_eq!(tanh_q4(-a), -tanh_q4(a));
        }
    }

    #[test]
    fn reciprocal_is_close() {
        for step in 1..4000u32 {
            let x = (step * 530_000) as i32;
            let (mantissa, power) = reciprocal(x, 12);
            let got = mantissa as f64 / Q0 / libm::exp2(power as f64);
            let wanted = (1u64 << 19) as f64 / x as f64;
            assert!((got / wanted - 1.0).abs() < 1e-6);
        }
    }
}
