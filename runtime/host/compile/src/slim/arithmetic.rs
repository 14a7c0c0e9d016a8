//! Requantisation of a node on the host: multipliers, zero points, clamps.

use mote_graph::{Activation, Graph, Node, Operator, Quantization};
use mote_kernels::prepare;
use mote_numbers::{Multiplier, Rounding, requantize};

/// Largest sum the analysis reasons about: leaves room for the zero point added after scaling.
const LARGEST_SUM: i64 = (1 << 31) - (1 << 8);

/// Range of stored int8 values a fused activation lets through.
pub(super) fn clamp_range(activation: Activation, quantization: &Quantization) -> (i8, i8) {
    let activation = match activation {
        Activation::None => prepare::Activation::None,
        Activation::Relu => prepare::Activation::Relu,
        Activation::Relu6 => prepare::Activation::Relu6,
        Activation::ReluN1To1 => prepare::Activation::ReluN1To1,
    };
    prepare::activation_range_i8(activation, quantization.scale(0), quantization.zero_point())
}

/// How the 32-bit sums of an operator with weights become int8.
pub(super) struct Requantization {
    multipliers: Vec<Multiplier>,
    rounding: Rounding,
    /// Zero point of the input.
    pub input_zero_point: i32,
    output_zero_point: i32,
    minimum: i8,
    maximum: i8,
}

impl Requantization {
    /// Of a node that has a [`super::view::View`] with `outputs` channels.
    pub fn of(graph: &Graph, node: &Node, outputs: usize, fully_connected: Rounding) -> Option<Self> {
        let quantization = |id: usize| graph.tensors[id].quantization.as_ref();
        let (x, weights) = (quantization(node.inputs[0])?, quantization(node.inputs[1])?);
        let y = quantization(node.outputs[0])?;
        let (activation, rounding) = match &node.operator {
            Operator::Conv2d { activation, .. } | Operator::DepthwiseConv2d { activation, .. } => {
                (*activation, Rounding::Double)
            }
            Operator::FullyConnected { activation } => (*activation, fully_connected),
            _ => return None,
        };
        let multiplier = |channel| prepare::weighted_multiplier(x.scale(0), weights.scale(channel), y.scale(0));
        let (minimum, maximum) = clamp_range(activation, y);
        Some(Self {
            multipliers: (0..outputs).map(multiplier).collect(),
            rounding,
            input_zero_point: x.zero_point(),
            output_zero_point: y.zero_point(),
            minimum,
            maximum,
        })
    }

    /// The outputs for the smallest and largest sum of a channel. Not falling, so it bounds every sum between.
    ///
    /// Sums that could overflow on the way give the whole clamp range.
    pub fn range(&self, low: i64, high: i64, channel: usize) -> (i8, i8) {
        let multiplier = self.multipliers[channel];
        let limit = LARGEST_SUM >> multiplier.shift.max(0);
        if low < -limit || high > limit {
            return (self.minimum, self.maximum);
        }
        let one = |sum: i64| {
            let scaled = requantize(sum as i32, multiplier, self.rounding) + self.output_zero_point;
            scaled.max(self.minimum.into()).min(self.maximum.into()) as i8
        };
        (one(low), one(high))
    }
}
