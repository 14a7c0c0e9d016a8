//! In which order an input is stored.

use super::pb::{GraphProto, NodeProto};
use std::sync::LazyLock;

/// Operators that want channels last.
const SPATIAL: &[&str] = &[
    "Conv",
    "ConvTranspose",
    "ConvInteger",
    "QLinearConv",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "QLinearAveragePool",
    "QLinearGlobalAveragePool",
    "Resize",
    "Upsample",
    "DepthToSpace",
    "SpaceToDepth",
];

/// Operators with one data input that keep its axes.
const TRANSPARENT: &[&str] = &[
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Relu",
    "Clip",
    "BatchNormalization",
    "Pad",
    "QuantizeLinear",
    "DequantizeLinear",
    "Identity",
    "Cast",
    "Dropout",
    "Sigmoid",
    "Tanh",
    "LeakyRelu",
    "PRelu",
    "Neg",
    "Abs",
    "Sqrt",
    "Exp",
    "Log",
    "Pow",
];

/// The order that spares transposes: channels last when the way from the input leads to a spatial operator first,
/// whichever way transposes on it turn the axes; else the source's own.
pub(super) fn input_order(graph: &GraphProto, input: &str, rank: usize) -> Vec<usize> {
    let plain: Vec<usize> = (0..rank).collect();
    if !(3..=4).contains(&rank) {
        return plain;
    }
    // Axis i of the present value is axis `axes[i]` of the input.
    let (mut name, mut axes) = (input, plain.clone());
    for _ in 0..graph.node.len() {
        let Some(node) = graph.node.iter().find(|node| node.input.iter().any(|read| read == name)) else { break };
        let operator = node.op_type.as_str();
        if SPATIAL.contains(&operator) && node.input.first().is_some_and(|first| first == name) {
            let channels_last = (0..1).chain(2..rank).chain([1]);
            return channels_last.map(|axis| axes[axis]).collect();
        }
        if operator == "Transpose" {
            let permutation = node.attribute.iter().find(|attribute| attribute.name == "perm");
            let permutation: Vec<usize> = permutation
                .map(|found| found.ints.iter().filter_map(|&axis| usize::try_from(axis).ok()).collect())
                .unwrap_or((0..rank).rev().collect());
            let mut sorted = permutation.clone();
            sorted.sort_unstable();
            if sorted != plain {
                break;
            }
            axes = permutation.iter().map(|&axis| axes[axis]).collect();
        } else if !TRANSPARENT.contains(&operator) {
            break;
        }
        let Some(output) = node.output.first() else { break };
        name = output;
    }
    plain
}

/// A node without name, operator or operands: the graph's edge.
pub(super) fn no_node() -> &'static NodeProto {
    static NONE: LazyLock<NodeProto> = LazyLock::new(NodeProto::default);
    &NONE
}
