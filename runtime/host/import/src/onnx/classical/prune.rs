//! Outputs that say the class by name, and what only they needed.

use super::super::pb::tensor_proto::DataType;
use super::super::pb::{GraphProto, TypeProto, ValueInfoProto, type_proto};
use std::collections::HashSet;

/// Keeps float outputs and those that were maps of scores, where there are any.
pub(super) fn drop_labels(graph: &mut GraphProto) {
    let element = |output: &ValueInfoProto| match output.r#type.as_ref().and_then(|kind| kind.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => Some(tensor.elem_type),
        // A sequence of maps, of which the reader knows nothing: what ZipMap gave.
        _ => None,
    };
    let real = [DataType::Float as i32, DataType::Double as i32];
    let is_score = |output: &ValueInfoProto| element(output).is_none_or(|kind| real.contains(&kind));
    if graph.output.iter().any(is_score) {
        graph.output.retain(is_score);
    }
    for output in graph.output.iter_mut().filter(|output| element(output).is_none()) {
        let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, ..Default::default() };
        output.r#type = Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() });
    }
}

/// Removes nodes and initialisers that no output depends on.
pub(super) fn drop_unused(graph: &mut GraphProto) {
    let mut needed: HashSet<String> = graph.output.iter().map(|output| output.name.clone()).collect();
    // Nodes are in the order of their values, as the format demands: one walk from the end sees every reader first.
    let mut kept: Vec<_> = std::mem::take(&mut graph.node);
    kept.reverse();
    kept.retain(|node| {
        let used = node.output.iter().any(|output| needed.contains(output));
        if used {
            needed.extend(node.input.iter().cloned());
        }
        // What a body of control flow reads from outside is not among the inputs: such nodes keep everything.
        for body in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()).filter(|_| used) {
            needed.extend(body.node.iter().flat_map(|node| node.input.iter().cloned()));
            needed.extend(body.output.iter().map(|output| output.name.clone()));
        }
        used
    });
    kept.reverse();
    graph.node = kept;
    graph.initializer.retain(|tensor| needed.contains(&tensor.name));
}
