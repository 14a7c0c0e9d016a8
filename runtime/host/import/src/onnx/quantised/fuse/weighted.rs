//! Convolutions and fully connected layers.

use super::Fuser;
use super::affine::{Affine, Clamp};
use mote_graph::{Activation, ElementType, Node, Operator, Quantization, Tensor, TensorId};
use std::sync::Arc;

/// Largest distance of an int8 input from its zero point.
const LARGEST_INPUT: i64 = 255;

/// Axis of the weights that counts output channels, and the fused activation; none for other operators.
pub(super) fn weights_of(operator: &mut Operator) -> Option<(usize, &mut Activation)> {
    match operator {
        Operator::Conv2d { activation, .. }
        | Operator::TransposeConv2d { activation, .. }
        | Operator::FullyConnected { activation } => Some((0, activation)),
        Operator::DepthwiseConv2d { activation, .. } => Some((3, activation)),
        _ => None,
    }
}

/// Stored weights: symmetric int8 with a scale per output channel, or one.
struct Weights {
    values: Vec<i8>,
    scales: Vec<f32>,
    channels: usize,
    /// Elements from one index of the channel axis to the next.
    inner: usize,
}

impl Weights {
    fn channel(&self, at: usize) -> usize {
        at / self.inner % self.channels
    }

    fn scale(&self, channel: usize) -> f32 {
        if self.scales.len() == 1 { self.scales[0] } else { self.scales[channel] }
    }
}

impl Fuser<'_> {
    /// The stored output of an operator with weights.
    pub(super) fn layer(&mut self, node: &Node, real: TensorId, y: Affine, clamp: Clamp) -> Option<TensorId> {
        let mut operator = node.operator.clone();
        let (axis, activation) = weights_of(&mut operator)?;
        let clamp = clamp.within(Clamp::activation(*activation));
        let fused = clamp.fused(y);
        *activation = fused.unwrap_or(Activation::None);
        let (input, x) = self.natural(node.inputs[0])?;
        let weights = match self.weights(node.inputs[1], axis) {
            Ok(weights) => weights,
            Err(reason) => {
                let fix = "quantise weights symmetrically to int8, per tensor or per output channel (in onnxruntime: \
                           weight_type=QInt8, WeightSymmetric)";
                self.leave(node, reason, fix);
                return None;
            }
        };
        let biases = self.biases(node, x, &weights)?;
        if let Some(channel) = overflowing(&weights, &biases, x, y) {
            let reason = format!("sums of output channel {channel} leave 32 bits on the way to the output's scale");
            self.leave(node, reason, "calibrate the model again: the output's range is far too small");
            return None;
        }
        let shape = self.tensor(node.inputs[1]).shape.clone();
        let mut inputs = vec![input, self.add_weights(node.inputs[1], shape, axis, &weights)];
        if let Some(&bias) = node.inputs.get(2) {
            let name = self.tensor(bias).name.clone();
            let data = Some(Arc::new(biases.iter().flat_map(|bias| bias.to_le_bytes()).collect()));
            let shape = vec![biases.len()];
            let tensor = Tensor { name, shape, element_type: ElementType::I32, quantization: None, data };
            inputs.push(self.graph.add_tensor(tensor));
        }
        let output = self.emit(operator, inputs, real, y);
        Some(if fused.is_some() { output } else { self.clamped(output, real, y, clamp) })
    }

    fn add_weights(&mut self, from: TensorId, shape: Vec<usize>, axis: usize, weights: &Weights) -> TensorId {
        let name = self.tensor(from).name.clone();
        let zero_points = vec![0; weights.scales.len()];
        let quantization = Some(Quantization { scales: weights.scales.clone(), zero_points, axis });
        let data = Some(Arc::new(weights.values.iter().map(|&value| value as u8).collect()));
        self.graph.add_tensor(Tensor { name, shape, element_type: ElementType::I8, quantization, data })
    }

    /// Stored weights out of a constant that came with its quantisation.
    fn weights(&self, id: TensorId, axis: usize) -> Result<Weights, String> {
        let tensor = self.tensor(id);
        let values = tensor.f32_data().ok_or("its weights are computed at run time")?;
        let quantization = tensor.quantization.as_ref().ok_or("its weights are not quantised")?;
        let channels = tensor.shape.get(axis).copied().filter(|&channels| channels > 0);
        let channels = channels.ok_or("its weights have no output channels")?;
        if !quantization.is_per_tensor() && quantization.axis != axis {
            return Err("its weights are quantised along another axis than their output channels".into());
        }
        let inner = tensor.shape.iter().skip(axis + 1).product::<usize>().max(1);
        let mut weights = Weights { values: Vec::new(), scales: quantization.scales.clone(), channels, inner };
        for (at, &value) in values.iter().enumerate() {
            let steps = (f64::from(value) / f64::from(weights.scale(weights.channel(at)))).round();
            if !(-128.0..=127.0).contains(&steps) {
                let zero_point = quantization.zero_points.iter().find(|&&point| point != 0 && point != 128);
                let zero_point = zero_point.map_or(String::new(), |point| format!(" (zero point {point})"));
                return Err(format!("its weights{zero_point} reach beyond int8 around their zero point"));
            }
            weights.values.push(steps as i8);
        }
        Ok(weights)
    }

    /// Biases on the scale of the sums; zeros when there are none.
    fn biases(&mut self, node: &Node, x: Affine, weights: &Weights) -> Option<Vec<i32>> {
        let Some(&id) = node.inputs.get(2) else { return Some(vec![0; weights.channels]) };
        let values = self.tensor(id).f32_data()?;
        let stored = values.iter().enumerate().map(|(channel, &bias)| {
            let scale = f64::from(x.scale) * f64::from(weights.scale(channel.min(weights.channels - 1)));
            let steps = (f64::from(bias) / scale).round_ties_even();
            (steps.abs() < f64::from(i32::MAX)).then_some(steps as i32)
        });
        let stored: Option<Vec<i32>> = stored.collect();
        let stored = stored.filter(|stored| stored.len() == weights.channels);
        if stored.is_none() {
            self.leave(node, "its bias does not fit 32 bits on the scale of its sums", "calibrate the model again");
        }
        stored
    }
}

/// The first channel whose sum, shifted left for a factor of 1 or more, could leave 32 bits.
fn overflowing(weights: &Weights, biases: &[i32], x: Affine, y: Affine) -> Option<usize> {
    let mut reach: Vec<i64> = biases.iter().map(|&bias| i64::from(bias).abs()).collect();
    for (at, &weight) in weights.values.iter().enumerate() {
        reach[weights.channel(at)] += LARGEST_INPUT * i64::from(weight).abs();
    }
    reach.iter().enumerate().position(|(channel, &reach)| {
        let factor = f64::from(x.scale) * f64::from(weights.scale(channel)) / f64::from(y.scale);
        !fits_shifted(reach, factor)
    })
}

/// True when a sum of up to `reach` stays within 32 bits while it is multiplied by `factor` as kernels do.
pub(super) fn fits_shifted(reach: i64, factor: f64) -> bool {
    let (_, exponent) = libm::frexp(factor);
    let shift = exponent.max(0);
    // Mantissas are rounded up to a power of two at most once more.
    shift < 30 && reach < 1i64 << (31 - shift - 1)
}
