//! What the glue of all operators with weights shares: constants, windows, and the proof that sums fit 32 bits.

use super::scan::room_for_bias;
use crate::operation::{Operation, Refusal, Work};
use mote_format::ConstantRef;
use mote_format::parameters::{WeightsF32, WeightsI8, WindowParameters};
use mote_kernels::arguments::{WeightedF32, WeightedI8};
use mote_kernels::scan::{magnitudes_within, mantissas_are_valid, shifts_are_valid};
use mote_kernels::{Channels, Rows, Window};
use mote_numbers::Multiplier;

/// Product of extents; refused beyond 31 bits.
#[inline(always)]
pub(super) fn product<const N: usize>(extents: [usize; N]) -> Result<usize, Refusal> {
    let mut total = 1usize;
    for extent in extents {
        total = total.checked_mul(extent).ok_or(Refusal::Shape)?;
    }
    if total <= i32::MAX as usize { Ok(total) } else { Err(Refusal::Shape) }
}

/// The int8 output stage, for `channels` output channels and `weight_count` weights.
#[inline(always)]
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
#[inline(always)]
pub(super) fn check_channels_i8(
    operation: &Operation<'_>,
    weighted: &WeightedI8,
    channels: usize,
    weights_per_channel: usize,
) -> Result<(), Refusal> {
    let constants = operation.model.file.constants();
    // Begins within the constants, as checked when it was found.
    let table = constants.get(weighted.channels.offset..).ok_or(Refusal::Constant)?;
    let room = room_for_bias(weights_per_channel, weighted.input_zero_point).ok_or(Refusal::Accumulator);
    check_table(table, channels, weighted.multipliers, room?)
}

/// The table in front of `bytes`, with `multipliers` multipliers: no bias greater than `room`.
#[inline(never)]
fn check_table(bytes: &[u8], channels: usize, multipliers: usize, room: u32) -> Result<(), Refusal> {
    let (biases, rest) = bytes.split_at_checked(channels.wrapping_mul(4)).ok_or(Refusal::Constant)?;
    let (mantissas, rest) = rest.split_at_checked(multipliers.wrapping_mul(4)).ok_or(Refusal::Constant)?;
    let (biases, mantissas) = (biases.as_chunks::<4>().0, mantissas.as_chunks::<4>().0);
    let shifts = rest.get(..multipliers).ok_or(Refusal::Constant)?;
    let valid = match (mantissas, shifts) {
        ([mantissa], &[shift]) => {
            let shift = shift as i8;
            Multiplier { mantissa: i32::from_le_bytes(*mantissa), shift }.is_valid()
        }
        _ => mantissas_are_valid(mantissas) && shifts_are_valid(shifts),
    };
    if !valid {
        return Err(Refusal::Quantization);
    }
    if magnitudes_within(biases, room) { Ok(()) } else { Err(Refusal::Accumulator) }
}

/// The float32 output stage, for `channels` output channels and `weight_count` weights.
#[inline(always)]
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
    let span = |constant: ConstantRef, count: usize| operation.constant(constant, product([count, 4])?);
    Ok(WeightedF32 {
        weights: span(weights.weights, weight_count)?,
        biases: span(weights.biases, channels)?,
        activation_minimum: weights.activation_min,
        activation_maximum: weights.activation_max,
    })
}

/// The window; refused when an extent, stride or dilation is 0.
#[inline(always)]
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
#[inline(always)]
pub(super) fn check_sliding(input: &Rows, output: &Rows, window: &Window) -> Result<(), Refusal> {
    let axis = |pad: usize, extent: usize, dilation: usize, outputs: usize, stride: usize, inputs: usize| {
        let reach = extent.wrapping_sub(1).saturating_mul(dilation);
        let last = outputs.wrapping_sub(1).saturating_mul(stride);
        pad <= reach && last < inputs.saturating_add(pad)
    };
    let w = window;
    let rows = axis(w.pad_top, w.height, w.dilation_height, output.height, w.stride_height, input.height);
    let columns = axis(w.pad_left, w.width, w.dilation_width, output.width, w.stride_width, input.width);
    if rows && columns && input.batch == output.batch { Ok(()) } else { Err(Refusal::Shape) }
}

/// Work of `units` units of `macs` multiply-accumulates each, sharing no memory.
pub(super) fn work_of(units: usize, macs: usize, scratch_bytes: usize) -> Work {
    let work_per_unit = u32::try_from(macs).unwrap_or(u32::MAX).max(1);
    Work { units, work_per_unit, scratch_bytes, overlap: crate::operation::Overlap::None }
}
