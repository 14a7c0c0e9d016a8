//! Bounds of elementwise operators, from the images of all their arguments under the operator itself.

use super::Evaluate;
use super::intervals::Interval;
use mote_graph::{Graph, Node, Tensor};
use std::collections::HashMap;

/// Runs one node alone on inputs of `length` elements; none when the evaluator does not, and nothing is then assumed.
fn image(
    graph: &Graph,
    node: &Node,
    inputs: Vec<Vec<u8>>,
    length: usize,
    evaluate: &mut Evaluate<'_>,
) -> Option<Vec<i8>> {
    let flat = |&id: &usize| Tensor { shape: vec![1, length], data: None, ..graph.tensors[id].clone() };
    let alone = Graph {
        name: "table".into(),
        tensors: node.inputs.iter().chain(&node.outputs).map(flat).collect(),
        nodes: vec![Node { inputs: (0..inputs.len()).collect(), outputs: vec![inputs.len()], ..node.clone() }],
        inputs: (0..inputs.len()).collect(),
        outputs: vec![inputs.len()],
        states: Vec::new(),
    };
    let output = evaluate(&alone, &inputs).ok()?.into_iter().next()?;
    (output.len() == length).then(|| output.iter().map(|&byte| byte as i8).collect())
}

/// Smallest and largest of some values.
fn extremes(values: impl IntoIterator<Item = i8>) -> (i8, i8) {
    values.into_iter().fold((i8::MAX, i8::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// Index of a value in a table over all int8.
fn index(value: i8) -> usize {
    (i32::from(value) + 128) as usize
}

/// Bounds of an operator of one int8 input; it may rise and fall.
pub(super) fn through_table(graph: &Graph, node: &Node, x: &Interval, evaluate: &mut Evaluate<'_>) -> Option<Interval> {
    let every = (i8::MIN..=i8::MAX).map(|value| value as u8).collect();
    let table = image(graph, node, vec![every], 256, evaluate)?;
    let mut ranges: HashMap<(i8, i8), (i8, i8)> = HashMap::new();
    let range = |(low, high): (i8, i8)| extremes(table[index(low)..=index(high)].iter().copied());
    let pairs = x.low.iter().copied().zip(x.high.iter().copied());
    let (low, high) = pairs.map(|pair| *ranges.entry(pair).or_insert_with(|| range(pair))).unzip();
    Some(Interval { low, high })
}

/// Bounds of an operator of two int8 inputs. Each of them (sum, difference, product, larger, smaller; scaled and
/// clamped) does not turn along either input, so the corners of the two ranges are its extremes.
pub(super) fn binary(
    graph: &Graph,
    node: &Node,
    inputs: &[&Interval],
    evaluate: &mut Evaluate<'_>,
) -> Option<Interval> {
    let [a, b] = inputs else { return None };
    let every = || (i8::MIN..=i8::MAX).map(|value| value as u8);
    let first = every().flat_map(|value| [value; 256]).collect();
    let second = (0..256).flat_map(|_| every()).collect();
    let table = image(graph, node, vec![first, second], 1 << 16, evaluate)?;
    let output = &graph.tensors[node.outputs[0]].shape;
    let at_a = positions(&graph.tensors[node.inputs[0]].shape, output);
    let at_b = positions(&graph.tensors[node.inputs[1]].shape, output);
    let corners = |i: usize, j: usize| {
        let ends = [(a.low[i], b.low[j]), (a.low[i], b.high[j]), (a.high[i], b.low[j]), (a.high[i], b.high[j])];
        extremes(ends.map(|(a, b)| table[index(a) * 256 + index(b)]))
    };
    let (low, high) = at_a.iter().zip(&at_b).map(|(&i, &j)| corners(i, j)).unzip();
    Some(Interval { low, high })
}

/// For each element of `output`, the element of an input of shape `shape` broadcast to it.
fn positions(shape: &[usize], output: &[usize]) -> Vec<usize> {
    let elements = output.iter().product();
    if shape == output {
        return (0..elements).collect();
    }
    let one = |element: usize| {
        let (mut rest, mut at, mut stride) = (element, 0, 1);
        for axis in 0..output.len() {
            let extent = output[output.len() - 1 - axis];
            let own = shape.len().checked_sub(axis + 1).map_or(1, |axis| shape[axis]);
            if own != 1 {
                at += rest % extent * stride;
            }
            stride *= own;
            rest /= extent;
        }
        at
    };
    (0..elements).map(one).collect()
}
