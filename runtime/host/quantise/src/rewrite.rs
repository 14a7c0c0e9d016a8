//! The int8 graph: the float graph's nodes and tensor numbers, with parameters, integer constants, and conversions where
//! two operators cannot agree on parameters.

use crate::calibrate::Observations;
use crate::groups::{Groups, fixed_output};
use crate::histogram::Histogram;
use crate::options::Method;
use crate::parameters::{activation, floats, to_i8};
use crate::prepare::{channel_axis, is_weighted};
use crate::range;
use crate::weights::{Order, quantize_weights};
use mote_graph::{ElementType, Graph, Node, Operator, Quantization, Tensor, TensorId};
use std::sync::Arc;

/// Settings of one rewriting.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Choice of ranges.
    pub method: Method,
    /// Correct biases.
    pub correct_bias: bool,
    /// Leave graph inputs and outputs float.
    pub float_ports: bool,
}

/// Rewrites `graph`, whose tensors took the observed values. Tensor numbers below `graph.tensors.len()` keep their meaning.
pub fn rewrite(graph: &Graph, observations: &Observations, settings: Settings) -> Graph {
    let groups = Groups::of(graph);
    let parameters = group_parameters(graph, &groups, observations, settings.method);
    let of = |id: TensorId| parameters[groups.root(id)].clone();
    let mut result = graph.clone();
    for (id, tensor) in result.tensors.iter_mut().enumerate() {
        if tensor.element_type == ElementType::F32
            && let (None, Some(quantization)) = (&tensor.data, of(id))
        {
            tensor.element_type = ElementType::I8;
            tensor.quantization = Some(quantization);
        }
    }
    for state in &mut result.states {
        if let Some(quantization) = of(state.like) {
            state.initial = Arc::new(to_i8(&floats(&state.initial), &quantization));
        }
    }
    result.nodes.clear();
    for node in &graph.nodes {
        let mut node = node.clone();
        if is_weighted(&node) {
            weighted(graph, &mut result, &mut node, observations, settings.correct_bias);
        } else {
            constants(graph, &mut result, &mut node, &groups, &parameters);
        }
        emit(&mut result, node);
    }
    if settings.float_ports {
        float_ports(graph, &mut result);
    }
    result
}

/// Parameters of each group, by its root: fixed by an operator when nothing else sets it, else from the merged values.
fn group_parameters(
    graph: &Graph,
    groups: &Groups,
    observations: &Observations,
    method: Method,
) -> Vec<Option<Quantization>> {
    let mut merged: Vec<Option<Histogram>> = vec![None; graph.tensors.len()];
    for (id, tensor) in graph.tensors.iter().enumerate() {
        if tensor.element_type != ElementType::F32 {
            continue;
        }
        let root = groups.root(id);
        let histogram = match (&tensor.data, observations.get(id).and_then(Option::as_ref)) {
            // Constants count where they stand beside activations, not as weights (which form no group).
            (Some(data), _) if root != id || in_group(graph, groups, id) => {
                let mut histogram = Histogram::default();
                histogram.add(&floats(data));
                histogram
            }
            (None, Some(observed)) => observed.histogram.clone(),
            _ => continue,
        };
        merged[root].get_or_insert_with(Histogram::default).merge(&histogram);
    }
    let mut parameters: Vec<Option<Quantization>> = merged
        .iter()
        .map(|histogram| {
            let (low, high) = range::choose(histogram.as_ref()?, method);
            Some(activation(low, high))
        })
        .collect();
    for node in &graph.nodes {
        if let (Some((scale, zero_point)), Some(&output)) = (fixed_output(&node.operator), node.outputs.first())
            && !written_by_others(graph, groups, node, output)
        {
            parameters[groups.root(output)] = Some(Quantization::per_tensor(scale, zero_point));
        }
    }
    parameters
}

fn in_group(graph: &Graph, groups: &Groups, id: TensorId) -> bool {
    (0..graph.tensors.len()).any(|other| other != id && groups.root(other) == id)
}

/// True when an operator that makes new values, other than `node` and its like, writes into the group of `output`.
fn written_by_others(graph: &Graph, groups: &Groups, node: &Node, output: TensorId) -> bool {
    let root = groups.root(output);
    let within = |id: &TensorId| groups.root(*id) == root;
    let graph_input = graph.inputs.iter().any(within);
    let other = |other: &Node| {
        let makes = !other.inputs.iter().any(within);
        other.outputs.iter().any(within) && makes && fixed_output(&other.operator) != fixed_output(&node.operator)
    };
    graph_input || graph.nodes.iter().any(other)
}

/// Appends a node; when its output's parameters are fixed and the group has others, with a conversion.
fn emit(result: &mut Graph, mut node: Node) {
    let Some(((scale, zero_point), output)) = fixed_output(&node.operator).zip(node.outputs.first().copied()) else {
        result.nodes.push(node);
        return;
    };
    let fixed = Quantization::per_tensor(scale, zero_point);
    let tensor = &result.tensors[output];
    if tensor.element_type != ElementType::I8 || tensor.quantization.as_ref() == Some(&fixed) {
        result.nodes.push(node);
        return;
    }
    let own = Tensor { quantization: Some(fixed), name: format!("{} (own scale)", tensor.name), ..tensor.clone() };
    let own = result.add_tensor(own);
    node.outputs[0] = own;
    let origin = format!("{} (rescaled)", node.origin);
    result.nodes.push(node);
    result.nodes.push(Node { operator: Operator::Quantize, inputs: vec![own], outputs: vec![output], origin });
}

/// Quantises weights and bias of a node.
fn weighted(graph: &Graph, result: &mut Graph, node: &mut Node, observations: &Observations, correct_bias: bool) {
    let input = node.inputs[0];
    let Some(input_scale) = result.tensors[input].quantization.as_ref().map(|q| q.scale(0)) else { return };
    let weights = &graph.tensors[node.inputs[1]];
    let Some(values) = weights.data.as_ref().map(|data| floats(data)) else { return };
    let biases = node.inputs.get(2).and_then(|&id| graph.tensors[id].data.as_ref()).map(|data| floats(data));
    let axis = channel_axis(&node.operator);
    let channels = weights.shape.get(axis).copied().unwrap_or(1);
    let order = Order { channels, outermost: axis == 0 };
    let inner = match node.operator {
        Operator::DepthwiseConv2d { multiplier, .. } => channels / multiplier.max(1),
        _ => weights.shape.last().copied().unwrap_or(1),
    };
    let means = observations.get(input).and_then(Option::as_ref).map(|observed| observed.means_of(inner));
    let repeated = channels / inner.max(1);
    let grouped = matches!(node.operator, Operator::Conv2d { groups, .. } if groups > 1);
    let mean = |at: usize| match (&means, &node.operator) {
        (Some(means), Operator::DepthwiseConv2d { .. }) => means[(at % channels) / repeated.max(1)],
        (Some(means), _) => means[at % inner],
        _ => 0.0,
    };
    let correct = correct_bias && means.is_some() && !grouped;
    let quantized = quantize_weights(
        &values,
        biases.as_deref().unwrap_or(&[]),
        order,
        input_scale,
        correct.then_some(&mean as &dyn Fn(usize) -> f64),
    );
    let weights = Tensor {
        element_type: ElementType::I8,
        quantization: Some(quantized.quantization),
        data: Some(Arc::new(quantized.bytes)),
        ..weights.clone()
    };
    let name = node.inputs.get(2).map_or(format!("{} bias", weights.name), |&id| graph.tensors[id].name.clone());
    let bias = Tensor {
        name,
        shape: vec![channels],
        element_type: ElementType::I32,
        quantization: Some(quantized.bias_quantization),
        data: Some(Arc::new(quantized.biases.iter().flat_map(|bias| bias.to_le_bytes()).collect())),
    };
    node.inputs = vec![input, result.add_tensor(weights), result.add_tensor(bias)];
}

/// Quantises the float constants among the operands, and a padding value.
fn constants(graph: &Graph, result: &mut Graph, node: &mut Node, groups: &Groups, parameters: &[Option<Quantization>]) {
    for slot in &mut node.inputs {
        let tensor = &graph.tensors[*slot];
        let (ElementType::F32, Some(data)) = (tensor.element_type, &tensor.data) else { continue };
        let values = floats(data);
        let own = || {
            let ends = values.iter().fold((0.0f32, 0.0f32), |(low, high), &value| (low.min(value), high.max(value)));
            activation(ends.0, ends.1)
        };
        let quantization = parameters[groups.root(*slot)].clone().unwrap_or_else(own);
        let constant = Tensor {
            element_type: ElementType::I8,
            data: Some(Arc::new(to_i8(&values, &quantization))),
            quantization: Some(quantization),
            ..tensor.clone()
        };
        *slot = result.add_tensor(constant);
    }
    if let Operator::Pad { value: Some(value), .. } = &mut node.operator
        && let Some(quantization) = node.outputs.first().and_then(|&id| result.tensors[id].quantization.as_ref())
        && value.len() == 4
    {
        *value = to_i8(&floats(value), quantization);
    }
}

/// Puts conversions between float graph inputs and outputs and the int8 inside.
fn float_ports(graph: &Graph, result: &mut Graph) {
    let float = |id: TensorId| graph.tensors[id].element_type == ElementType::F32;
    for index in 0..result.inputs.len() {
        let id = result.inputs[index];
        if float(id) {
            let port = result.add_tensor(graph.tensors[id].clone());
            result.inputs[index] = port;
            let (inputs, outputs) = (vec![port], vec![id]);
            result.nodes.insert(0, Node { operator: Operator::Quantize, inputs, outputs, origin: "input".into() });
        }
    }
    for index in 0..result.outputs.len() {
        let id = result.outputs[index];
        if float(id) {
            let port = result.add_tensor(graph.tensors[id].clone());
            result.outputs[index] = port;
            let (inputs, outputs) = (vec![id], vec![port]);
            result.nodes.push(Node { operator: Operator::Dequantize, inputs, outputs, origin: "output".into() });
        }
    }
}
