//! Constants of operators with weights.

use super::scale;
use crate::error::Problem;
use crate::lower::context::{Lowering, prepared, problem};
use crate::lower::weighted::{channel_count, distinct, not_constant, weight_scales};
use mote_format::Numerics;
use mote_format::parameters::WeightsI16;
use mote_graph::{Activation, ElementType, Node, Operator, Tensor};
use mote_kernels::prepare::{activation_range_i16, weighted_multiplier};
use mote_numbers::{Multiplier, WIDE_SUM_LIMIT};

/// Largest magnitude of an int16 input.
const LARGEST_INPUT: i64 = 1 << 15;

/// Prepares the constants of an int16 node. `channel_axis` is the axis of the weights that counts output channels.
///
/// Sums have 64 bits and are rounded once; with an int32 bias 32 bits, rounded twice: so TensorFlow Lite Micro has it.
/// Biases of depthwise convolutions must be int64.
///
/// # Errors
/// Quantisation that the kernels do not take; a channel whose sum could leave its bits.
pub fn constants(
    lowering: &mut Lowering<'_>,
    node: &Node,
    channel_axis: usize,
    activation: Activation,
) -> Result<WeightsI16, Problem> {
    let depthwise = matches!(node.operator, Operator::DepthwiseConv2d { .. });
    if lowering.numerics == Numerics::Litert && node.operator == (Operator::FullyConnected { activation }) {
        let fix = "compile it with TensorFlow Lite Micro's numerics";
        return Err(problem(node, "", "no kernel rounds int16 FULLY_CONNECTED as LiteRT does", fix));
    }
    let (x, result) = (scale(node, lowering.operand(node, 0)?)?, lowering.result(node, 0)?);
    let y = scale(node, result)?;
    let weights = lowering.operand(node, 1)?;
    let channels = channel_count(node, weights, channel_axis)?;
    let elements = weights.i8_data().ok_or_else(|| not_constant(node, weights))?;
    let scales = weight_scales(node, weights, channels, channel_axis)?;
    let bias = node.inputs.get(2).map(|&id| lowering.tensor(id));
    let wide = bias.is_none_or(|bias| depthwise || bias.element_type == ElementType::I64);
    if let Some(bias) = bias.filter(|bias| depthwise && bias.element_type != ElementType::I64) {
        let fix = "store it as int64, as TFLite's 16x8 rules ask";
        return Err(problem(node, &bias.name, "is the bias of an int16 depthwise convolution, and not int64", fix));
    }
    let biases = biases(node, bias, channels)?;
    let multipliers = distinct(scales.iter().map(|&weights| weighted_multiplier(x, weights, y)).collect());
    if wide && !multipliers.iter().all(|multiplier: &Multiplier| multiplier.is_valid_wide()) {
        let fix = "calibrate the model again: the output's range is far too small for its input";
        return Err(problem(node, &result.name, "output scale is below 1/128 of input scale × weight scale", fix));
    }
    let magnitudes = sum_magnitudes(&elements, &biases, channel_axis == 0);
    let (limit, bits) = if wide { (WIDE_SUM_LIMIT, 48) } else { (1 << 31, 32) };
    if let Some(channel) = magnitudes.iter().position(|&magnitude| magnitude >= limit) {
        let reach = magnitudes[channel];
        let reason = format!("the sum of output channel {channel} can reach {reach}, beyond {bits} bits");
        let fix = "give the operator an int64 bias, or make the layer smaller";
        return Err(problem(node, &weights.name, &reason, fix));
    }
    let (activation_min, activation_max) = activation_range_i16(prepared(activation), y);
    let mut table: Vec<u8> = biases.iter().flat_map(|bias| bias.to_le_bytes()).collect();
    table.extend(multipliers.iter().flat_map(|multiplier| multiplier.mantissa.to_le_bytes()));
    table.extend(multipliers.iter().map(|multiplier| multiplier.shift as u8));
    let bytes: Vec<u8> = elements.iter().map(|&weight| weight as u8).collect();
    Ok(WeightsI16 {
        weights: lowering.constant(&bytes),
        channels: lowering.constant(&table),
        per_channel: multipliers.len() > 1,
        wide,
        activation_min,
        activation_max,
    })
}

/// One bias per output channel, whatever the type it is stored in.
fn biases(node: &Node, bias: Option<&Tensor>, channels: usize) -> Result<Vec<i64>, Problem> {
    let Some(bias) = bias else { return Ok(vec![0; channels]) };
    let narrow = || bias.i32_data().map(|values| values.into_iter().map(i64::from).collect());
    let values: Vec<i64> = bias.i64_data().or_else(narrow).ok_or_else(|| not_constant(node, bias))?;
    if values.len() == channels {
        return Ok(values);
    }
    let reason = format!("has {} values for {channels} channels", values.len());
    Err(problem(node, &bias.name, &reason, "report it with the model"))
}

/// The largest sum of each channel in magnitude, for any input: |bias| + 2¹⁵ × Σ |weight|.
fn sum_magnitudes(weights: &[i8], biases: &[i64], channels_first: bool) -> Vec<i64> {
    let mut magnitudes: Vec<i64> = biases.iter().map(|bias| bias.saturating_abs()).collect();
    let (channels, per_channel) = (biases.len().max(1), (weights.len() / biases.len().max(1)).max(1));
    for (index, &weight) in weights.iter().enumerate() {
        let channel = if channels_first { index / per_channel } else { index % channels };
        magnitudes[channel] = magnitudes[channel].saturating_add(LARGEST_INPUT * i64::from(weight).abs());
    }
    magnitudes
}
