//! What each operator demands of the channels of its operands.

use super::classes::{Classes, channels};
use super::view::View;
use mote_graph::{ElementType, Graph, Node, Operator, TensorId};

/// Classes of a graph, and which of them must stay whatever they hold.
pub(super) struct Ties {
    /// Classes.
    pub classes: Classes,
    /// By class: must stay.
    pub forced: Vec<bool>,
}

impl Ties {
    /// Joins channels an operator carries through, and forces those of graph inputs and outputs, of tensors that are
    /// not int8, and of operators that mix channels in ways not understood here.
    pub fn of(graph: &Graph) -> Self {
        let mut classes = Classes::new(graph);
        let mut whole: Vec<TensorId> = graph.inputs.iter().chain(&graph.outputs).copied().collect();
        whole.extend(graph.states.iter().map(|state| state.like));
        for node in &graph.nodes {
            tie(graph, node, &mut classes, &mut whole);
        }
        let other = |id: &TensorId| graph.tensors[*id].element_type != ElementType::I8;
        whole.extend((0..graph.tensors.len()).filter(other));
        classes.flatten();
        let mut forced = vec![false; classes.len()];
        for tensor in whole {
            for channel in 0..classes.channels(tensor) {
                forced[classes.class(tensor, channel)] = true;
            }
        }
        Self { classes, forced }
    }
}

/// Joins the classes of one node, or adds operands to `whole`.
fn tie(graph: &Graph, node: &Node, classes: &mut Classes, whole: &mut Vec<TensorId>) {
    let shape = |id: TensorId| graph.tensors[id].shape.as_slice();
    let operands = || node.inputs.iter().chain(&node.outputs).copied();
    if let Some(view) = View::of(graph, node) {
        // Weights and biases are rewritten with their operator, not with the tensor.
        whole.extend(&node.inputs[1..]);
        let (input, output) = (node.inputs[0], node.outputs[0]);
        match view.depthwise {
            // One input channel: any number of outputs is a multiplier.
            Some(_) if view.channels == 1 => whole.push(input),
            Some(multiplier) => {
                (0..view.outputs).for_each(|o| classes.join((input, o / multiplier), (output, o)));
            }
            None if view.channels % channels(shape(input)) != 0 => whole.push(input),
            None => {}
        }
        return;
    }
    let same_channels = {
        let mut counts = operands().map(|id| channels(shape(id)));
        let first = counts.next();
        counts.all(|count| Some(count) == first)
    };
    let last = |id: TensorId| shape(id).len().wrapping_sub(1);
    let first = node.inputs.first().copied().unwrap_or(0);
    let carried = match &node.operator {
        Operator::Pool { .. } | Operator::Unary(_) | Operator::Lookup { .. } | Operator::Quantize => same_channels,
        Operator::ResizeNearest { .. } | Operator::ResizeBilinear { .. } => same_channels,
        Operator::Pad { paddings, .. } => paddings.last() == Some(&(0, 0)),
        Operator::Transpose { permutation } => permutation.last() == Some(&last(first)),
        Operator::Split { axis } => *axis != last(first),
        Operator::StridedSlice { begins, steps, .. } => {
            same_channels && begins.last() == Some(&0) && steps.last() == Some(&1)
        }
        Operator::Reduce { axes, .. } => !axes.contains(&last(first)) && same_channels,
        Operator::Concatenate { axis, .. } if *axis == last(first) => {
            let output = node.outputs[0];
            let mut at = 0;
            for &input in &node.inputs {
                for channel in 0..channels(shape(input)) {
                    classes.join((input, channel), (output, at + channel));
                }
                at += channels(shape(input));
            }
            return;
        }
        Operator::Concatenate { .. } => same_channels,
        Operator::Binary { .. } => {
            let output = node.outputs[0];
            for &input in &node.inputs {
                match channels(shape(input)) == channels(shape(output)) {
                    true => (0..channels(shape(input))).for_each(|c| classes.join((input, c), (output, c))),
                    // Repeated along the channels: one value for all of them.
                    false => whole.push(input),
                }
            }
            return;
        }
        Operator::Reshape => return tie_reshape(graph, node, classes, whole),
        _ => false,
    };
    if !carried {
        whole.extend(operands());
        return;
    }
    for id in operands().skip(1).collect::<Vec<_>>() {
        (0..channels(shape(id))).for_each(|channel| classes.join((first, channel), (id, channel)));
    }
}

/// A reshape keeps channels, or flattens whole pixels into longer rows: column j is then channel j mod C.
fn tie_reshape(graph: &Graph, node: &Node, classes: &mut Classes, whole: &mut Vec<TensorId>) {
    let (input, output) = (node.inputs[0], node.outputs[0]);
    let (from, to) = (channels(&graph.tensors[input].shape), channels(&graph.tensors[output].shape));
    if from == 0 || to % from != 0 {
        whole.extend([input, output]);
        return;
    }
    (0..to).for_each(|column| classes.join((input, column % from), (output, column)));
}
