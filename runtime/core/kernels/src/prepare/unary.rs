//! Parameters of unary int8 operators, from which tables are filled.

use super::{Activation, Quantization, activation_range_i8, signed_multiplier};
use mote_numbers::Multiplier;

/// LOGISTIC and TANH: inputs are brought to Q4; from the radius on the result is saturated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaturatingParameters {
    /// Zero point of the input.
    pub input_zero_point: i8,
    /// Input scale × 2²⁷.
    pub multiplier: Multiplier,
    /// Distances from the zero point of this and more are saturated.
    pub radius: i32,
}

impl SaturatingParameters {
    /// Parameters for an input. (The output is fixed: 1/256 and −128 for LOGISTIC, 1/128 and 0 for TANH.)
    pub fn from_quantization(input: Quantization) -> Self {
        let real = input.scale as f64 * (1u32 << 27) as f64;
        let multiplier = Multiplier::from_real(real);
        let radius = 15.0 * (1u32 << 27) as f64 / libm::exp2(multiplier.shift as f64);
        Self { input_zero_point: input.zero_point, multiplier, radius: libm::floor(radius) as i32 }
    }
}

/// RELU and its kin with a change of quantisation, and requantisation alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReluParameters {
    /// Zero point of the input.
    pub input_zero_point: i32,
    /// Zero point of the output.
    pub output_zero_point: i32,
    /// Input scale over output scale.
    pub multiplier: Multiplier,
    /// Smallest output.
    pub activation_min: i32,
    /// Largest output.
    pub activation_max: i32,
}

impl ReluParameters {
    /// Parameters of `activation` from int8 to int8.
    pub fn from_quantization(input: Quantization, output: Quantization, activation: Activation) -> Self {
        let (low, high) = activation_range_i8(activation, output.scale, output.zero_point as i32);
        Self {
            input_zero_point: input.zero_point as i32,
            output_zero_point: output.zero_point as i32,
            multiplier: Multiplier::from_real(input.scale as f64 / output.scale as f64),
            activation_min: low as i32,
            activation_max: high as i32,
        }
    }

    /// Parameters of QUANTIZE between 8-bit types, each (scale, zero point); `output_unsigned` for uint8.
    pub fn requantize(input: (f32, i32), output: (f32, i32), output_unsigned: bool) -> Self {
        let (low, high) = if output_unsigned { (0, 255) } else { (-128, 127) };
        Self {
            input_zero_point: input.1,
            output_zero_point: output.1,
            multiplier: Multiplier::from_real(input.0 as f64 / output.0 as f64),
            activation_min: low,
            activation_max: high,
        }
    }
}

/// LEAKY_RELU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakyReluParameters {
    /// Zero point of the input.
    pub input_zero_point: i8,
    /// Zero point of the output.
    pub output_zero_point: i8,
    /// Input scale over output scale.
    pub identity: Multiplier,
    /// Input scale × alpha over output scale; a negative alpha gives a negative mantissa.
    pub alpha: Multiplier,
}

impl LeakyReluParameters {
    /// Parameters for a slope of `alpha` below zero; scales are divided in single precision.
    pub fn from_quantization(input: Quantization, output: Quantization, alpha: f32) -> Self {
        Self {
            input_zero_point: input.zero_point,
            output_zero_point: output.zero_point,
            identity: Multiplier::from_real((input.scale / output.scale) as f64),
            alpha: signed_multiplier((input.scale * alpha / output.scale) as f64),
        }
    }
}

/// HARD_SWISH, in 16-bit fixed point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HardSwishParameters {
    /// Zero point of the input.
    pub input_zero_point: i8,
    /// Zero point of the output.
    pub output_zero_point: i8,
    /// Mantissa of input scale / 128 over output scale, in units of 2⁻¹⁵.
    pub output_mantissa: i16,
    /// Its power of two; at most 0.
    pub output_shift: i8,
    /// Mantissa of input scale / 128 over 3/32768, in units of 2⁻¹⁵.
    pub relu_mantissa: i16,
    /// Its power of two.
    pub relu_shift: i8,
}

impl HardSwishParameters {
    /// Parameters; none where TFLite refuses (an output multiplier of 1 or more).
    pub fn from_quantization(input: Quantization, output: Quantization) -> Option<Self> {
        let fine_scale = (1.0f32 / 128.0) * input.scale;
        let to_output = Multiplier::from_real((fine_scale / output.scale) as f64);
        let to_relu = Multiplier::from_real((fine_scale / (3.0f32 / 32768.0)) as f64);
        if to_output.shift > 0 {
            return None;
        }
        Some(Self {
            input_zero_point: input.zero_point,
            output_zero_point: output.zero_point,
            output_mantissa: upper_half(to_output.mantissa),
            output_shift: to_output.shift,
            relu_mantissa: upper_half(to_relu.mantissa),
            relu_shift: to_relu.shift,
        })
    }
}

/// A mantissa in units of 2⁻¹⁵, rounded half up, saturated.
fn upper_half(mantissa: i32) -> i16 {
    if mantissa >= i32::MAX - (1 << 15) { i16::MAX } else { ((mantissa + (1 << 15)) >> 16) as i16 }
}
