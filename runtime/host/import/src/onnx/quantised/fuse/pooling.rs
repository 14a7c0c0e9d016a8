//! Averages: over windows and over axes.

use super::Fuser;
use super::affine::{Affine, Clamp};
use super::weighted::fits_shifted;
use mote_graph::{
    Activation, ConvGeometry, ElementType, Node, Operator, PoolKind, Quantization, ReduceKind, Tensor, TensorId,
};
use std::sync::Arc;

impl Fuser<'_> {
    /// The stored output of an average pooling.
    ///
    /// The kernel averages stored numbers and does not rescale. Into another quantisation it goes as the mean over rows
    /// and columns where the window is the whole image, else by a table after the average: rounded twice, and within
    /// one step of rounding once as long as a step of the input is at most one of the output. Into a finer one it goes as a
    /// depthwise convolution with ones.
    pub(super) fn average_pool(&mut self, node: &Node, real: TensorId, y: Affine, clamp: Clamp) -> Option<TensorId> {
        let Operator::Pool { kind: PoolKind::Average, window_height, window_width, geometry, activation } =
            node.operator
        else {
            return None;
        };
        let (input, x) = self.natural(node.inputs[0])?;
        let clamp = clamp.within(Clamp::activation(activation));
        if x != y {
            let [_, height, width, _] = self.tensor(input).shape4()?;
            let is_whole = (window_height, window_width) == (height, width)
                && self.tensor(real).shape4()?[1..3] == [1, 1]
                && geometry.padding == mote_graph::Padding::default();
            if is_whole && self.tensor(input).shape.len() == 4 {
                return self.mean(input, x, &[1, 2], ReduceKind::Mean, real, y, clamp);
            }
            if x.scale > y.scale {
                if geometry.padding == mote_graph::Padding::default() {
                    let window = (window_height, window_width);
                    return self.pool_by_weights(input, x, window, geometry, real, y, clamp);
                }
                let reason = "its output's scale is finer than its input's, and its windows reach over the border";
                self.leave(node, reason, "give input and output of the pooling one scale");
                return None;
            }
        }
        let pool =
            |activation| Operator::Pool { kind: PoolKind::Average, window_height, window_width, geometry, activation };
        if x == y {
            let fused = clamp.fused(y);
            let output = self.emit(pool(fused.unwrap_or(Activation::None)), vec![input], real, y);
            return Some(if fused.is_some() { output } else { self.clamped(output, real, y, clamp) });
        }
        let average = self.emit(pool(Activation::None), vec![input], real, x);
        Some(self.rescaled(average, x, real, y, clamp))
    }

    /// An average as a depthwise convolution with ones, whose sums are rounded once.
    fn pool_by_weights(
        &mut self,
        input: TensorId,
        x: Affine,
        (height, width): (usize, usize),
        geometry: ConvGeometry,
        real: TensorId,
        y: Affine,
        clamp: Clamp,
    ) -> Option<TensorId> {
        let channels = *self.tensor(input).shape.last()?;
        let taps = height.checked_mul(width)?;
        let scale = 1.0 / taps as f32;
        if !fits_shifted(255 * taps as i64, f64::from(x.scale) * f64::from(scale) / f64::from(y.scale)) {
            return None;
        }
        let ones = Tensor {
            name: format!("ones of {}", self.tensor(real).name),
            shape: vec![1, height, width, channels],
            element_type: ElementType::I8,
            quantization: Some(Quantization::per_tensor(scale, 0)),
            data: Some(Arc::new(vec![1; taps.checked_mul(channels)?])),
        };
        let ones = self.graph.add_tensor(ones);
        let operator = Operator::DepthwiseConv2d { geometry, multiplier: 1, activation: Activation::None };
        let output = self.emit(operator, vec![input, ones], real, y);
        Some(self.clamped(output, real, y, clamp))
    }

    /// The stored output of a mean or sum over axes.
    pub(super) fn reduced(&mut self, node: &Node, real: TensorId, y: Affine, clamp: Clamp) -> Option<TensorId> {
        let Operator::Reduce { kind, axes } = &node.operator else { return None };
        let (input, x) = self.natural(node.inputs[0])?;
        self.mean(input, x, axes, *kind, real, y, clamp)
    }

    fn mean(
        &mut self,
        input: TensorId,
        x: Affine,
        axes: &[usize],
        kind: ReduceKind,
        real: TensorId,
        y: Affine,
        clamp: Clamp,
    ) -> Option<TensorId> {
        let shape = &self.tensor(input).shape;
        let count: usize = axes.iter().map(|&axis| shape.get(axis).copied().unwrap_or(1)).product();
        if !fits_shifted(255 * count as i64, f64::from(x.scale) / f64::from(y.scale)) {
            return None;
        }
        let output = self.emit(Operator::Reduce { kind, axes: axes.to_vec() }, vec![input], real, y);
        Some(self.clamped(output, real, y, clamp))
    }
}
