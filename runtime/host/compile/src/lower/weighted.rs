//! Constants of operators with weights: weights, channel tables, and the proof that sums fit 32 bits.

use crate::error::Problem;
use crate::lower::context::scaled;
use crate::lower::context::{Lowering, input_id, prepared, problem, quantization_i8, wrong_type};
use mote_format::parameters::{FullyConnectedLitertI8Parameters, QuantizedRange, WeightsF32, WeightsI8};
use mote_graph::{Activation, ElementType, Node, Tensor};
use mote_kernels::prepare::{activation_range_f32, activation_range_i8, weighted_factor};

/// Largest distance of an int8 input from its zero point.
const LARGEST_INPUT: i64 = 255;
/// Largest magnitude of an int8 weight.
const LARGEST_WEIGHT: i64 = 128;

/// Prepares the constants of an int8 node. `channel_axis` is the axis of the weights that counts output channels.
///
/// # Errors
/// Quantisation that the kernels do not take; a channel whose sum could leave 32 bits.
pub fn constants_i8(
    lowering: &mut Lowering<'_>,
    node: &Node,
    channel_axis: usize,
    activation: Activation,
) -> Result<WeightsI8, Problem> {
    let Source { bytes, biases, scales, range } = source_i8(lowering, node, channel_axis, activation)?;
    let numerics = lowering.numerics;
    let multiplier = |&(x, weights, y): &(f32, f32, f32)| scaled(numerics, weighted_factor(x, weights, y));
    let multipliers = distinct(scales.iter().map(multiplier).collect());
    let mut table: Vec<u8> = biases.iter().flat_map(|bias| bias.to_le_bytes()).collect();
    table.extend(multipliers.iter().flat_map(|multiplier| multiplier.mantissa.to_le_bytes()));
    table.extend(multipliers.iter().map(|multiplier| multiplier.shift as u8));
    Ok(WeightsI8 {
        weights: lowering.constant(&bytes),
        channels: lowering.constant(&table),
        per_channel: multipliers.len() > 1,
        range,
    })
}

/// Prepares the constants of an int8 FULLY_CONNECTED that rounds as LiteRT does.
///
/// # Errors
/// As of [`constants_i8`].
pub fn constants_litert_i8(
    lowering: &mut Lowering<'_>,
    node: &Node,
    channel_axis: usize,
    activation: Activation,
) -> Result<FullyConnectedLitertI8Parameters, Problem> {
    let Source { bytes, biases, scales, range } = source_i8(lowering, node, channel_axis, activation)?;
    let factors: Vec<f64> = distinct(scales.iter().map(|&(x, weights, y)| weighted_factor(x, weights, y)).collect());
    let little_endian: Vec<u8> = factors.iter().flat_map(|factor| factor.to_le_bytes()).collect();
    let biases: Vec<u8> = biases.iter().flat_map(|bias| bias.to_le_bytes()).collect();
    Ok(FullyConnectedLitertI8Parameters {
        weights: lowering.constant(&bytes),
        biases: lowering.constant(&biases),
        factors: lowering.constant(&little_endian),
        per_channel: factors.len() > 1,
        range,
    })
}

/// What an int8 node with weights brings along, checked.
struct Source {
    /// Weights.
    bytes: Vec<u8>,
    /// One per output channel.
    biases: Vec<i32>,
    /// Scales of input, weights and output, per output channel.
    scales: Vec<(f32, f32, f32)>,
    range: QuantizedRange,
}

fn source_i8(
    lowering: &Lowering<'_>,
    node: &Node,
    channel_axis: usize,
    activation: Activation,
) -> Result<Source, Problem> {
    let x = quantization_i8(node, lowering.operand(node, 0)?)?;
    let y = quantization_i8(node, lowering.result(node, 0)?)?;
    let weights = lowering.operand(node, 1)?;
    let channels = channel_count(node, weights, channel_axis)?;
    let elements = weights.i8_data().ok_or_else(|| not_constant(node, weights))?;
    let scales = weight_scales(node, weights, channels, channel_axis)?;
    let biases = biases_i32(lowering, node, channels)?;
    prove_sums(node, weights, elements.len(), &biases)?;
    let (activation_min, activation_max) = activation_range_i8(prepared(activation), y.scale, y.zero_point.into());
    Ok(Source {
        bytes: elements.iter().map(|&weight| weight as u8).collect(),
        biases,
        scales: scales.iter().map(|&scale| (x.scale, scale, y.scale)).collect(),
        range: QuantizedRange {
            input_zero_point: x.zero_point,
            output_zero_point: y.zero_point,
            activation_min,
            activation_max,
        },
    })
}

/// One value where all are the same, else all.
pub fn distinct<T: PartialEq>(mut values: Vec<T>) -> Vec<T> {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        values.truncate(1);
    }
    values
}

/// Prepares the constants of a float32 node.
///
/// # Errors
/// Weights or bias that are not float32 constants of the right size.
pub fn constants_f32(
    lowering: &mut Lowering<'_>,
    node: &Node,
    channel_axis: usize,
    activation: Activation,
) -> Result<WeightsF32, Problem> {
    let weights = lowering.operand(node, 1)?;
    let channels = channel_count(node, weights, channel_axis)?;
    let (ElementType::F32, Some(data)) = (weights.element_type, &weights.data) else {
        return Err(not_constant(node, weights));
    };
    let biases = match node.inputs.get(2) {
        None => vec![0; channels * 4],
        Some(&id) => {
            let bias = lowering.tensor(id);
            match (&bias.data, bias.element_type) {
                (Some(data), ElementType::F32) if data.len() == channels * 4 => data.to_vec(),
                _ => return Err(not_constant(node, bias)),
            }
        }
    };
    let (activation_min, activation_max) = activation_range_f32(prepared(activation));
    Ok(WeightsF32 {
        weights: lowering.constant(data),
        biases: lowering.constant(&biases),
        activation_min,
        activation_max,
    })
}

/// Output channels of weights.
pub fn channel_count(node: &Node, weights: &Tensor, axis: usize) -> Result<usize, Problem> {
    let found = weights.shape.get(axis).copied().filter(|&channels| channels > 0);
    found.ok_or_else(|| problem(node, &weights.name, "has no output channels", "report it with the model"))
}

/// The problem of weights or a bias that are no constant of the right type.
pub fn not_constant(node: &Node, tensor: &Tensor) -> Problem {
    if tensor.data.is_some() {
        return wrong_type(node, tensor);
    }
    let fix = "freeze the model so that weights are constants";
    problem(node, &tensor.name, "weights and biases must be constants", fix)
}

/// One scale per output channel.
pub fn weight_scales(node: &Node, weights: &Tensor, channels: usize, axis: usize) -> Result<Vec<f32>, Problem> {
    let wrong = |reason: &str| {
        let fix = "export the model with symmetric int8 weights, per tensor or per output channel";
        problem(node, &weights.name, reason, fix)
    };
    let quantization = weights.quantization.as_ref().ok_or_else(|| wrong("has no quantisation"))?;
    if quantization.zero_points.iter().any(|&zero_point| zero_point != 0) {
        return Err(wrong("has weights with a zero point"));
    }
    if quantization.scales.iter().any(|scale| !scale.is_finite() || *scale < 0.0) {
        return Err(wrong("has a scale that is not a positive number"));
    }
    match quantization.scales.len() {
        1 => Ok(vec![quantization.scale(0); channels]),
        count if count == channels && quantization.axis == axis => Ok(quantization.scales.clone()),
        _ => Err(wrong("is quantised along another axis than its output channels")),
    }
}

fn biases_i32(lowering: &Lowering<'_>, node: &Node, channels: usize) -> Result<Vec<i32>, Problem> {
    let Some(_) = node.inputs.get(2) else { return Ok(vec![0; channels]) };
    let bias = lowering.tensor(input_id(node, 2)?);
    let values = bias.i32_data().ok_or_else(|| not_constant(node, bias))?;
    if values.len() == channels {
        return Ok(values);
    }
    let reason = format!("has {} values for {channels} channels", values.len());
    Err(problem(node, &bias.name, &reason, "report it with the model"))
}

/// Proves that no partial sum of any channel leaves 32 bits, whatever inputs and weights are:
/// |bias| + 255 · 128 · weights < 2³¹. The engine asks the same of every file, and looks at no weights for it.
fn prove_sums(node: &Node, weights: &Tensor, count: usize, biases: &[i32]) -> Result<(), Problem> {
    let products = LARGEST_INPUT * LARGEST_WEIGHT * (count / biases.len().max(1)) as i64;
    let reach = |bias: i32| products + i64::from(bias).abs();
    let Some(channel) = biases.iter().position(|&bias| reach(bias) >= 1 << 31) else { return Ok(()) };
    let reason = format!("the sum of output channel {channel} can reach {}, beyond 32 bits", reach(biases[channel]));
    let fix = "make the layer smaller, retrain with a smaller bias, or keep it in float32";
    Err(problem(node, &weights.name, &reason, fix))
}
