//! What is done to the float graph before it is looked at: activations that stand alone are fused into what they follow,
//! so that int8 clips once instead of rounding twice.

use mote_graph::{Activation, BinaryKind, Graph, Node, Operator, UnaryKind};

/// Fuses each RELU, RELU6 and RELU_N1_TO_1 into the operator before it, where that has no activation of its own and its
/// output is read by nothing else.
pub fn fuse_activations(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    let mut index = 0;
    while index < graph.nodes.len() {
        if let Some(producer) = fusible(&graph, index) {
            let node = graph.nodes.remove(index);
            let Operator::Unary(kind) = node.operator else { continue };
            if let (Some(slot), Some(activation)) =
                (activation_of(&mut graph.nodes[producer].operator), activation(kind))
            {
                *slot = activation;
            }
            graph.nodes[producer].outputs = node.outputs;
        } else {
            index += 1;
        }
    }
    graph
}

/// The node that the activation at `index` can be fused into.
fn fusible(graph: &Graph, index: usize) -> Option<usize> {
    let node = &graph.nodes[index];
    let Operator::Unary(kind) = node.operator else { return None };
    activation(kind)?;
    let &input = node.inputs.first()?;
    let producer = graph.producer(input)?;
    let alone = graph.consumers(input).count() == 1 && !graph.outputs.contains(&input);
    let mut operator = graph.nodes[producer].operator.clone();
    (alone && activation_of(&mut operator).is_some_and(|own| *own == Activation::None)).then_some(producer)
}

fn activation(kind: UnaryKind) -> Option<Activation> {
    match kind {
        UnaryKind::Relu => Some(Activation::Relu),
        UnaryKind::Relu6 => Some(Activation::Relu6),
        UnaryKind::ReluN1To1 => Some(Activation::ReluN1To1),
        _ => None,
    }
}

/// Where an operator keeps its fused activation, if it can have one. Pooling is left out: it may not change parameters.
fn activation_of(operator: &mut Operator) -> Option<&mut Activation> {
    match operator {
        Operator::Binary { kind: BinaryKind::Maximum | BinaryKind::Minimum, .. } => None,
        Operator::Conv2d { activation, .. }
        | Operator::DepthwiseConv2d { activation, .. }
        | Operator::FullyConnected { activation }
        | Operator::TransposeConv2d { activation, .. }
        | Operator::Binary { activation, .. } => Some(activation),
        _ => None,
    }
}

/// True for operators with weights in their second input and an optional bias in their third.
pub fn is_weighted(node: &Node) -> bool {
    matches!(
        node.operator,
        Operator::Conv2d { .. }
            | Operator::DepthwiseConv2d { .. }
            | Operator::FullyConnected { .. }
            | Operator::TransposeConv2d { .. }
    )
}

/// Axis of a weight tensor along which its output channels stand.
pub fn channel_axis(operator: &Operator) -> usize {
    if matches!(operator, Operator::DepthwiseConv2d { .. }) { 3 } else { 0 }
}
