//! CONV_2D_I16, DEPTHWISE_CONV_2D_I16 and FULLY_CONNECTED_I16.

use crate::operation::{Operation, Refusal, Work};
use crate::operators::shared::portable;
use crate::operators::{OperatorEntry, conv2d, depthwise, fully_connected};
use mote_format::parameters::{Conv2dI16Parameters, DepthwiseI16Parameters, FullyConnectedI16Parameters, WeightsI16};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{Conv2dI16, DepthwiseI16, FullyConnectedI16, WeightedI16};
use mote_kernels::{Fault, WideChannels};
use mote_numbers::WIDE_SUM_LIMIT;

portable!(
    /// Convolution.
    CONV_2D_I16, CONV_2D_I16_REFERENCE, CONV_2D_I16, conv2d_check, conv2d_work, conv2d_arguments, conv2d_i16
);
portable!(
    /// Depthwise convolution.
    DEPTHWISE_CONV_2D_I16, DEPTHWISE_CONV_2D_I16_REFERENCE, DEPTHWISE_CONV_2D_I16, depthwise_check, depthwise_work,
    depthwise_arguments, depthwise_i16
);
portable!(
    /// Fully connected.
    FULLY_CONNECTED_I16, FULLY_CONNECTED_I16_REFERENCE, FULLY_CONNECTED_I16, fully_connected_check,
    fully_connected_work, fully_connected_arguments, fully_connected_i16
);

/// Largest magnitude of an int16 input times an int8 weight.
const LARGEST_PRODUCT: i64 = 1 << 22;

/// The output stage, for `channels` output channels and `weight_count` weights.
fn weighted(
    operation: &Operation<'_>,
    weights: &WeightsI16,
    weight_count: usize,
    channels: usize,
) -> Result<WeightedI16, Refusal> {
    if weights.activation_min > weights.activation_max {
        return Err(Refusal::Parameter);
    }
    let multipliers = if weights.per_channel { channels } else { 1 };
    Ok(WeightedI16 {
        weights: operation.constant(weights.weights, weight_count)?,
        channels: operation.constant(weights.channels, WideChannels::table_bytes(channels, multipliers))?,
        multipliers,
        wide: weights.wide,
        activation_minimum: weights.activation_min.into(),
        activation_maximum: weights.activation_max.into(),
    })
}

/// Looks at every channel once: multipliers in range, and no sum that could leave 47 bits, which is what requantising a
/// 64-bit sum asks for. (Sums of fewer than 2³¹ products stay below 2⁵³ in any case: 64 bits are never left.)
fn check_channels(operation: &Operation<'_>, weighted: &WeightedI16, channels: usize) -> Result<(), Refusal> {
    let table = operation.constant_span(weighted.channels)?;
    let table = WideChannels::new(table, channels, weighted.multipliers).map_err(|_| Refusal::Constant)?;
    if !table
        .multipliers()
        .all(|multiplier| if weighted.wide { multiplier.is_valid_wide() } else { multiplier.is_valid() })
    {
        return Err(Refusal::Quantization);
    }
    let products = weighted.weights.bytes.checked_div(channels).ok_or(Refusal::Shape)? as i64;
    let room = (WIDE_SUM_LIMIT - 1).saturating_sub(products.saturating_mul(LARGEST_PRODUCT));
    let fits = |bias: i64| bias.checked_abs().is_some_and(|magnitude| magnitude <= room);
    if room >= 0 && table.biases().all(fits) { Ok(()) } else { Err(Refusal::Accumulator) }
}

fn conv2d_arguments(operation: &Operation<'_>) -> Result<Conv2dI16, Refusal> {
    let parameters: Conv2dI16Parameters = operation.parameters()?;
    let (shape, weights) = conv2d::shape(operation, ElementType::I16, &parameters.window, parameters.groups)?;
    let weighted = weighted(operation, &parameters.weights, weights, shape.output.channels)?;
    Ok(Conv2dI16 { shape, weighted })
}

fn conv2d_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(conv2d::work(&conv2d_arguments(operation)?.shape, 0))
}

fn conv2d_check(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let Conv2dI16 { shape, weighted } = conv2d_arguments(operation)?;
    check_channels(operation, &weighted, shape.output.channels)?;
    Ok(conv2d::work(&shape, 0))
}

fn depthwise_arguments(operation: &Operation<'_>) -> Result<DepthwiseI16, Refusal> {
    let parameters: DepthwiseI16Parameters = operation.parameters()?;
    let (shape, weights) = depthwise::shape(operation, ElementType::I16, &parameters.window)?;
    let weighted = weighted(operation, &parameters.weights, weights, shape.output.channels)?;
    Ok(DepthwiseI16 { shape, weighted })
}

fn depthwise_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(depthwise::work(&depthwise_arguments(operation)?.shape, 0))
}

fn depthwise_check(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let DepthwiseI16 { shape, weighted } = depthwise_arguments(operation)?;
    check_channels(operation, &weighted, shape.output.channels)?;
    Ok(depthwise::work(&shape, 0))
}

fn fully_connected_arguments(operation: &Operation<'_>) -> Result<FullyConnectedI16, Refusal> {
    let parameters: FullyConnectedI16Parameters = operation.parameters()?;
    let (shape, weights) = fully_connected::shape(operation, ElementType::I16)?;
    let weighted = weighted(operation, &parameters.weights, weights, shape.outputs)?;
    Ok(FullyConnectedI16 { shape, weighted })
}

fn fully_connected_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(fully_connected::work(&fully_connected_arguments(operation)?.shape))
}

fn fully_connected_check(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let FullyConnectedI16 { shape, weighted } = fully_connected_arguments(operation)?;
    check_channels(operation, &weighted, shape.outputs)?;
    Ok(fully_connected::work(&shape))
}
