//! Parameters of operators on int16, whose zero points are 0.

use super::{Activation, activation_range, signed_multiplier};
use crate::arguments::{AddI16Parameters, MultiplyI16Parameters, RescaleParameters};
use crate::elements::ADD_I16_LEFT_SHIFT;
use mote_numbers::Multiplier;

/// The int16 outputs an activation allows, smallest and largest, as [`super::activation_range_i8`] does for int8.
pub fn activation_range_i16(activation: Activation, scale: f32) -> (i16, i16) {
    let (low, high) = activation_range(activation, scale, 0, i16::MIN.into(), i16::MAX.into());
    (low as i16, high as i16)
}

impl AddI16Parameters {
    /// Parameters of ADD, or of SUB when `subtract`, from the scales of both inputs and the output; none where TFLite
    /// refuses (an output multiplier of 1 or more).
    pub fn from_scales(a: f32, b: f32, output: f32, activation: Activation, subtract: bool) -> Option<Self> {
        let twice_larger = 2.0 * (if a < b { b } else { a }) as f64;
        let real_output = twice_larger / ((1u32 << ADD_I16_LEFT_SHIFT) as f64 * output as f64);
        if real_output >= 1.0 || real_output.is_nan() {
            return None;
        }
        let (activation_min, activation_max) = activation_range_i16(activation, output);
        Some(Self {
            a_multiplier: Multiplier::from_real(a as f64 / twice_larger),
            b_multiplier: Multiplier::from_real(b as f64 / twice_larger),
            output_multiplier: Multiplier::from_real(real_output),
            subtract,
            activation_min,
            activation_max,
        })
    }
}

impl MultiplyI16Parameters {
    /// Parameters of MUL from the scales of both inputs and the output.
    pub fn from_scales(a: f32, b: f32, output: f32, activation: Activation) -> Self {
        let (activation_min, activation_max) = activation_range_i16(activation, output);
        let multiplier = Multiplier::from_real(a as f64 * b as f64 / output as f64);
        Self { multiplier, activation_min, activation_max }
    }
}

impl RescaleParameters {
    /// QUANTIZE between integer types, each (scale, zero point); outputs within `limits`.
    pub fn requantize(input: (f32, i32), output: (f32, i32), limits: (i32, i32)) -> Self {
        let factor = Multiplier::from_real(input.0 as f64 / output.0 as f64);
        Self {
            input_zero_point: input.1,
            output_zero_point: output.1,
            positive: factor,
            negative: factor,
            activation_min: limits.0,
            activation_max: limits.1,
        }
    }

    /// RELU and its kin on int16.
    pub fn relu_i16(input_scale: f32, output_scale: f32, activation: Activation) -> Self {
        let (low, high) = activation_range_i16(activation, output_scale);
        Self::requantize((input_scale, 0), (output_scale, 0), (low.into(), high.into()))
    }

    /// RELU6 on int16 as TensorFlow Lite Micro does it: the numbers are clamped as they are.
    pub fn relu6_i16(scale: f32) -> Self {
        Self::relu_i16(scale, scale, Activation::Relu6)
    }

    /// LEAKY_RELU on int16 with a slope of `alpha` below zero; scales are divided in single precision.
    pub fn leaky_relu_i16(input_scale: f32, output_scale: f32, alpha: f32) -> Self {
        Self {
            positive: Multiplier::from_real((input_scale / output_scale) as f64),
            negative: signed_multiplier((input_scale * alpha / output_scale) as f64),
            ..Self::requantize((1.0, 0), (1.0, 0), (i16::MIN.into(), i16::MAX.into()))
        }
    }
}

/// The multiplier of SOFTMAX on int16: brings differences of −10 ..= 0 to −65535 ..= 0.
pub fn softmax_multiplier_i16(scale: f32, beta: f32) -> Multiplier {
    Multiplier::from_real(scale as f64 * beta as f64 / (10.0 / 65535.0))
}

/// Factor and right shift of LOGISTIC (or TANH when `tangent`) on int16: input scale × 3 × 2¹² as 16 bits with as many
/// places as fit. None for scales from 5.3 on, which leave no room.
///
/// Scales within a thousandth of an octave of 2⁻¹² (and of 2⁻¹¹ for TANH) are taken for that power of two.
pub fn curve_scaling_i16(scale: f32, tangent: bool) -> Option<(u16, u8)> {
    let octaves = libm::logf(scale) * (1.0 / libm::logf(2.0));
    let rounded = libm::roundf(octaves);
    let octave = rounded as i32 + 12;
    if libm::fabsf(octaves - rounded) < 1e-3 && (octave == 0 || (tangent && octave == 1)) {
        return Some((3 << octave, 0));
    }
    let (mut factor, mut shift) = (scale as f64 * 4096.0 * 3.0, 0);
    while factor <= 32767.0 / 2.0 && shift <= 30 {
        (factor, shift) = (factor * 2.0, shift + 1);
    }
    (factor < 65536.0).then_some((factor as u16, shift))
}
