//! Unary int8 operators as functions of one value: what compilers fill 256-entry tables with, and the definition of
//! those operators. Formulas are those of TensorFlow Lite Micro's reference kernels.

mod int16;

pub use int16::{logistic_u16, softmax_exponentials_i16, softmax_reciprocals_i16};

use crate::prepare::{HardSwishParameters, LeakyReluParameters, Quantization, ReluParameters, SaturatingParameters};
use mote_numbers::{logistic_q4, requantize, rounding_divide_by_power_of_two, tanh_q4};

/// The 256 outputs of `function`, in the order of the input byte read as unsigned: entry 0 is for 0, entry 128 for −128.
pub fn table_of_i8(function: impl Fn(i8) -> i8) -> [u8; 256] {
    core::array::from_fn(|byte| function(byte as u8 as i8) as u8)
}

/// LOGISTIC: output scale 1/256, zero point −128.
pub fn logistic_i8(x: i8, parameters: &SaturatingParameters) -> i8 {
    saturating(x, parameters, |scaled| {
        rounding_divide_by_power_of_two(logistic_q4(scaled), 31 - 8).wrapping_add(-128).clamp(-128, 127) as i8
    })
}

/// TANH: output scale 1/128, zero point 0.
pub fn tanh_i8(x: i8, parameters: &SaturatingParameters) -> i8 {
    saturating(x, parameters, |scaled| rounding_divide_by_power_of_two(tanh_q4(scaled), 31 - 7).clamp(-128, 127) as i8)
}

/// The limits far from the zero point, else `function` of the distance in Q4.
fn saturating(x: i8, parameters: &SaturatingParameters, function: impl Fn(i32) -> i8) -> i8 {
    let distance = x as i32 - parameters.input_zero_point as i32;
    if distance <= parameters.radius.wrapping_neg() {
        i8::MIN
    } else if distance >= parameters.radius {
        i8::MAX
    } else {
        function(requantize(distance, parameters.multiplier))
    }
}

/// RELU and RELU_N1_TO_1 with a change of quantisation, and QUANTIZE from int8 to int8.
pub fn relu_i8(x: i8, parameters: &ReluParameters) -> i8 {
    rescale(x as i32, parameters) as i8
}

/// QUANTIZE from int8 to uint8.
pub fn requantize_i8_u8(x: i8, parameters: &ReluParameters) -> u8 {
    rescale(x as i32, parameters) as u8
}

/// QUANTIZE from uint8 to int8.
pub fn requantize_u8_i8(x: u8, parameters: &ReluParameters) -> i8 {
    rescale(x as i32, parameters) as i8
}

fn rescale(x: i32, p: &ReluParameters) -> i32 {
    let distance = x.wrapping_sub(p.input_zero_point);
    let output = requantize(distance, p.multiplier).wrapping_add(p.output_zero_point);
    output.max(p.activation_min).min(p.activation_max)
}

/// The stored value nearest to `function` of the input's real value, ties away from zero; a result that is no number is
/// the zero point.
pub fn real_function_i8(x: i8, input: Quantization, output: Quantization, function: impl Fn(f64) -> f64) -> i8 {
    let real = f64::from(input.scale) * f64::from(i32::from(x) - i32::from(input.zero_point));
    let stored = libm::round(function(real) / f64::from(output.scale)) + f64::from(output.zero_point);
    if stored.is_nan() { output.zero_point } else { stored.clamp(-128.0, 127.0) as i8 }
}

/// RELU6 as the reference computes it: a clamp on the input's numbers; the output's quantisation is not looked at.
pub fn relu6_i8(x: i8, input: Quantization) -> i8 {
    let six = (libm::roundf(6.0 / input.scale) as i32).saturating_add(input.zero_point as i32);
    (x as i32).min(six.clamp(-128, 127)).max(input.zero_point as i32) as i8
}

/// LEAKY_RELU.
pub fn leaky_relu_i8(x: i8, parameters: &LeakyReluParameters) -> i8 {
    let distance = x as i32 - parameters.input_zero_point as i32;
    let multiplier = if distance >= 0 { parameters.identity } else { parameters.alpha };
    let output = requantize(distance, multiplier).wrapping_add(parameters.output_zero_point as i32);
    output.clamp(-128, 127) as i8
}

/// HARD_SWISH: x × clamp(x + 3, 0, 6) / 6 in 16-bit fixed point.
pub fn hard_swish_i8(x: i8, p: &HardSwishParameters) -> i8 {
    let fine = ((x as i16).wrapping_sub(p.input_zero_point as i16)).wrapping_mul(1 << 7);
    let on_output_scale = high_product_rounded(fine, p.output_mantissa);
    // The factor: −3 ..= 3 becomes −1 ..= 1 with saturation, then 0 ..= 1. The last bit of a left shift comes after the
    // product, so that saturation before it cannot show.
    let mut factor = fine;
    if p.relu_shift > 0 {
        factor = saturating_shift(factor, p.relu_shift.wrapping_sub(1) as u32);
    }
    factor = high_product_rounded(factor, p.relu_mantissa);
    if p.relu_shift > 0 {
        factor = saturating_shift(factor, 1);
    }
    if p.relu_shift < 0 {
        factor = divide_by_power_of_two(factor, p.relu_shift.unsigned_abs() as u32);
    }
    let factor = ((factor as i32 + (1 << 15)) >> 1) as i16;
    // Cut towards zero, which makes good for the upward bias of the rounded products.
    let product = (factor as i32 * on_output_scale as i32 / (1 << 15)) as i16;
    let output = divide_by_power_of_two(product, p.output_shift.unsigned_abs() as u32);
    output.wrapping_add(p.output_zero_point as i16).clamp(-128, 127) as i8
}

/// The high 16 bits of 2·a·b, rounded to nearest; saturates for a = b = −2¹⁵.
fn high_product_rounded(a: i16, b: i16) -> i16 {
    ((a as i32 * b as i32 + (1 << 14)) >> 15).min(i16::MAX as i32) as i16
}

fn saturating_shift(x: i16, amount: u32) -> i16 {
    let shifted = (x as i64).wrapping_shl(amount.min(31));
    shifted.clamp(i16::MIN as i64, i16::MAX as i64) as i16
}

fn divide_by_power_of_two(x: i16, exponent: u32) -> i16 {
    rounding_divide_by_power_of_two(x as i32, exponent.min(31)) as i16
}
