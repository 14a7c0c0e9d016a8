//! What each weight of a layer meets: the windows of its input, in the order of the weights.

use crate::prepare::is_weighted;
use mote_graph::{ConvGeometry, Graph, Node, Operator};

/// Geometry of a layer with weights: `groups` independent sets of `outputs` sums of `terms` products.
pub struct Layer {
    /// Independent sets (channels of a depthwise convolution).
    pub groups: usize,
    /// Sums of one set over one window.
    pub outputs: usize,
    /// Products of one sum.
    pub terms: usize,
    window: Option<Window>,
    is_depthwise: bool,
}

struct Window {
    geometry: ConvGeometry,
    input: [usize; 4],
    output: [usize; 4],
    kernel: [usize; 2],
    group_channels: usize,
}

impl Layer {
    /// The layer that `node` is; none for other operators and for transposed convolutions, whose windows overlap in the
    /// output instead.
    pub fn of(graph: &Graph, node: &Node) -> Option<Self> {
        if !is_weighted(node) {
            return None;
        }
        let shape = |id: usize| graph.tensors[id].shape4();
        let (input, output) = (shape(node.inputs[0])?, shape(*node.outputs.first()?)?);
        let weights = &graph.tensors[node.inputs[1]].shape;
        let window = |geometry: &ConvGeometry, group_channels| Window {
            geometry: *geometry,
            input,
            output,
            kernel: [weights[1], weights[2]],
            group_channels,
        };
        Some(match &node.operator {
            Operator::Conv2d { geometry, groups, .. } => Self {
                groups: *groups,
                outputs: weights[0] / groups,
                terms: weights[1..].iter().product(),
                window: Some(window(geometry, weights[3])),
                is_depthwise: false,
            },
            Operator::DepthwiseConv2d { geometry, multiplier, .. } => Self {
                groups: input[3],
                outputs: *multiplier,
                terms: weights[1] * weights[2],
                window: Some(window(geometry, 1)),
                is_depthwise: true,
            },
            Operator::FullyConnected { .. } => {
                Self { groups: 1, outputs: weights[0], terms: weights[1], window: None, is_depthwise: false }
            }
            _ => return None,
        })
    }

    /// Index of a weight.
    pub fn weight(&self, group: usize, output: usize, term: usize) -> usize {
        match self.is_depthwise {
            true => (term * self.groups + group) * self.outputs + output,
            false => (group * self.outputs + output) * self.terms + term,
        }
    }

    /// Windows of one inference.
    pub fn windows(&self, elements: usize) -> usize {
        match &self.window {
            Some(window) => window.output[..3].iter().product(),
            None => elements / self.terms.max(1),
        }
    }

    /// Calls `visit` with the group and the terms of every window of `input` whose number `chosen` is true for.
    pub fn visit(&self, input: &[f32], chosen: impl Fn(usize) -> bool, mut visit: impl FnMut(usize, &[f32])) {
        let Some(window) = &self.window else {
            input.chunks_exact(self.terms).enumerate().filter(|(at, _)| chosen(*at)).for_each(|(_, row)| visit(0, row));
            return;
        };
        let [batches, rows, columns, _] = window.output;
        let mut terms = vec![0.0; self.terms];
        for at in (0..batches * rows * columns).filter(|&at| chosen(at)) {
            let (batch, row, column) = (at / (rows * columns), at / columns % rows, at % columns);
            for group in 0..self.groups {
                window.fill(input, [batch, row, column], group, &mut terms);
                visit(group, &terms);
            }
        }
    }
}

impl Window {
    /// The values that a window covers, 0 where it lies outside.
    fn fill(&self, input: &[f32], [batch, row, column]: [usize; 3], group: usize, terms: &mut [f32]) {
        let [_, height, width, channels] = self.input;
        let ConvGeometry { stride_height, stride_width, dilation_height, dilation_width, padding } = self.geometry;
        let mut parts = terms.chunks_exact_mut(self.group_channels);
        for y in 0..self.kernel[0] {
            for x in 0..self.kernel[1] {
                let Some(part) = parts.next() else { return };
                let inside = |at: usize, before: usize, extent: usize| at.checked_sub(before).filter(|&at| at < extent);
                let y = inside(row * stride_height + y * dilation_height, padding.top, height);
                let x = inside(column * stride_width + x * dilation_width, padding.left, width);
                match y.zip(x) {
                    Some((y, x)) => {
                        let from = ((batch * height + y) * width + x) * channels + group * self.group_channels;
                        part.copy_from_slice(&input[from..from + self.group_channels]);
                    }
                    None => part.fill(0.0),
                }
            }
        }
    }
}
