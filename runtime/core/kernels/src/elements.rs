//! Arithmetic of single elements, shared by every kernel that computes one: TensorFlow Lite Micro's reference formulas.

use crate::arguments::{AddI16Parameters, AddParameters, MultiplyI16Parameters, MultiplyParameters, RescaleParameters};
use mote_numbers::{
    Multiplier, requantize, rounding_divide_by_power_of_two, saturating_rounding_doubling_high_multiply,
};

/// Left shift that gives inputs of ADD and SUB room for fractions.
pub(crate) const ADD_LEFT_SHIFT: u32 = 20;

/// The same on int16.
pub(crate) const ADD_I16_LEFT_SHIFT: u32 = 15;

/// x × a multiplier not above 1, rounded twice.
#[inline(always)]
fn scale_down(x: i32, multiplier: Multiplier) -> i32 {
    let high = saturating_rounding_doubling_high_multiply(x, multiplier.mantissa);
    rounding_divide_by_power_of_two(high, (multiplier.shift as i32).wrapping_neg() as u32 & 31)
}

/// One element of ADD or SUB.
#[inline(always)]
pub(crate) fn add(a: i8, b: i8, p: &AddParameters) -> i8 {
    let a = (a as i32 - p.a_zero_point as i32) << ADD_LEFT_SHIFT;
    let b = (b as i32 - p.b_zero_point as i32) << ADD_LEFT_SHIFT;
    let a = scale_down(a, p.a_multiplier);
    let b = scale_down(b, p.b_multiplier);
    let raw = if p.subtract { a.wrapping_sub(b) } else { a.wrapping_add(b) };
    let output = scale_down(raw, p.output_multiplier).wrapping_add(p.output_zero_point as i32);
    output.max(p.activation_min as i32).min(p.activation_max as i32) as i8
}

/// One element of MUL.
#[inline(always)]
pub(crate) fn multiply(a: i8, b: i8, p: &MultiplyParameters) -> i8 {
    let product = (a as i32 - p.a_zero_point as i32) * (b as i32 - p.b_zero_point as i32);
    let output = requantize(product, p.multiplier).wrapping_add(p.output_zero_point as i32);
    output.max(p.activation_min as i32).min(p.activation_max as i32) as i8
}

/// One element of ADD or SUB on int16.
#[inline(always)]
pub(crate) fn add_i16(a: i16, b: i16, p: &AddI16Parameters) -> i16 {
    let a = scale_down((a as i32) << ADD_I16_LEFT_SHIFT, p.a_multiplier);
    let b = scale_down((b as i32) << ADD_I16_LEFT_SHIFT, p.b_multiplier);
    let raw = if p.subtract { a.wrapping_sub(b) } else { a.wrapping_add(b) };
    scale_down(raw, p.output_multiplier).max(p.activation_min as i32).min(p.activation_max as i32) as i16
}

/// One element of MUL on int16.
#[inline(always)]
pub(crate) fn multiply_i16(a: i16, b: i16, p: &MultiplyI16Parameters) -> i16 {
    let output = requantize(a as i32 * b as i32, p.multiplier);
    output.max(p.activation_min as i32).min(p.activation_max as i32) as i16
}

/// One element of a change of scale.
#[inline(always)]
pub(crate) fn rescale(x: i32, p: &RescaleParameters) -> i32 {
    let distance = x.wrapping_sub(p.input_zero_point);
    let factor = if distance >= 0 { p.positive } else { p.negative };
    let output = requantize(distance, factor).wrapping_add(p.output_zero_point);
    output.max(p.activation_min).min(p.activation_max)
}

/// sum / count to the nearest, halves away from zero: average pooling.
#[inline(always)]
pub(crate) fn rounded_average(sum: i32, count: i32) -> i32 {
    let half = count >> 1;
    let nudged = if sum > 0 { sum.wrapping_add(half) } else { sum.wrapping_sub(half) };
    nudged.checked_div(count).unwrap_or(0)
}
