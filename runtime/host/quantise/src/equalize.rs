//! Channels of one tensor brought to one range.
//!
//! A tensor has one scale for all its channels, so a channel that stays small is rounded coarsely. Between two layers with
//! weights, channel i may be divided by a factor in the first and multiplied by it in the second: RELU and no activation
//! commute with that. The idea is Nagel et al., "Data-free quantization through weight equalization and bias correction"
//! (2019); weights here have a scale per output channel, so what is brought into balance is the activation's own range
//! against the second layer's use of it.

use crate::calibrate::{Observations, Observed};
use crate::parameters::floats;
use crate::prepare::is_weighted;
use mote_graph::{Activation, Graph, Operator, TensorId};
use std::sync::Arc;

/// Factors are kept within this of 1 in either direction, so that no channel loses the other layer's precision.
const LARGEST_FACTOR: f32 = 64.0;

/// Equalises every pair of layers that allows it; returns how many pairs were.
pub fn equalize(graph: &mut Graph, observations: &Observations) -> usize {
    let mut pairs = 0;
    for first in 0..graph.nodes.len() {
        if let Some((second, factors)) = pair(graph, observations, first) {
            scale_outputs(graph, first, &factors);
            scale_inputs(graph, second, &factors);
            pairs += 1;
        }
    }
    pairs
}

/// The one layer that reads the output of layer `first`, with the factor of each channel.
fn pair(graph: &Graph, observations: &Observations, first: usize) -> Option<(usize, Vec<f32>)> {
    let node = &graph.nodes[first];
    let commutes = match node.operator {
        Operator::Conv2d { activation, .. }
        | Operator::DepthwiseConv2d { activation, .. }
        | Operator::FullyConnected { activation }
        | Operator::TransposeConv2d { activation, .. } => matches!(activation, Activation::None | Activation::Relu),
        _ => false,
    };
    let &output = node.outputs.first()?;
    let mut consumers = graph.consumers(output);
    let second = consumers.next()?;
    let next = &graph.nodes[second];
    let alone = consumers.next().is_none() && !graph.outputs.contains(&output);
    if !commutes || !alone || !is_weighted(next) || !constants(graph, first) || !constants(graph, second) {
        return None;
    }
    let observed = observations.get(output)?.as_ref()?;
    Some((second, factors(graph, second, observed)?))
}

fn constants(graph: &Graph, node: usize) -> bool {
    graph.nodes[node].inputs.iter().skip(1).all(|&id| graph.tensors[id].data.is_some())
}

/// Factor of each channel, against the largest of all. Where the second layer sums over channels, its weights for a channel
/// share a scale with the others', so range and use are balanced (the square root); a depthwise layer has a scale for each
/// channel and takes any factor.
fn factors(graph: &Graph, second: usize, observed: &Observed) -> Option<Vec<f32>> {
    let ranges = &observed.channel_maxima;
    let weights = &graph.tensors[graph.nodes[second].inputs[1]];
    let wanted: Vec<f32> = match graph.nodes[second].operator {
        Operator::DepthwiseConv2d { .. } => ranges.clone(),
        Operator::Conv2d { groups: 1, .. } | Operator::FullyConnected { .. } | Operator::TransposeConv2d { .. } => {
            // A flattened image has more inputs than channels.
            if weights.shape.last() != Some(&ranges.len()) {
                return None;
            }
            let mut uses = vec![0.0f32; ranges.len()];
            for (at, value) in floats(weights.data.as_ref()?).iter().enumerate() {
                let slot = &mut uses[at % ranges.len()];
                *slot = slot.max(value.abs());
            }
            ranges.iter().zip(&uses).map(|(range, weight)| (range / weight.max(1e-12)).sqrt()).collect()
        }
        _ => return None,
    };
    let largest = wanted.iter().copied().fold(0.0f32, f32::max);
    let factor = |&wanted: &f32| match largest > 0.0 && wanted > 0.0 {
        true => (wanted / largest).max(1.0 / LARGEST_FACTOR),
        false => 1.0,
    };
    Some(wanted.iter().map(factor).collect())
}

/// Divides the weights and biases of each output channel.
fn scale_outputs(graph: &mut Graph, node: usize, factors: &[f32]) {
    let outer = crate::prepare::channel_axis(&graph.nodes[node].operator) == 0;
    let inputs = graph.nodes[node].inputs.clone();
    replace(graph, node, 1, |weights, count| {
        let each = count / factors.len();
        weights
            .iter()
            .enumerate()
            .map(|(at, w)| w / factors[if outer { at / each } else { at % factors.len() }])
            .collect()
    });
    if inputs.len() > 2 {
        replace(graph, node, 2, |biases, _| biases.iter().zip(factors).map(|(bias, factor)| bias / factor).collect());
    }
}

/// Multiplies the weights of each input channel.
fn scale_inputs(graph: &mut Graph, node: usize, factors: &[f32]) {
    let multiplier = match graph.nodes[node].operator {
        Operator::DepthwiseConv2d { multiplier, .. } => multiplier,
        _ => 1,
    };
    let period = factors.len() * multiplier;
    replace(graph, node, 1, |weights, _| {
        weights.iter().enumerate().map(|(at, w)| w * factors[(at % period) / multiplier]).collect()
    });
}

/// Gives operand `operand` of `node` new constant values, in a tensor of its own (constants may be shared).
fn replace(graph: &mut Graph, node: usize, operand: usize, change: impl Fn(&[f32], usize) -> Vec<f32>) {
    let id: TensorId = graph.nodes[node].inputs[operand];
    let mut tensor = graph.tensors[id].clone();
    let Some(data) = &tensor.data else { return };
    let values = floats(data);
    let changed = change(&values, values.len());
    tensor.data = Some(Arc::new(changed.iter().flat_map(|value| value.to_le_bytes()).collect()));
    graph.nodes[node].inputs[operand] = graph.add_tensor(tensor);
}
