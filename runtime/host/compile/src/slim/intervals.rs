//! Forward analysis: between which two values every element of every int8 tensor lies, for all inputs.

use super::classes::channels;
use super::elementwise;
use super::view::View;
use super::weighted;
use super::{Evaluate, SlimOptions};
use mote_graph::{Activation, ElementType, Graph, Node, Operator, PoolKind, ReduceKind, TensorId};

/// Bounds of the elements of an int8 tensor, row-major, both ends included.
#[derive(Clone)]
pub(super) struct Interval {
    /// Smallest value of each element.
    pub low: Vec<i8>,
    /// Largest value of each element.
    pub high: Vec<i8>,
}

impl Interval {
    /// Nothing known.
    pub fn full(elements: usize) -> Self {
        Self { low: vec![i8::MIN; elements], high: vec![i8::MAX; elements] }
    }

    /// The value of an element when it is the same for all inputs.
    pub fn known(&self, element: usize) -> Option<i8> {
        (self.low[element] == self.high[element]).then_some(self.low[element])
    }
}

/// What the analysis found.
pub(super) struct Analysis {
    /// By tensor; none for other types than int8.
    pub intervals: Vec<Option<Interval>>,
    /// By node and output channel, for operators with weights: a sum that gives the channel's value where that is
    /// known; the smallest such sum in magnitude.
    pub sums: Vec<Vec<Option<i32>>>,
    /// By node, for operators with weights: smallest and largest sum.
    pub bounds: Vec<Option<(i64, i64)>>,
}

impl Analysis {
    /// Walks the graph from its inputs.
    pub fn of(graph: &Graph, options: &SlimOptions, evaluate: &mut Evaluate<'_>) -> Self {
        let initial = |tensor: &mote_graph::Tensor| match tensor.i8_data() {
            Some(data) => Some(Interval { low: data.clone(), high: data }),
            None => (tensor.element_type == ElementType::I8).then(|| Interval::full(tensor.elements())),
        };
        let mut analysis = Self {
            intervals: graph.tensors.iter().map(initial).collect(),
            sums: vec![Vec::new(); graph.nodes.len()],
            bounds: vec![None; graph.nodes.len()],
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            if let Some(view) = View::of(graph, node) {
                if let Some(found) = weighted::analyse(graph, node, &view, &analysis, options) {
                    analysis.intervals[node.outputs[0]] = Some(found.interval);
                    analysis.sums[index] = found.sums;
                    analysis.bounds[index] = Some(found.bounds);
                }
            } else if let Some(intervals) = analysis.other(graph, node, evaluate) {
                for (&output, interval) in node.outputs.iter().zip(intervals) {
                    analysis.intervals[output] = Some(interval);
                }
            }
        }
        analysis
    }

    /// The value of channel `channel` of a tensor when it is known and the same at all positions.
    pub fn uniform(&self, graph: &Graph, tensor: TensorId, channel: usize) -> Option<i8> {
        let interval = self.intervals[tensor].as_ref()?;
        let count = channels(&graph.tensors[tensor].shape);
        let value = *interval.low.get(channel)?;
        let same = |bounds: &[i8]| bounds.iter().skip(channel).step_by(count).all(|&bound| bound == value);
        (same(&interval.low) && same(&interval.high)).then_some(value)
    }

    /// Operators without weights; none where nothing is known (or the output is not int8).
    fn other(&self, graph: &Graph, node: &Node, evaluate: &mut Evaluate<'_>) -> Option<Vec<Interval>> {
        let int8 = |id: &TensorId| graph.tensors[*id].element_type == ElementType::I8;
        if !node.inputs.iter().chain(&node.outputs).all(int8) {
            return None;
        }
        let inputs: Option<Vec<&Interval>> = node.inputs.iter().map(|&id| self.intervals[id].as_ref()).collect();
        let inputs = inputs?;
        let (&x, &y) = (inputs.first()?, node.outputs.first()?);
        let same_quantization = node
            .inputs
            .iter()
            .chain(&node.outputs)
            .all(|&id| graph.tensors[id].quantization == graph.tensors[y].quantization);
        match &node.operator {
            Operator::Reshape => Some(vec![x.clone()]),
            Operator::Unary(_) | Operator::Lookup { .. } | Operator::Quantize => {
                elementwise::through_table(graph, node, x, evaluate).map(|interval| vec![interval])
            }
            Operator::Binary { .. } => {
                elementwise::binary(graph, node, &inputs, evaluate).map(|interval| vec![interval])
            }
            Operator::Pad { paddings, value } => {
                let zero_point = graph.tensors[y].quantization.as_ref()?.zero_point();
                let value = value.as_ref().and_then(|bytes| bytes.first()).map_or(zero_point as i8, |&b| b as i8);
                Some(vec![pad(graph, node, x, paddings, value)])
            }
            Operator::Pool { .. } if same_quantization => pool(graph, node, x).map(|interval| vec![interval]),
            Operator::Reduce { kind: ReduceKind::Mean, axes } if same_quantization => {
                let last = graph.tensors[node.inputs[0]].shape.len().checked_sub(1)?;
                (!axes.contains(&last)).then(|| self.hulls(graph, node, true))
            }
            Operator::Transpose { permutation } => {
                let fixed = permutation.last() == permutation.len().checked_sub(1).as_ref();
                (fixed && same_quantization).then(|| self.hulls(graph, node, false))
            }
            Operator::Split { axis } | Operator::Concatenate { axis, activation: Activation::None } => {
                let last = graph.tensors[node.inputs[0]].shape.len().checked_sub(1)?;
                (*axis != last && same_quantization).then(|| self.hulls(graph, node, false))
            }
            Operator::StridedSlice { begins, steps, .. } => {
                let same_channels = channels(&graph.tensors[node.inputs[0]].shape) == channels(&graph.tensors[y].shape);
                let straight = begins.last() == Some(&0) && steps.last() == Some(&1);
                (same_channels && straight && same_quantization).then(|| self.hulls(graph, node, false))
            }
            Operator::ResizeNearest { .. } if same_quantization => Some(self.hulls(graph, node, false)),
            _ => None,
        }
    }

    /// Bounds of operators that only move values within their channel: each output channel lies between the extremes
    /// of that channel of all inputs. With `only_known`, channels that are not one known value get the full range.
    fn hulls(&self, graph: &Graph, node: &Node, only_known: bool) -> Vec<Interval> {
        let count = channels(&graph.tensors[node.outputs[0]].shape);
        let mut low = vec![i8::MAX; count];
        let mut high = vec![i8::MIN; count];
        for interval in node.inputs.iter().filter_map(|&id| self.intervals[id].as_ref()) {
            for (element, (&l, &h)) in interval.low.iter().zip(&interval.high).enumerate() {
                low[element % count] = low[element % count].min(l);
                high[element % count] = high[element % count].max(h);
            }
        }
        for (low, high) in low.iter_mut().zip(&mut high).filter(|(low, high)| only_known && low != high) {
            (*low, *high) = (i8::MIN, i8::MAX);
        }
        let spread = |bounds: &[i8], elements: usize| bounds.iter().copied().cycle().take(elements).collect();
        let outputs = node.outputs.iter().map(|&id| graph.tensors[id].elements());
        outputs.map(|elements| Interval { low: spread(&low, elements), high: spread(&high, elements) }).collect()
    }
}

/// PAD: the input's bounds in a frame of the padding value.
fn pad(graph: &Graph, node: &Node, x: &Interval, paddings: &[(usize, usize)], value: i8) -> Interval {
    let (from, to) = (&graph.tensors[node.inputs[0]].shape, &graph.tensors[node.outputs[0]].shape);
    let elements = to.iter().product();
    let mut interval = Interval { low: vec![value; elements], high: vec![value; elements] };
    for element in 0..x.low.len() {
        let (mut rest, mut target, mut stride) = (element, 0, 1);
        for axis in (0..from.len()).rev() {
            target += (rest % from[axis] + paddings[axis].0) * stride;
            rest /= from[axis];
            stride *= to[axis];
        }
        interval.low[target] = x.low[element];
        interval.high[target] = x.high[element];
    }
    interval
}

/// Pooling: average and maximum do not fall when an input grows.
fn pool(graph: &Graph, node: &Node, x: &Interval) -> Option<Interval> {
    let Operator::Pool { kind, window_height, window_width, geometry, activation } = &node.operator else {
        return None;
    };
    let [batch, height, width, channels] = graph.tensors[node.inputs[0]].shape4()?;
    let [_, out_height, out_width, _] = graph.tensors[node.outputs[0]].shape4()?;
    let quantization = graph.tensors[node.outputs[0]].quantization.as_ref()?;
    let (minimum, maximum) = super::arithmetic::clamp_range(*activation, quantization);
    let one = |bounds: &[i8]| {
        let mut result = Vec::with_capacity(batch * out_height * out_width * channels);
        for pixel in 0..batch * out_height * out_width {
            let (column, rest) = (pixel % out_width, pixel / out_width);
            let (row, image) = (rest % out_height, rest / out_height);
            let reach = |at: usize, stride: usize, window: usize, pad: usize, limit: usize| {
                (at * stride).saturating_sub(pad)..(at * stride + window).saturating_sub(pad).min(limit)
            };
            let rows = reach(row, geometry.stride_height, *window_height, geometry.padding.top, height);
            let columns = reach(column, geometry.stride_width, *window_width, geometry.padding.left, width);
            let count = (rows.len() * columns.len()) as i32;
            for channel in 0..channels {
                let (mut sum, mut largest) = (0i32, i32::MIN);
                for y in rows.clone() {
                    for x in columns.clone() {
                        let at = ((image * height + y) * width + x) * channels + channel;
                        sum += i32::from(bounds[at]);
                        largest = largest.max(i32::from(bounds[at]));
                    }
                }
                let value = match kind {
                    PoolKind::Max => largest,
                    // To the nearest, halves away from zero.
                    PoolKind::Average if sum > 0 => (sum + count / 2).checked_div(count)?,
                    PoolKind::Average => (sum - count / 2).checked_div(count)?,
                };
                result.push(value.max(minimum.into()).min(maximum.into()) as i8);
            }
        }
        Some(result)
    };
    Some(Interval { low: one(&x.low)?, high: one(&x.high)? })
}
