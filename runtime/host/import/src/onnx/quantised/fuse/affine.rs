//! Scale and zero point of a tensor, and clamps.

use super::Key;
use mote_graph::{Activation, ElementType, Operator, Quantization, Tensor, TensorId, UnaryKind};

/// Quantisation of an int8 tensor: real = scale × (stored − zero point).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine {
    pub scale: f32,
    pub zero_point: i32,
}

impl Affine {
    /// Of an int8 tensor with one scale.
    pub fn of(tensor: &Tensor) -> Option<Self> {
        let quantization = tensor.quantization.as_ref().filter(|quantization| quantization.is_per_tensor())?;
        let affine = Self { scale: quantization.scale(0), zero_point: quantization.zero_point() };
        (tensor.element_type == ElementType::I8).then_some(affine)
    }

    pub fn quantization(self) -> Quantization {
        Quantization::per_tensor(self.scale, self.zero_point)
    }

    pub fn key(self, id: TensorId) -> Key {
        (id, self.scale.to_bits(), self.zero_point)
    }

    /// QuantizeLinear: x / scale rounded half to even, zero point added, saturated.
    pub fn quantise(self, real: f32) -> i8 {
        let steps = (real / self.scale).round_ties_even();
        // The conversion saturates; no number becomes 0.
        (steps as i32).saturating_add(self.zero_point).clamp(-128, 127) as i8
    }

    /// DequantizeLinear.
    pub fn real(self, stored: i8) -> f32 {
        self.scale * (i32::from(stored) - self.zero_point) as f32
    }
}

/// Real bounds an activation keeps to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clamp {
    pub low: f32,
    pub high: f32,
}

impl Clamp {
    pub const NONE: Self = Self { low: f32::NEG_INFINITY, high: f32::INFINITY };

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Of an operator that does nothing but clamp.
    pub fn of(operator: &Operator) -> Option<Self> {
        match operator {
            Operator::Unary(UnaryKind::Relu) => Some(Self::activation(Activation::Relu)),
            Operator::Unary(UnaryKind::Relu6) => Some(Self::activation(Activation::Relu6)),
            Operator::Unary(UnaryKind::ReluN1To1) => Some(Self::activation(Activation::ReluN1To1)),
            Operator::Unary(UnaryKind::Clip { min, max }) => Some(Self { low: *min, high: *max }),
            _ => None,
        }
    }

    pub fn activation(activation: Activation) -> Self {
        match activation {
            Activation::None => Self::NONE,
            Activation::Relu => Self { low: 0.0, ..Self::NONE },
            Activation::Relu6 => Self { low: 0.0, high: 6.0 },
            Activation::ReluN1To1 => Self { low: -1.0, high: 1.0 },
        }
    }

    /// The clamp of `inner` first, then this one.
    pub fn within(self, inner: Self) -> Self {
        Self { low: self.apply(inner.low), high: self.apply(inner.high) }
    }

    pub fn apply(self, value: f32) -> f32 {
        value.max(self.low).min(self.high)
    }

    /// The stored numbers it lets through.
    pub fn stored(self, affine: Affine) -> (i8, i8) {
        (affine.quantise(self.low), affine.quantise(self.high))
    }

    /// The fused activation that clamps an int8 result to the same stored numbers.
    pub fn fused(self, affine: Affine) -> Option<Activation> {
        let wanted = self.stored(affine);
        let range = |activation| {
            // As kernels' parameters are prepared: bounds rounded half away from zero.
            let bound = |real: f32| ((real / affine.scale).round() as i32).saturating_add(affine.zero_point);
            let Self { low, high } = Self::activation(activation);
            (bound(low).clamp(-128, 127) as i8, bound(high).clamp(-128, 127) as i8)
        };
        let all = [Activation::None, Activation::Relu, Activation::Relu6, Activation::ReluN1To1];
        all.into_iter().find(|&activation| range(activation) == wanted)
    }
}
