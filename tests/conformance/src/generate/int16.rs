//! int16 graphs, made of int8 ones: activations get 256 times as many steps of a 256th of the size.

use super::builder::random_bytes;
use crate::random::Random;
use mote_graph::{ElementType, Graph, Operator, Quantization, TensorId, UnaryKind};
use std::sync::Arc;

/// Operators with int16 kernels.
pub(super) const OPERATORS: &[&str] = &[
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "ADD",
    "SUB",
    "MUL",
    "MAXIMUM",
    "MINIMUM",
    "LOGISTIC",
    "TANH",
    "RELU",
    "RELU6",
    "RELU_N1_TO_1",
    "LEAKY_RELU",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "SOFTMAX",
    "PAD",
    "RESHAPE",
    "TRANSPOSE",
    "CONCATENATION",
    "SPLIT",
    "STRIDED_SLICE",
    "PACK",
    "UNPACK",
    "QUANTIZE",
    "GATHER",
    "ASSIGN_VARIABLE",
    "DEQUANTIZE",
];

/// Largest factor from a sum to an output that the arithmetic takes.
const LARGEST_FACTOR: f32 = 100.0;

/// The int8 graph `graph` of one operator, with int16 activations. QUANTIZE keeps int8 on one side at times.
pub(super) fn widened(mut graph: Graph, seed: u64) -> Graph {
    let mut random = Random::new(seed ^ 0x1616);
    let weighted = is_weighted(&graph);
    let kept = kept_int8(&graph, &mut random);
    for id in 0..graph.tensors.len() {
        let is_weights = weighted && graph.nodes[0].inputs[1] == id;
        if graph.tensors[id].element_type != ElementType::I8 || is_weights || kept == Some(id) {
            continue;
        }
        let elements = graph.tensors[id].elements();
        let tensor = &mut graph.tensors[id];
        tensor.element_type = ElementType::I16;
        if let Some(quantization) = &tensor.quantization {
            tensor.quantization = Some(Quantization::per_tensor(quantization.scale(0) / 256.0, 0));
        }
        if tensor.data.is_some() {
            tensor.data = Some(Arc::new(random_bytes(&mut random, ElementType::I16, elements)));
        }
    }
    for state in &mut graph.states {
        let like = &graph.tensors[state.like];
        state.initial = Arc::new(random_bytes(&mut random, like.element_type, like.elements()));
    }
    let output = graph.nodes[0].outputs.first().copied();
    match &mut graph.nodes[0].operator {
        Operator::Pad { value: Some(value), .. } => *value = random_bytes(&mut random, ElementType::I16, 1),
        Operator::Softmax { .. } | Operator::Unary(UnaryKind::Logistic | UnaryKind::Tanh) => {
            let output = output.expect("these operators have an output");
            graph.tensors[output].quantization = Some(Quantization::per_tensor(1.0 / 32768.0, 0));
        }
        _ => {}
    }
    if weighted {
        widen_layer(&mut graph, &mut random);
    }
    mote_graph::verify(&graph).expect("a widened graph keeps a graph's promises");
    graph
}

fn is_weighted(graph: &Graph) -> bool {
    let operator = &graph.nodes[0].operator;
    matches!(operator, Operator::Conv2d { .. } | Operator::DepthwiseConv2d { .. } | Operator::FullyConnected { .. })
}

/// A tensor of a QUANTIZE that stays int8: input, output or neither; never when the other is float32.
fn kept_int8(graph: &Graph, random: &mut Random) -> Option<TensorId> {
    let node = &graph.nodes[0];
    if node.operator != Operator::Quantize {
        return None;
    }
    let both = [node.inputs[0], node.outputs[0]];
    let integers = both.iter().all(|&id| graph.tensors[id].element_type == ElementType::I8);
    if integers { random.pick(&[Some(both[0]), Some(both[1]), None]) } else { None }
}

/// Gives a layer a bias of int64, or at times of int32 where all sums fit, and a factor that the arithmetic takes.
fn widen_layer(graph: &mut Graph, random: &mut Random) {
    let node = graph.nodes[0].clone();
    let [input, weights, output] = [node.inputs[0], node.inputs[1], node.outputs[0]];
    let scale = |id: TensorId| graph.tensors[id].quantization.as_ref().map_or(1.0, |q| q.scale(0));
    let largest_scale = graph.tensors[weights].quantization.iter().flat_map(|q| &q.scales).fold(0f32, |a, &b| a.max(b));
    let factor = scale(input) * largest_scale / scale(output);
    if factor > LARGEST_FACTOR {
        let wider = scale(output) * factor / LARGEST_FACTOR;
        graph.tensors[output].quantization = Some(Quantization::per_tensor(wider, 0));
    }
    let Some(&bias) = node.inputs.get(2) else { return };
    let values = graph.tensors[bias].i32_data().expect("int8 layers have int32 biases");
    let elements = graph.tensors[weights].elements() as i64 / values.len() as i64;
    let fits = values.iter().all(|&value| i64::from(value).abs() + elements * (1 << 22) < 1 << 31);
    let depthwise = matches!(node.operator, Operator::DepthwiseConv2d { .. });
    if fits && !depthwise && random.chance(2) {
        return;
    }
    let tensor = &mut graph.tensors[bias];
    tensor.element_type = ElementType::I64;
    tensor.data = Some(Arc::new(values.iter().flat_map(|&value| (i64::from(value) * 256).to_le_bytes()).collect()));
}
