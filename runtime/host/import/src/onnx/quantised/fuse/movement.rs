//! Operators that only move or compare elements: quantising before them gives the same as after them.

use super::Fuser;
use super::affine::{Affine, Clamp};
use mote_graph::{Activation, BinaryKind, Node, Operator, PoolKind, TensorId};

/// True for operators whose outputs are elements of their inputs.
pub(super) fn moves(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Reshape
            | Operator::Transpose { .. }
            | Operator::StridedSlice { .. }
            | Operator::Split { .. }
            | Operator::Concatenate { .. }
            | Operator::Pack { .. }
            | Operator::Unpack { .. }
            | Operator::Pad { .. }
            | Operator::Gather { .. }
            | Operator::ResizeNearest { .. }
            | Operator::Pool { kind: PoolKind::Max, .. }
            | Operator::Binary { kind: BinaryKind::Maximum | BinaryKind::Minimum, .. }
    )
}

/// Inputs that hold elements, not indices.
pub(super) fn data(node: &Node) -> &[TensorId] {
    let count = if matches!(node.operator, Operator::Gather { .. }) { 1 } else { node.inputs.len() };
    &node.inputs[..count.min(node.inputs.len())]
}

impl Fuser<'_> {
    /// The stored form of output `real` of an operator that moves elements.
    pub(super) fn moved(&mut self, node: &Node, real: TensorId, affine: Affine, clamp: Clamp) -> Option<TensorId> {
        let mut operator = node.operator.clone();
        let mut clamp = clamp;
        match &mut operator {
            Operator::Pool { activation, .. } | Operator::Concatenate { activation, .. } => {
                clamp = clamp.within(Clamp::activation(std::mem::take(activation)));
            }
            Operator::Binary { activation, .. } => {
                clamp = clamp.within(Clamp::activation(std::mem::replace(activation, Activation::None)));
            }
            Operator::Pad { value, .. } => {
                let real = match value.as_deref() {
                    None => 0.0,
                    Some(bytes) => f32::from_le_bytes(bytes.try_into().ok()?),
                };
                *value = Some(vec![affine.quantise(clamp.apply(real)) as u8]);
            }
            _ => {}
        }
        let mut inputs = node.inputs.clone();
        for (position, &input) in data(node).iter().enumerate() {
            inputs[position] = self.stored(input, affine, clamp)?;
        }
        let outputs: Vec<TensorId> = node.outputs.iter().map(|&output| self.like(output, affine)).collect();
        let at = node.outputs.iter().position(|&output| output == real)?;
        if clamp.is_none() {
            for (&real, &stored) in node.outputs.iter().zip(&outputs) {
                self.remember(affine.key(real), stored);
            }
        }
        let found = outputs[at];
        self.attempt.push(Node { operator, inputs, outputs, origin: node.origin.clone() });
        Some(found)
    }
}
