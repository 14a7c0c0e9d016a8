//! Operators that compute, on operands with a stored form of their own.

use super::Fuser;
use super::affine::{Affine, Clamp};
use super::weighted::{fits_shifted, weights_of};
use mote_graph::{Activation, BinaryKind, Node, Operator, PoolKind, TensorId};

/// What the int8 softmax gives.
const SOFTMAX_OUTPUT: Affine = Affine { scale: 1.0 / 256.0, zero_point: -128 };
/// The kernel of ADD shifts its operands left by this much before they are scaled.
const ADD_LEFT_SHIFT: i32 = 20;

impl Fuser<'_> {
    /// The stored output of a computing operator.
    pub(super) fn computed(&mut self, node: &Node, real: TensorId, y: Affine, clamp: Clamp) -> Option<TensorId> {
        if weights_of(&mut node.operator.clone()).is_some() {
            return self.layer(node, real, y, clamp);
        }
        match &node.operator {
            Operator::Binary { kind, activation } => {
                self.binary(node, *kind, real, y, clamp.within(Clamp::activation(*activation)))
            }
            Operator::Pool { kind: PoolKind::Average, .. } => self.average_pool(node, real, y, clamp),
            Operator::Reduce { .. } => self.reduced(node, real, y, clamp),
            Operator::Softmax { .. } => {
                let (input, _) = self.natural(node.inputs[0])?;
                self.fixed_output(node, input, SOFTMAX_OUTPUT, real, y, clamp)
            }
            Operator::ResizeBilinear { .. } => {
                let (input, x) = self.natural(node.inputs[0])?;
                self.fixed_output(node, input, x, real, y, clamp)
            }
            _ => None,
        }
    }

    fn binary(&mut self, node: &Node, kind: BinaryKind, real: TensorId, y: Affine, clamp: Clamp) -> Option<TensorId> {
        let (a, a_affine) = self.natural(node.inputs[0])?;
        let (b, b_affine) = self.natural(node.inputs[1])?;
        let (scale_a, scale_b) = (f64::from(a_affine.scale), f64::from(b_affine.scale));
        let fits = match kind {
            // The kernel's output factor must be below 1.
            BinaryKind::Add | BinaryKind::Subtract => {
                2.0 * scale_a.max(scale_b) < f64::from(1 << ADD_LEFT_SHIFT) * f64::from(y.scale)
            }
            BinaryKind::Multiply => fits_shifted(255 * 255, scale_a * scale_b / f64::from(y.scale)),
            // These move elements.
            BinaryKind::Maximum | BinaryKind::Minimum => false,
        };
        if !fits {
            let fix = "calibrate the model again: the output's range is far too small for its inputs";
            self.leave(node, "its output's scale is far below its inputs'", fix);
            return None;
        }
        let fused = clamp.fused(y);
        let activation = fused.unwrap_or(Activation::None);
        let output = self.emit(Operator::Binary { kind, activation }, vec![a, b], real, y);
        Some(if fused.is_some() { output } else { self.clamped(output, real, y, clamp) })
    }

    /// An operator whose output has a quantisation of its own, rescaled where another is wanted. Rounding twice stays
    /// within one step of rounding once while a step of the first is at most one of the second.
    fn fixed_output(
        &mut self,
        node: &Node,
        input: TensorId,
        own: Affine,
        real: TensorId,
        y: Affine,
        clamp: Clamp,
    ) -> Option<TensorId> {
        if own.scale > y.scale {
            let reason = format!("its output's scale {} is finer than the {} its kernel gives", y.scale, own.scale);
            self.leave(node, reason, "quantise its output with that scale, as static quantisers do");
            return None;
        }
        let output = self.emit(node.operator.clone(), vec![input], real, own);
        Some(if own == y { self.clamped(output, real, y, clamp) } else { self.rescaled(output, own, real, y, clamp) })
    }

    /// A stored tensor in another quantisation.
    pub(super) fn rescaled(&mut self, from: TensorId, x: Affine, real: TensorId, y: Affine, clamp: Clamp) -> TensorId {
        let entry = |byte: usize| y.quantise(clamp.apply(x.real(byte as u8 as i8))) as u8;
        self.emit(Operator::Lookup { table: Box::new(std::array::from_fn(entry)) }, vec![from], real, y)
    }

    /// A stored tensor clamped; itself when the clamp lets all of it through.
    pub(super) fn clamped(&mut self, from: TensorId, real: TensorId, y: Affine, clamp: Clamp) -> TensorId {
        let (low, high) = clamp.stored(y);
        if (low, high) == (i8::MIN, i8::MAX) {
            return from;
        }
        let entry = |byte: usize| (byte as u8 as i8).max(low).min(high) as u8;
        self.emit(Operator::Lookup { table: Box::new(std::array::from_fn(entry)) }, vec![from], real, y)
    }
}
