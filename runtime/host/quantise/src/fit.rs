//! Weights and biases fitted to the inputs a layer really gets, layer after layer.
//!
//! The int8 graph runs on the samples up to a layer; the layer's weights are then rounded together after its inputs'
//! covariance (see `round`), and its bias takes the difference of means, float against int8, that all earlier layers and
//! the rounding itself leave.

use crate::Sample;
use crate::error::QuantizeError;
use crate::measure::inputs;
use crate::parameters::{floats, reals_of};
use crate::patches::Layer;
use crate::round::{Moments, Rounding};
use crate::weights::bias_limit;
use mote_compile::Evaluator;
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::{ElementType, Graph, TensorId};
use std::sync::Arc;

/// Layers with more terms are rounded one weight at a time: the covariance would be too large.
const MAX_TERMS: usize = 1024;

/// Windows that a covariance is taken from, at least, and for each term.
const LEAST_WINDOWS: usize = 2048;
const WINDOWS_PER_TERM: usize = 4;

/// Fits every layer of `quantized`, which `rewrite` made of `float`.
///
/// # Errors
/// A graph that does not compile or run.
pub fn fit(float: &Graph, quantized: &mut Graph, samples: &[Sample], numerics: Numerics) -> Result<(), QuantizeError> {
    let layers: Vec<(usize, Layer)> =
        float.nodes.iter().enumerate().filter_map(|(index, node)| Some((index, Layer::of(float, node)?))).collect();
    let float_means = float_means(float, &layers, samples)?;
    for ((index, layer), float_means) in layers.iter().zip(&float_means) {
        let node = &float.nodes[*index];
        let Some(at) = quantized.nodes.iter().position(|other| other.outputs == node.outputs) else { continue };
        if quantized.tensors[quantized.nodes[at].inputs[1]].element_type != ElementType::I8 {
            continue;
        }
        let moments = moments(float, quantized, at, layer, samples, numerics)?;
        refit(float, quantized, [*index, at], layer, float_means, &moments);
    }
    Ok(())
}

/// Which windows of sample `sample` are looked at: every n-th over all samples.
fn chosen(layer: &Layer, elements: usize, samples: usize, sample: usize) -> impl Fn(usize) -> bool {
    let windows = layer.windows(elements);
    let wanted = LEAST_WINDOWS.max(WINDOWS_PER_TERM * layer.terms);
    let step = (windows * samples).div_ceil(wanted).max(1);
    move |at| (sample * windows + at).is_multiple_of(step)
}

/// Mean of every term of every layer in the float graph, group after group.
fn float_means(float: &Graph, layers: &[(usize, Layer)], samples: &[Sample]) -> Result<Vec<Vec<f64>>, QuantizeError> {
    let mut evaluator = Evaluator::with_operators(float, Numerics::Tflm, operators::native())?;
    let mut sums: Vec<Vec<f64>> = layers.iter().map(|(_, layer)| vec![0.0; layer.groups * layer.terms]).collect();
    let mut rows = vec![0usize; layers.len()];
    for (number, sample) in samples.iter().enumerate() {
        evaluator.run(sample)?;
        for (((index, layer), sums), rows) in layers.iter().zip(&mut sums).zip(&mut rows) {
            let Some(bytes) = evaluator.tensor(float.nodes[*index].inputs[0]) else { continue };
            let values = floats(bytes);
            layer.visit(&values, chosen(layer, values.len(), samples.len(), number), |group, terms| {
                *rows += usize::from(group == 0);
                let sums = &mut sums[group * layer.terms..(group + 1) * layer.terms];
                sums.iter_mut().zip(terms).for_each(|(sum, &term)| *sum += f64::from(term));
            });
        }
    }
    for (sums, rows) in sums.iter_mut().zip(rows) {
        sums.iter_mut().for_each(|sum| *sum /= rows.max(1) as f64);
    }
    Ok(sums)
}

/// What the inputs of node `at` do in the quantised graph, by group. Where the covariance would be too large, means only.
fn moments(
    float: &Graph,
    quantized: &Graph,
    at: usize,
    layer: &Layer,
    samples: &[Sample],
    numerics: Numerics,
) -> Result<Vec<Moments>, QuantizeError> {
    let input = quantized.nodes[at].inputs[0];
    let prefix = up_to(quantized, at, input);
    let mut evaluator = match prefix.nodes.is_empty() {
        true => None,
        false => Some(Evaluator::with_operators(&prefix, numerics, operators::native())?),
    };
    let tensor = &quantized.tensors[input];
    let mut moments = vec![Moments::new(layer.terms, layer.terms <= MAX_TERMS); layer.groups];
    for (number, sample) in samples.iter().enumerate() {
        let sample = inputs(float, quantized, sample);
        let bytes = match &mut evaluator {
            Some(evaluator) => {
                evaluator.run(&sample)?;
                evaluator.tensor(input).map(<[u8]>::to_vec)
            }
            None => quantized.inputs.iter().position(|&port| port == input).map(|port| sample[port].clone()),
        };
        let values = bytes.map(|bytes| reals_of(&bytes, tensor)).unwrap_or_default();
        let chosen = chosen(layer, values.len(), samples.len(), number);
        layer.visit(&values, chosen, |group, terms| moments[group].add(terms));
    }
    Ok(moments)
}

/// The graph's nodes before `at`, with `output` as only output. With state the whole graph: what comes later feeds back.
fn up_to(graph: &Graph, at: usize, output: TensorId) -> Graph {
    let mut prefix = graph.clone();
    if graph.states.is_empty() {
        prefix.nodes.truncate(at);
        prefix.outputs = vec![output];
    }
    prefix
}

/// New weights and biases for one layer: node `float_at` of the float graph, `at` of the quantised.
fn refit(
    float: &Graph,
    quantized: &mut Graph,
    [float_at, at]: [usize; 2],
    layer: &Layer,
    float_means: &[f64],
    moments: &[Moments],
) {
    let node = &float.nodes[float_at];
    let Some(weights) = float.tensors[node.inputs[1]].data.as_ref().map(|data| floats(data)) else { return };
    let biases = node.inputs.get(2).and_then(|&id| float.tensors[id].data.as_ref()).map(|data| floats(data));
    let [input, weights_id, bias_id] = quantized.nodes[at].inputs[..] else { return };
    let scale_of = |id: TensorId, channel| quantized.tensors[id].quantization.as_ref().map(|q| q.scale(channel));
    let (Some(input_scale), Some(stored)) = (scale_of(input, 0), &quantized.tensors[weights_id].data) else { return };
    let mut stored = stored.to_vec();
    let mut new_biases = vec![0i32; layer.groups * layer.outputs];
    for (group, moments) in moments.iter().enumerate() {
        let rounding = moments.has_products().then(|| Rounding::of(moments));
        let means = moments.means();
        let float_means = &float_means[group * layer.terms..(group + 1) * layer.terms];
        for output in 0..layer.outputs {
            let channel = group * layer.outputs + output;
            let scale = f64::from(scale_of(weights_id, channel).unwrap_or(1.0));
            let places: Vec<usize> = (0..layer.terms).map(|term| layer.weight(group, output, term)).collect();
            if let Some(rounding) = &rounding {
                let wanted: Vec<f64> = places.iter().map(|&place| f64::from(weights[place]) / scale).collect();
                let rounded = rounding.round(&wanted);
                places.iter().zip(rounded).for_each(|(&place, weight)| stored[place] = weight as u8);
            }
            let sum = |values: &dyn Fn(usize) -> f64, means: &[f64]| -> f64 {
                places.iter().zip(means).map(|(&place, mean)| values(place) * mean).sum()
            };
            let float_sum = sum(&|place| f64::from(weights[place]), float_means);
            let integer_sum = sum(&|place| f64::from(stored[place] as i8) * scale, &means);
            let bias = biases.as_ref().and_then(|biases| biases.get(channel)).copied().unwrap_or(0.0);
            let unit = scale * f64::from(input_scale);
            let limit = bias_limit(layer.terms);
            let wanted = (f64::from(bias) + float_sum - integer_sum) / unit;
            new_biases[channel] = wanted.round().clamp(-limit, limit) as i32;
        }
    }
    quantized.tensors[weights_id].data = Some(Arc::new(stored));
    let bytes = new_biases.iter().flat_map(|bias| bias.to_le_bytes()).collect();
    quantized.tensors[bias_id].data = Some(Arc::new(bytes));
}
