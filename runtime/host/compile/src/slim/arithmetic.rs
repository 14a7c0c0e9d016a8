//! Requantisation of a node on the host: multipliers, zero points, clamps.

use mote_format::Numerics;
use mote_graph::{Activation, Graph, Node, Operator, Quantization};
use mote_kernels::prepare;
use mote_numbers::{Multiplier, RealMultiplier, requantize};

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

/// Factors by output channel.
enum Scaling {
    /// Rounded twice.
    Multipliers(Vec<Multiplier>),
    /// LiteRT's FULLY_CONNECTED: float64, rounded once.
    Factors(Vec<f64>),
}

/// How the 32-bit sums of an operator with weights become int8.
pub(super) struct Requantization {
    scaling: Scaling,
    /// Zero point of the input.
    pub input_zero_point: i32,
    output_zero_point: i32,
    minimum: i8,
    maximum: i8,
}

impl Requantization {
    /// Of a node that has a [`super::view::View`] with `outputs` channels.
    pub fn of(graph: &Graph, node: &Node, outputs: usize, numerics: Numerics) -> Option<Self> {
        let quantization = |id: usize| graph.tensors[id].quantization.as_ref();
        let (x, weights) = (quantization(node.inputs[0])?, quantization(node.inputs[1])?);
        let y = quantization(node.outputs[0])?;
        let (activation, once) = match &node.operator {
            Operator::Conv2d { activation, .. } | Operator::DepthwiseConv2d { activation, .. } => (*activation, false),
            Operator::FullyConnected { activation } => (*activation, numerics == Numerics::Litert),
            _ => return None,
        };
        let factor = |channel| prepare::weighted_factor(x.scale(0), weights.scale(channel), y.scale(0));
        let multiplier = |channel| match numerics {
            Numerics::Tflm | Numerics::Litert => Multiplier::from_real(factor(channel)),
            Numerics::Onnx => Multiplier::rounding_once(factor(channel)),
        };
        let scaling = match once {
            false => Scaling::Multipliers((0..outputs).map(multiplier).collect()),
            true => Scaling::Factors((0..outputs).map(factor).collect()),
        };
        let (minimum, maximum) = clamp_range(activation, y);
        Some(Self { scaling, input_zero_point: x.zero_point(), output_zero_point: y.zero_point(), minimum, maximum })
    }

    /// The outputs for the smallest and largest sum of a channel. Not falling, so it bounds every sum between.
    ///
    /// Sums that could overflow on the way give the whole clamp range.
    pub fn range(&self, low: i64, high: i64, channel: usize) -> (i8, i8) {
        let limit = match &self.scaling {
            Scaling::Multipliers(multipliers) => LARGEST_SUM >> multipliers[channel].shift.max(0),
            Scaling::Factors(_) => LARGEST_SUM,
        };
        if low < -limit || high > limit {
            return (self.minimum, self.maximum);
        }
        let one = |sum: i64| {
            let scaled = match &self.scaling {
                Scaling::Multipliers(multipliers) => requantize(sum as i32, multipliers[channel]),
                Scaling::Factors(factors) => {
                    let factor = RealMultiplier::from_bits(factors[channel].to_bits());
                    factor.map_or(0, |factor| factor.apply(sum as i32))
                }
            };
            let scaled = scaled.saturating_add(self.output_zero_point);
            scaled.max(self.minimum.into()).min(self.maximum.into()) as i8
        };
        (one(low), one(high))
    }
}
