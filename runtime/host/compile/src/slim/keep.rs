//! Backward analysis: which channels must stay.

use super::intervals::{Analysis, Interval};
use super::ties::Ties;
use super::view::View;
use mote_graph::{Graph, Node, TensorId};

/// An operator with weights that the analysis understood.
pub(super) struct Layer {
    /// Index of the node.
    pub node: usize,
    /// Its geometry.
    pub view: View,
    /// Its weights.
    pub weights: Vec<i8>,
    /// Zero point of its input.
    pub zero_point: i32,
    /// By output channel: the value is known and the same everywhere, and this bias alone gives it.
    pub constant: Vec<Option<i32>>,
}

/// The operators with weights of a graph, in order.
pub(super) fn layers(graph: &Graph, analysis: &Analysis) -> Vec<Layer> {
    let layer = |(index, node): (usize, &Node)| {
        let view = View::of(graph, node)?;
        let zero_point = graph.tensors[node.inputs[0]].quantization.as_ref()?.zero_point();
        let weights = graph.tensors[node.inputs[1]].i8_data()?;
        let sums = &analysis.sums[index];
        let constant = (0..view.outputs)
            .map(|output| {
                analysis.uniform(graph, node.outputs[0], output)?;
                sums.get(output).copied().flatten()
            })
            .collect();
        Some(Layer { node: index, view, weights, zero_point, constant })
    };
    graph.nodes.iter().enumerate().filter_map(layer).collect()
}

/// By class: must stay. The least set that holds the forced classes and, for each operator with weights, every input
/// channel a computed output reads and whose part in the sum is not one known number.
///
/// Outputs are computed when they stay and are not constant (those become a bias). Every channel that stays thus gets
/// the same sums as before at all positions.
pub(super) fn solve(graph: &Graph, ties: &Ties, analysis: &Analysis, layers: &[Layer], forced: &[bool]) -> Vec<bool> {
    let mut keep = forced.to_vec();
    let carried: Vec<TensorId> =
        graph.nodes.iter().flat_map(|node| &node.inputs[..node.inputs.len().min(1)]).copied().collect();
    loop {
        let mut changed = false;
        for layer in layers.iter().rev().filter(|layer| layer.view.depthwise.is_none()) {
            let node = &graph.nodes[layer.node];
            let computed = computed_outputs(ties, node, layer, &keep);
            let input = node.inputs[0];
            let Some(interval) = analysis.intervals[input].as_ref() else { continue };
            for channel in 0..layer.view.channels {
                let class = ties.classes.class(input, channel % ties.classes.channels(input));
                if !keep[class] && !foldable(layer, interval, &computed, channel) {
                    keep[class] = true;
                    changed = true;
                }
            }
        }
        if changed {
            continue;
        }
        // A tensor without channels would have no meaning: one stays.
        let outputs = graph.nodes.iter().flat_map(|node| &node.outputs);
        for &tensor in outputs.chain(&carried) {
            let count = ties.classes.channels(tensor);
            if count > 0 && !(0..count).any(|channel| keep[ties.classes.class(tensor, channel)]) {
                keep[ties.classes.class(tensor, 0)] = true;
                changed = true;
            }
        }
        if !changed {
            return keep;
        }
    }
}

/// Output channels that stay and whose sum depends on the input.
pub(super) fn computed_outputs(ties: &Ties, node: &Node, layer: &Layer, keep: &[bool]) -> Vec<usize> {
    let stays = |output: &usize| keep[ties.classes.class(node.outputs[0], *output)];
    (0..layer.view.outputs).filter(|output| stays(output) && layer.constant[*output].is_none()).collect()
}

/// True when what input channel `channel` adds to each computed sum is known and the same at all positions.
fn foldable(layer: &Layer, x: &Interval, computed: &[usize], channel: usize) -> bool {
    let view = &layer.view;
    let weight = |output: usize, tap: usize| i64::from(layer.weights[view.weight(output, tap, channel)]);
    let read: Vec<bool> = (0..view.taps()).map(|tap| computed.iter().any(|&output| weight(output, tap) != 0)).collect();
    if !read.contains(&true) {
        return true;
    }
    let value =
        |pixel: usize| x.known(pixel * view.channels + channel).map(|v| i64::from(v) - i64::from(layer.zero_point));
    // All taps read, known, and at the zero point: nothing is added anywhere.
    let mut adds = false;
    for pixel in 0..view.pixels() {
        for (_, input_pixel) in view.inside(pixel).filter(|&(tap, _)| read[tap]) {
            match value(input_pixel) {
                None => return false,
                Some(0) => {}
                Some(_) => adds = true,
            }
        }
    }
    let part = |output: usize, pixel: usize| -> i64 {
        let taps = view.inside(pixel).filter(|&(tap, _)| read[tap]);
        taps.map(|(tap, input_pixel)| weight(output, tap) * value(input_pixel).unwrap_or(0)).sum()
    };
    !adds
        || computed.iter().all(|&output| {
            let first = part(output, 0);
            (1..view.pixels()).all(|pixel| part(output, pixel) == first)
        })
}
