//! Weighted operators, ADD, SUB, MUL and broadcasting.

use super::{Activation, activation_range_i8};
use crate::arguments::{AXES, AddParameters, Broadcast, MultiplyParameters};
use crate::elements::ADD_LEFT_SHIFT;
use mote_numbers::Multiplier;

/// Scale and zero point of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    /// Real value of one step; above 0.
    pub scale: f32,
    /// Number that stands for 0.
    pub zero_point: i8,
}

/// Multiplier of an output channel of CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV or FULLY_CONNECTED:
/// input scale × filter scale / output scale, in double precision.
pub fn weighted_multiplier(input_scale: f32, filter_scale: f32, output_scale: f32) -> Multiplier {
    Multiplier::from_real(weighted_factor(input_scale, filter_scale, output_scale))
}

/// The real factor behind [`weighted_multiplier`], as LiteRT's FULLY_CONNECTED keeps it.
pub fn weighted_factor(input_scale: f32, filter_scale: f32, output_scale: f32) -> f64 {
    input_scale as f64 * filter_scale as f64 / output_scale as f64
}

impl AddParameters {
    /// Parameters of ADD, or of SUB when `subtract`; none where TFLite refuses (an output multiplier of 1 or more).
    pub fn from_quantization(
        a: Quantization,
        b: Quantization,
        output: Quantization,
        activation: Activation,
        subtract: bool,
    ) -> Option<Self> {
        let larger = if a.scale < b.scale { b.scale } else { a.scale };
        let twice_larger = 2.0 * larger as f64;
        let real_output = twice_larger / ((1u32 << ADD_LEFT_SHIFT) as f64 * output.scale as f64);
        if real_output >= 1.0 || real_output.is_nan() {
            return None;
        }
        let (activation_min, activation_max) = activation_range_i8(activation, output.scale, output.zero_point as i32);
        Some(Self {
            a_zero_point: a.zero_point,
            b_zero_point: b.zero_point,
            output_zero_point: output.zero_point,
            a_multiplier: Multiplier::from_real(a.scale as f64 / twice_larger),
            b_multiplier: Multiplier::from_real(b.scale as f64 / twice_larger),
            output_multiplier: Multiplier::from_real(real_output),
            subtract,
            activation_min,
            activation_max,
        })
    }
}

impl MultiplyParameters {
    /// Parameters of MUL.
    pub fn from_quantization(a: Quantization, b: Quantization, output: Quantization, activation: Activation) -> Self {
        let (activation_min, activation_max) = activation_range_i8(activation, output.scale, output.zero_point as i32);
        Self {
            a_zero_point: a.zero_point,
            b_zero_point: b.zero_point,
            output_zero_point: output.zero_point,
            multiplier: Multiplier::from_real(a.scale as f64 * b.scale as f64 / output.scale as f64),
            activation_min,
            activation_max,
        }
    }
}

/// How shapes `a` and `b` meet, axes aligned at the end, and the output's element count; none when they do not fit, are
/// longer than six axes, or overflow. Axes that both run through without a gap, or that an operand repeats whole, are
/// joined, so that the last axis is as long as can be.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<(Broadcast, usize)> {
    let extent = |shape: &[usize], from_end: usize| match shape.len().checked_sub(from_end.checked_add(1)?) {
        Some(index) => shape.get(index).copied(),
        None => Some(1),
    };
    let rank = a.len().max(b.len());
    if rank > AXES {
        return None;
    }
    let unit = Broadcast { extents: [1; AXES], a_strides: [0; AXES], b_strides: [0; AXES] };
    let mut result = unit;
    let (mut a_step, mut b_step, mut elements) = (1usize, 1usize, 1usize);
    let mut axis = AXES - 1;
    for from_end in 0..rank {
        let (in_a, in_b) = (extent(a, from_end)?, extent(b, from_end)?);
        let extent = if in_a == 1 { in_b } else { in_a };
        if (in_a != extent && in_a != 1) || (in_b != extent && in_b != 1) {
            return None;
        }
        if extent == 1 {
            continue;
        }
        let a_stride = if in_a == 1 { 0 } else { a_step };
        let b_stride = if in_b == 1 { 0 } else { b_step };
        a_step = a_step.checked_mul(in_a)?;
        b_step = b_step.checked_mul(in_b)?;
        elements = elements.checked_mul(extent)?;
        let last = result.extents.get_mut(axis)?;
        let (a_last, b_last) = (result.a_strides.get_mut(axis)?, result.b_strides.get_mut(axis)?);
        if *last == 1 {
            (*last, *a_last, *b_last) = (extent, a_stride, b_stride);
        } else if a_stride == a_last.checked_mul(*last)? && b_stride == b_last.checked_mul(*last)? {
            *last = last.checked_mul(extent)?;
        } else {
            axis = axis.checked_sub(1)?;
            *result.extents.get_mut(axis)? = extent;
            *result.a_strides.get_mut(axis)? = a_stride;
            *result.b_strides.get_mut(axis)? = b_stride;
        }
    }
    Some((result, elements))
}
