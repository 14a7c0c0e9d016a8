//! Operators whose results nobody reads, and tensors nobody names.

use super::report::{Rewrite, RewriteKind};
use mote_graph::{Graph, Operator, TensorId};

/// Removes operators that lead to no graph output and no state.
pub(super) fn remove_dead_operators(graph: &mut Graph, rewrites: &mut Vec<Rewrite>) {
    let mut read = vec![false; graph.tensors.len()];
    for &output in &graph.outputs {
        read[output] = true;
    }
    let mut live = vec![false; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        let stores = matches!(node.operator, Operator::AssignState { .. });
        if stores || node.outputs.iter().any(|&output| read[output]) {
            live[index] = true;
            for &input in &node.inputs {
                read[input] = true;
            }
        }
    }
    let source = graph.clone();
    for (node, _) in source.nodes.iter().zip(&live).filter(|(_, live)| !**live) {
        let weights = node.inputs.get(1).map_or(0, |&id| source.tensors[id].bytes() as u64);
        let macs_saved = source.node_macs(node);
        rewrites.push(Rewrite {
            macs_saved,
            weight_bytes_saved: if macs_saved > 0 { weights } else { 0 },
            ..Rewrite::structural(RewriteKind::DeadOperator, &node.origin, "removed: nothing reads its result".into())
        });
    }
    let mut flags = live.into_iter();
    graph.nodes.retain(|_| flags.next().unwrap_or(true));
}

/// The graph without tensors nothing names, and for each tensor its index before.
///
/// Graph inputs and state tensors stay whether read or not.
pub(super) fn drop_unused_tensors(graph: &Graph) -> (Graph, Vec<TensorId>) {
    let mut used = vec![false; graph.tensors.len()];
    let named = graph.nodes.iter().flat_map(|node| node.inputs.iter().chain(&node.outputs));
    for &id in named.chain(&graph.inputs).chain(&graph.outputs).chain(graph.states.iter().map(|state| &state.like)) {
        used[id] = true;
    }
    let sources: Vec<TensorId> = (0..graph.tensors.len()).filter(|&id| used[id]).collect();
    let mut target = vec![0; graph.tensors.len()];
    for (id, &source) in sources.iter().enumerate() {
        target[source] = id;
    }
    let mut compact = graph.clone();
    compact.tensors = sources.iter().map(|&id| graph.tensors[id].clone()).collect();
    let renumber = |ids: &mut Vec<TensorId>| ids.iter_mut().for_each(|id| *id = target[*id]);
    for node in &mut compact.nodes {
        renumber(&mut node.inputs);
        renumber(&mut node.outputs);
    }
    renumber(&mut compact.inputs);
    renumber(&mut compact.outputs);
    for state in &mut compact.states {
        state.like = target[state.like];
    }
    (compact, sources)
}
