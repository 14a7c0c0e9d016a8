//! 8-bit tensors made alike: each with a quantisation, all of them int8 inside the graph.

use super::movement::moves;
use mote_graph::{ElementType, Graph, Node, Operator, Quantization, Tensor, TensorId};
use std::sync::Arc;

/// Operators that keep their input's quantisation when they work on stored numbers.
fn keeps_quantization(operator: &Operator) -> bool {
    moves(operator) || matches!(operator, Operator::Lookup { .. })
}

fn is_byte(tensor: &Tensor) -> bool {
    matches!(tensor.element_type, ElementType::I8 | ElementType::U8)
}

/// Gives 8-bit tensors that have no quantisation that of the tensors they are moved from or to. What is never
/// dequantised anywhere counts in steps of 1.
pub(super) fn describe(graph: &mut Graph) {
    let Graph { tensors, nodes, .. } = graph;
    let mut pass = |from: &[TensorId], to: &[TensorId]| {
        let known = from.iter().find_map(|&id| tensors[id].quantization.clone().filter(|_| is_byte(&tensors[id])));
        let Some(known) = known else { return };
        for &id in to {
            if is_byte(&tensors[id]) && tensors[id].quantization.is_none() {
                tensors[id].quantization = Some(known.clone());
            }
        }
    };
    for node in nodes.iter().filter(|node| keeps_quantization(&node.operator)) {
        pass(&node.inputs, &node.outputs);
    }
    for node in nodes.iter().rev().filter(|node| keeps_quantization(&node.operator)) {
        pass(&node.outputs, &node.inputs);
    }
    for node in nodes.iter().filter(|node| keeps_quantization(&node.operator)) {
        pass(&node.inputs, &node.outputs);
    }
    for tensor in tensors.iter_mut().filter(|tensor| is_byte(tensor) && tensor.quantization.is_none()) {
        tensor.quantization = Some(Quantization::per_tensor(1.0, 0));
    }
}

/// Makes every uint8 tensor int8 with a zero point less by 128, which stands for the same values. Graph inputs and
/// outputs keep their type and are converted at the border.
pub(super) fn make_signed(graph: &mut Graph) {
    let unsigned = |graph: &Graph, id: TensorId| graph.tensors[id].element_type == ElementType::U8;
    // Where bytes are numbers of their own, nothing is touched.
    let takes_signed = |operator: &Operator| {
        matches!(operator, Operator::Quantize | Operator::Dequantize) || keeps_quantization(operator)
    };
    let has_unsigned = |node: &&Node| node.inputs.iter().chain(&node.outputs).any(|&id| unsigned(graph, id));
    if !graph.nodes.iter().filter(has_unsigned).all(|node| takes_signed(&node.operator)) {
        return;
    }
    let mut front = Vec::new();
    for id in graph.inputs.clone() {
        if unsigned(graph, id) && !graph.outputs.contains(&id) {
            let inside = graph.tensors[id].clone();
            let inside = graph.add_tensor(inside);
            rename(&mut graph.nodes, id, inside);
            let origin = format!("graph input '{}'", graph.tensors[id].name);
            front.push(Node { operator: Operator::Quantize, inputs: vec![id], outputs: vec![inside], origin });
        }
    }
    let mut back = Vec::new();
    for id in graph.outputs.clone() {
        if unsigned(graph, id) && !graph.inputs.contains(&id) && graph.tensors[id].data.is_none() {
            let inside = graph.tensors[id].clone();
            let inside = graph.add_tensor(inside);
            rename(&mut graph.nodes, id, inside);
            let origin = format!("graph output '{}'", graph.tensors[id].name);
            back.push(Node { operator: Operator::Quantize, inputs: vec![inside], outputs: vec![id], origin });
        }
    }
    for node in &mut graph.nodes {
        if let Operator::Pad { value: Some(value), .. } = &mut node.operator
            && graph.tensors[node.inputs[0]].element_type == ElementType::U8
        {
            value.iter_mut().for_each(|byte| *byte ^= 0x80);
        }
    }
    for node in &mut graph.nodes {
        // Its bytes are read and written with the sign bit turned.
        let Operator::Lookup { table } = &mut node.operator else { continue };
        if graph.tensors[node.inputs[0]].element_type == ElementType::U8 {
            let old = table.clone();
            **table = std::array::from_fn(|byte| old[byte ^ 0x80] ^ 0x80);
        }
    }
    let ports: Vec<TensorId> = graph.inputs.iter().chain(&graph.outputs).copied().collect();
    for (id, tensor) in graph.tensors.iter_mut().enumerate() {
        if tensor.element_type == ElementType::U8 && !ports.contains(&id) {
            tensor.element_type = ElementType::I8;
            if let Some(quantization) = &mut tensor.quantization {
                quantization.zero_points.iter_mut().for_each(|point| *point -= 128);
            }
            if let Some(data) = &mut tensor.data {
                *data = Arc::new(data.iter().map(|byte| byte ^ 0x80).collect());
            }
        }
    }
    front.append(&mut graph.nodes);
    front.append(&mut back);
    graph.nodes = front;
}

fn rename(nodes: &mut [Node], from: TensorId, to: TensorId) {
    for id in nodes.iter_mut().flat_map(|node| node.inputs.iter_mut().chain(&mut node.outputs)) {
        if *id == from {
            *id = to;
        }
    }
}
