//! Operators that change no byte.

use super::report::{Rewrite, RewriteKind};
use mote_graph::{Activation, Graph, Operator, Tensor, TensorId};

/// Removes operators that copy their input under the same shape and quantisation, turns those that only change the
/// shape into RESHAPE, and merges chains of RESHAPE.
///
/// An identity between a graph input (or constant) and a graph output stays: both names must exist.
pub(super) fn remove_identities(graph: &mut Graph, rewrites: &mut Vec<Rewrite>) {
    merge_reshapes(graph, rewrites);
    let mut index = 0;
    while index < graph.nodes.len() {
        let node = &graph.nodes[index];
        let (name, origin) = (node.operator.name(), node.origin.clone());
        if !copies_bytes(graph, index) {
            index += 1;
            continue;
        }
        let (input, output) = (node.inputs[0], node.outputs[0]);
        let (from, to) = (&graph.tensors[input], &graph.tensors[output]);
        if from.shape == to.shape && reroute(graph, index, input, output) {
            let what = format!("{name} of the same shape and quantisation removed");
            rewrites.push(Rewrite::structural(RewriteKind::Identity, &origin, what));
            continue;
        }
        if graph.nodes[index].operator != Operator::Reshape {
            graph.nodes[index].operator = Operator::Reshape;
            let what = format!("{name} moves no element: RESHAPE");
            rewrites.push(Rewrite::structural(RewriteKind::Identity, &origin, what));
        }
        index += 1;
    }
    merge_reshapes(graph, rewrites);
}

/// True when the output's bytes are the input's and mean the same.
fn copies_bytes(graph: &Graph, index: usize) -> bool {
    let node = &graph.nodes[index];
    let ([input], [output]) = (&node.inputs[..], &node.outputs[..]) else { return false };
    let (from, to) = (&graph.tensors[*input], &graph.tensors[*output]);
    if from.element_type != to.element_type || from.quantization != to.quantization || from.elements() != to.elements()
    {
        return false;
    }
    match &node.operator {
        Operator::Reshape | Operator::Cast | Operator::Split { .. } => true,
        Operator::Quantize => from.quantization.as_ref().is_some_and(|q| q.is_per_tensor()),
        Operator::Concatenate { activation, .. } => *activation == Activation::None,
        Operator::Pad { paddings, .. } => paddings.iter().all(|&padding| padding == (0, 0)),
        Operator::Transpose { permutation } => {
            // Axes of one element may go anywhere.
            let moved: Vec<usize> = permutation.iter().copied().filter(|&axis| from.shape[axis] != 1).collect();
            moved.is_sorted()
        }
        Operator::StridedSlice { begins, extents, steps } => {
            *extents == from.shape
                && begins
                    .iter()
                    .zip(steps)
                    .zip(extents)
                    .all(|((&begin, &step), &extent)| begin == 0 && (step == 1 || extent == 1))
        }
        _ => false,
    }
}

/// Removes node `index` and lets its readers use `input`, or its writer write `output`; false when neither can.
fn reroute(graph: &mut Graph, index: usize, input: TensorId, output: TensorId) -> bool {
    let (keep, gone) = if !graph.outputs.contains(&output) {
        (input, output)
    } else if graph.producer(input).is_some() && !graph.outputs.contains(&input) {
        (output, input)
    } else {
        return false;
    };
    // A state tensor described by a tensor that goes away keeps its description: the tensor stays in the list.
    graph.nodes.remove(index);
    for node in &mut graph.nodes {
        for id in node.inputs.iter_mut().chain(&mut node.outputs) {
            if *id == gone {
                *id = keep;
            }
        }
    }
    true
}

/// Lets a RESHAPE of a RESHAPE read the first one's input; the first one goes when nobody else reads it.
fn merge_reshapes(graph: &mut Graph, rewrites: &mut Vec<Rewrite>) {
    let same_meaning = |a: &Tensor, b: &Tensor| a.quantization == b.quantization && a.element_type == b.element_type;
    let mut index = 0;
    while index < graph.nodes.len() {
        let node = &graph.nodes[index];
        let before = (node.operator == Operator::Reshape).then(|| graph.producer(node.inputs[0])).flatten();
        let Some(first) = before.filter(|&first| graph.nodes[first].operator == Operator::Reshape) else {
            index += 1;
            continue;
        };
        let (start, middle) = (graph.nodes[first].inputs[0], node.inputs[0]);
        if !same_meaning(&graph.tensors[start], &graph.tensors[middle]) {
            index += 1;
            continue;
        }
        let what = format!("RESHAPE reads through {}", graph.nodes[first].origin);
        rewrites.push(Rewrite::structural(RewriteKind::Identity, &node.origin, what));
        graph.nodes[index].inputs[0] = start;
        if graph.consumers(middle).next().is_none() && !graph.outputs.contains(&middle) {
            graph.nodes.remove(first);
        } else {
            index += 1;
        }
    }
}
