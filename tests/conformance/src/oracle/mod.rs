//! A second implementation of every graph operator, written from the definitions and not from the kernels.
//!
//! Whole tensors, plain nested loops, 64- and 128-bit integers and double precision: nothing here is shared with
//! `mote-numbers`, `mote-kernels` or the compiler's lowering. The definitions are those of the TFLite 8-bit
//! quantisation specification and of gemmlowp's fixed-point functions; where TensorFlow Lite Micro and the
//! specification leave room (RELU6 without rescaling), TensorFlow Lite Micro decides.
//! The stored goldens check this oracle in turn.

mod convert;
mod elementwise;
mod fixed;
mod functions;
mod int16;
mod movement;
mod pool;
mod reduce;
mod resize;
mod softmax;
mod transcendental;
mod value;
mod weighted;

pub use value::Value;

use mote_graph::{Graph, Node, Operator, Tensor, TensorId};
use std::cell::Cell;

/// Whose rounding the oracle follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// TensorFlow Lite Micro's reference kernels.
    Tflm,
    /// LiteRT's reference kernels.
    Litert,
    /// TensorFlow Lite Micro's, but the operators with weights and the means of these names round once, halves to even,
    /// as ONNX' QuantizeLinear does.
    Once(&'static [&'static str]),
}

/// Runs a graph, keeping its states from one run to the next.
pub struct Oracle<'g> {
    graph: &'g Graph,
    dialect: Dialect,
    states: Vec<Value>,
    largest_terms: Cell<f64>,
}

/// A node with what it reads and what it shall write.
pub(crate) struct Step<'a> {
    graph: &'a Graph,
    node: &'a Node,
    inputs: Vec<Value>,
    dialect: Dialect,
    largest_terms: &'a Cell<f64>,
}

impl Step<'_> {
    fn input(&self, index: usize) -> &Value {
        &self.inputs[index]
    }

    fn input_tensor(&self, index: usize) -> &Tensor {
        &self.graph.tensors[self.node.inputs[index]]
    }

    fn output_tensor(&self, index: usize) -> &Tensor {
        &self.graph.tensors[self.node.outputs[index]]
    }

    /// Sum of real terms; remembers how large they were together.
    fn sum(&self, terms: impl Iterator<Item = f64>) -> f64 {
        let (sum, magnitude) = terms.fold((0.0, 0.0), |(sum, magnitude), term| (sum + term, magnitude + term.abs()));
        self.largest_terms.set(self.largest_terms.get().max(magnitude));
        sum
    }

    /// True when this operator rounds once, halves to even.
    fn rounds_once(&self) -> bool {
        matches!(self.dialect, Dialect::Once(names) if names.contains(&self.node.operator.name()))
    }

    fn output_shape(&self) -> Vec<usize> {
        self.output_tensor(0).shape.clone()
    }

    /// True when the first input is int16.
    fn is_int16(&self) -> bool {
        self.input_tensor(0).element_type == mote_graph::ElementType::I16
    }

    /// True when the first input holds stored integers.
    fn is_integer(&self) -> bool {
        matches!(self.inputs[0], Value::Integers(_))
    }
}

/// Scale of a tensor's stored integers.
pub(crate) fn scale(tensor: &Tensor) -> f32 {
    tensor.quantization.as_ref().expect("an integer operand carries its quantisation").scales[0]
}

/// Zero point of a tensor's stored integers; 0 for a tensor without one.
pub(crate) fn zero_point(tensor: &Tensor) -> i64 {
    tensor.quantization.as_ref().map_or(0, |q| i64::from(q.zero_point()))
}

impl<'g> Oracle<'g> {
    /// An oracle with all states at their initial values.
    pub fn new(graph: &'g Graph, dialect: Dialect) -> Self {
        let initial =
            |state: &mote_graph::StateTensor| Value::decode(graph.tensors[state.like].element_type, &state.initial);
        Self { graph, dialect, states: graph.states.iter().map(initial).collect(), largest_terms: Cell::new(0.0) }
    }

    /// The largest sum of magnitudes of the terms of any real sum so far: what a float32 sum's error is relative to.
    pub fn largest_terms(&self) -> f64 {
        self.largest_terms.get()
    }

    /// One inference. `inputs` holds each graph input's bytes; the result each graph output's.
    pub fn run(&mut self, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let graph = self.graph;
        let mut values: Vec<Option<Value>> = graph
            .tensors
            .iter()
            .map(|tensor| tensor.data.as_ref().map(|data| Value::decode(tensor.element_type, data)))
            .collect();
        assert_eq!(inputs.len(), graph.inputs.len(), "one array per graph input");
        for (&id, bytes) in graph.inputs.iter().zip(inputs) {
            values[id] = Some(Value::decode(graph.tensors[id].element_type, bytes));
        }
        for node in &graph.nodes {
            let read = |&id: &TensorId| values[id].clone().expect("nodes are in execution order");
            let step = Step {
                graph,
                node,
                inputs: node.inputs.iter().map(read).collect(),
                dialect: self.dialect,
                largest_terms: &self.largest_terms,
            };
            match node.operator {
                Operator::ReadState { state } => values[node.outputs[0]] = Some(self.states[state].clone()),
                // A read later in the same inference sees the new value, as in the source's order of operators.
                Operator::AssignState { state } => {
                    self.states[state] = step.inputs[0].clone();
                }
                _ => {
                    for (&id, value) in node.outputs.iter().zip(evaluate(&step)) {
                        let tensor = &graph.tensors[id];
                        assert_eq!(value.len(), tensor.elements(), "{}: output elements", node.operator.name());
                        values[id] = Some(value.rounded(tensor.element_type));
                    }
                }
            }
        }
        let encode = |&id: &TensorId| {
            values[id].as_ref().expect("graph outputs are written").encode(graph.tensors[id].element_type)
        };
        graph.outputs.iter().map(encode).collect()
    }
}

fn evaluate(step: &Step<'_>) -> Vec<Value> {
    match &step.node.operator {
        Operator::Conv2d { geometry, groups, activation } => vec![weighted::conv(step, geometry, *groups, *activation)],
        Operator::DepthwiseConv2d { geometry, multiplier, activation } => {
            vec![weighted::depthwise(step, geometry, *multiplier, *activation)]
        }
        Operator::FullyConnected { activation } => vec![weighted::fully_connected(step, *activation)],
        Operator::TransposeConv2d { geometry, activation } => {
            vec![weighted::transpose_conv(step, geometry, *activation)]
        }
        Operator::Binary { kind, activation } => vec![elementwise::binary(step, *kind, *activation)],
        Operator::Unary(kind) => vec![functions::unary(step, *kind)],
        Operator::Lookup { table } => vec![functions::lookup(step, table)],
        Operator::Pool { kind, window_height, window_width, geometry, activation } => {
            vec![pool::pool(step, *kind, [*window_height, *window_width], geometry, *activation)]
        }
        Operator::Reduce { kind, axes } => vec![reduce::reduce(step, *kind, axes)],
        Operator::ArgMax { axis } => vec![reduce::arg_max(step, *axis)],
        Operator::Softmax { beta } => vec![softmax::softmax(step, *beta)],
        Operator::Pad { paddings, value } => vec![movement::pad(step, paddings, value.as_deref())],
        Operator::Reshape => vec![step.inputs[0].clone()],
        Operator::Transpose { permutation } => vec![movement::transpose(step, permutation)],
        Operator::Concatenate { axis, .. } => vec![movement::concatenate(step, *axis)],
        Operator::Split { axis } => movement::split(step, *axis),
        Operator::StridedSlice { begins, extents, steps } => {
            vec![movement::strided_slice(step, begins, extents, steps)]
        }
        Operator::Pack { axis } => vec![movement::pack(step, *axis)],
        Operator::Unpack { axis } => movement::unpack(step, *axis),
        Operator::Gather { axis, batch_axes } => vec![movement::gather(step, *axis, *batch_axes)],
        Operator::Quantize => vec![convert::quantize(step)],
        Operator::Dequantize => vec![convert::dequantize(step)],
        Operator::Cast => vec![convert::cast(step)],
        Operator::ResizeNearest { align_corners, half_pixel_centers } => {
            vec![resize::nearest(step, *align_corners, *half_pixel_centers)]
        }
        Operator::ResizeBilinear { align_corners, half_pixel_centers } => {
            vec![resize::bilinear(step, *align_corners, *half_pixel_centers)]
        }
        Operator::ReadState { .. } | Operator::AssignState { .. } => unreachable!("states are the run's own matter"),
        Operator::Custom { .. } => unreachable!("what a custom operator computes, only its author knows"),
    }
}
