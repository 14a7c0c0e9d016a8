//! What the glue of all operators with weights shares: constants, windows, and the proof that sums fit 32 bits.

use crate::operation::{Operation, Refusal, Work};
use mote_format::ConstantRef;
use mote_format::parameters::{WeightsF32, WeightsI8, WindowParameters};
use mote_kernels::arguments::{WeightedF32, WeightedI8};
use mote_kernels::{Channels, Rows, Window};

/// Product of extents; refused beyond 31 bits.
pub(super) fn product(extents: &[usize]) -> Result<usize, Refusal> {
    let total = extents.iter().try_fold(1usize, |total, &extent| total.checked_mul(extent));
    total.filter(|&total| total <= i32::MAX as usize).ok_or(Refusal::Shape)
}

/// The int8 output stage, for `channels` output channels and `weight_count` weights.
pub(super) fn weighted_i8(
    operation: &Operation<'_>,
    weights: &WeightsI8,
    weight_count: usize,
    channels: usize,
) -> Result<WeightedI8, Refusal> {
    let range = weights.range;
    if range.activation_min > range.activation_max {
        return Err(Refusal::Parameter);
    }
    let multipliers = if weights.per_channel { channels } else { 1 };
    Ok(WeightedI8 {
        weights: operation.constant(weights.weights, weight_count)?,
        channels: operation.constant(weights.channels, Channels::table_bytes(channels, multipliers))?,
        multipliers,
        input_zero_point: range.input_zero_point.into(),
        output_zero_point: range.output_zero_point.into(),
        activation_minimum: range.activation_min.into(),
        activation_maximum: range.activation_max.into(),
    })
}

/// Looks at every channel once: multipliers in range, and no sum that could leave 32 bits.
pub(super) fn check_channels_i8(
    operation: &Operation<'_>,
    weights: &WeightsI8,
    channels: usize,
) -> Result<(), Refusal> {
    let weights_per_channel = (weights.weights.bytes as usize).checked_div(channels).ok_or(Refusal::Shape)?;
    let multipliers = if weights.per_channel { channels } else { 1 };
    let table = operation.constant_bytes(weights.channels, Channels::table_bytes(channels, multipliers))?;
    let table = Channels::new(table, channels, multipliers).map_err(|_| Refusal::Constant)?;
    for channel in 0..channels {
        if !table.multiplier(channel).map_err(|_| Refusal::Constant)?.is_valid() {
            return Err(Refusal::Quantization);
        }
        let bias = table.bias(channel).map_err(|_| Refusal::Constant)?;
        if !sum_fits(weights_per_channel, bias, weights.range.input_zero_point) {
            return Err(Refusal::Accumulator);
        }
    }
    Ok(())
}

/// True when no partial sum of a channel can leave 32 bits, whatever inputs and weights are:
/// |bias| + max |input − zero point| × 128 × weights < 2³¹. The weights are not looked at: set-up cost matters, and so
/// does a bound on it that no file can stretch.
pub(super) fn sum_fits(weights: usize, bias: i32, zero_point: i8) -> bool {
    let zero_point = i64::from(zero_point);
    let largest_input = (127 - zero_point).max(zero_point + 128);
    let largest_sum = (weights as i64).saturating_mul(128 * largest_input);
    largest_sum.saturating_add(i64::from(bias).abs()) < 1 << 31
}

/// The float32 output stage, for `channels` output channels and `weight_count` weights.
pub(super) fn weighted_f32(
    operation: &Operation<'_>,
    weights: &WeightsF32,
    weight_count: usize,
    channels: usize,
) -> Result<WeightedF32, Refusal> {
    // NaN is in no order and refused as well.
    if weights.activation_min.partial_cmp(&weights.activation_max).is_none_or(|order| order.is_gt()) {
        return Err(Refusal::Parameter);
    }
    let span = |constant: ConstantRef, count: usize| operation.constant(constant, product(&[count, 4])?);
    Ok(WeightedF32 {
        weights: span(weights.weights, weight_count)?,
        biases: span(weights.biases, channels)?,
        activation_minimum: weights.activation_min,
        activation_maximum: weights.activation_max,
    })
}

/// The window; refused when an extent, stride or dilation is 0.
pub(super) fn window(parameters: &WindowParameters) -> Result<Window, Refusal> {
    let WindowParameters { height, width, stride_height, stride_width, dilation_height, dilation_width, .. } =
        *parameters;
    if [height, width, stride_height, stride_width, dilation_height, dilation_width].contains(&0) {
        return Err(Refusal::Parameter);
    }
    Ok(Window {
        height: height.into(),
        width: width.into(),
        stride_height: stride_height.into(),
        stride_width: stride_width.into(),
        dilation_height: dilation_height.into(),
        dilation_width: dilation_width.into(),
        pad_top: parameters.pad_top.into(),
        pad_left: parameters.pad_left.into(),
    })
}

/// Refuses a window that lies wholly in the padding at either end of an axis: the batch must agree, padding must be
/// less than the window, and the last output must still reach the input.
pub(super) fn check_sliding(input: &Rows, output: &Rows, window: &Window) -> Result<(), Refusal> {
    let rows = [input.height, output.height, window.height, window.stride_height, window.dilation_height];
    let columns = [input.width, output.width, window.width, window.stride_width, window.dilation_width];
    for ([inputs, outputs, extent, stride, dilation], pad) in [(rows, window.pad_top), (columns, window.pad_left)] {
        let reach = product(&[extent.saturating_sub(1), dilation])?;
        let last = product(&[outputs.saturating_sub(1), stride])?;
        if pad > reach || last >= inputs.saturating_add(pad) {
            return Err(Refusal::Shape);
        }
    }
    if input.batch == output.batch { Ok(()) } else { Err(Refusal::Shape) }
}

/// Work of `units` units of `macs` multiply-accumulates each, sharing no memory.
pub(super) fn work_of(units: usize, macs: usize, scratch_bytes: usize) -> Work {
    let work_per_unit = u32::try_from(macs).unwrap_or(u32::MAX).max(1);
    Work { units, work_per_unit, scratch_bytes, overlap: crate::operation::Overlap::None }
}
