//! MEAN, SUM and SOFTMAX.

use super::Quantization;
use crate::arguments::{AXES, ReduceAxes, ReduceFinish, SoftmaxParameters};
use mote_numbers::Multiplier;

/// −(zero point × count) with the wrapping of 32-bit sums.
fn sum_offset(zero_point: i8, count: usize) -> i32 {
    (zero_point as i64).wrapping_mul(count as i64).wrapping_neg() as i32
}

/// Last step of SUM.
pub fn sum_finish(input: Quantization, output: Quantization, count: usize) -> ReduceFinish {
    ReduceFinish {
        sum_offset: sum_offset(input.zero_point, count),
        multiplier: Multiplier::from_real(input.scale as f64 / output.scale as f64),
        output_zero_point: output.zero_point,
    }
}

/// Last step of MEAN over `count` elements; none for a count of 0.
///
/// 1/count is taken into the multiplier, whose mantissa is divided with as many bits to spare as the count has.
pub fn mean_finish(input: Quantization, output: Quantization, count: usize) -> Option<ReduceFinish> {
    let divisor = i64::try_from(count).ok().filter(|&count| count > 0)?;
    let whole = Multiplier::from_real(input.scale as f64 / output.scale as f64);
    let bits = (63 - divisor.leading_zeros() as i32).min(32).min(31 + whole.shift as i32);
    let mantissa = ((whole.mantissa as i64) << bits).checked_div(divisor)? as i32;
    Some(ReduceFinish {
        sum_offset: sum_offset(input.zero_point, count),
        multiplier: Multiplier { mantissa, shift: (whole.shift as i32 - bits) as i8 },
        output_zero_point: output.zero_point,
    })
}

/// Parts the axes of `shape`: those in `reduced` are summed over. Neighbouring axes of one kind are joined. None when
/// the shape has more than six axes or overflows.
pub fn reduce_axes(shape: &[usize], reduced: &[bool]) -> Option<ReduceAxes> {
    if shape.len() > AXES || shape.len() != reduced.len() {
        return None;
    }
    let mut axes = ReduceAxes {
        kept_extents: [1; AXES],
        kept_strides: [0, 0, 0, 0, 0, 1],
        reduced_extents: [1; AXES],
        reduced_strides: [0, 0, 0, 0, 0, 1],
    };
    let (mut kept_axis, mut reduced_axis, mut step) = (AXES, AXES, 1usize);
    let mut previous = None;
    for (&extent, &is_reduced) in shape.iter().zip(reduced).rev() {
        if extent != 1 {
            let (extents, strides, axis) = if is_reduced {
                (&mut axes.reduced_extents, &mut axes.reduced_strides, &mut reduced_axis)
            } else {
                (&mut axes.kept_extents, &mut axes.kept_strides, &mut kept_axis)
            };
            if previous == Some(is_reduced) {
                let joined = extents.get_mut(*axis)?;
                *joined = joined.checked_mul(extent)?;
            } else {
                *axis = axis.checked_sub(1)?;
                *extents.get_mut(*axis)? = extent;
                *strides.get_mut(*axis)? = step;
            }
            previous = Some(is_reduced);
        }
        step = step.checked_mul(extent)?;
    }
    Some(axes)
}

impl SoftmaxParameters {
    /// Parameters of int8 SOFTMAX; none where TFLite refuses (a multiplier not above 1).
    pub fn from_scale(input_scale: f32, beta: f32) -> Option<Self> {
        let real = beta as f64 * input_scale as f64 * (1u32 << 26) as f64;
        let real = if real < i32::MAX as f64 { real } else { i32::MAX as f64 };
        if real <= 1.0 || real.is_nan() {
            return None;
        }
        // Halved, the multiplier stays within the shifts a Multiplier has.
        let Multiplier { mantissa, shift } = Multiplier::from_real(real / 2.0);
        let left_shift = u8::try_from(shift as i32 + 1).ok()?;
        let radius = 31.0 * (1u32 << 26) as f64 / (1u64 << left_shift) as f64;
        Some(Self { mantissa, left_shift, difference_min: -(libm::floor(radius) as i32) })
    }
}
