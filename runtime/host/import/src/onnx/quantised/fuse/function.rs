//! Float tensors that are a function of one stored byte, element by element.

use super::Fuser;
use super::affine::{Affine, Clamp};
use mote_graph::{BinaryKind, Operator, TensorId};
use std::sync::Arc;

/// A float tensor as a function of the int8 tensor `source`.
pub(super) struct Function {
    pub source: TensorId,
    /// Value for each byte read as unsigned.
    pub values: [f32; 256],
    /// Nothing but dequantisation.
    pub is_plain: bool,
}

impl Fuser<'_> {
    /// The function a float tensor is of a stored one; none when it is not.
    pub(super) fn function(&mut self, real: TensorId) -> Option<Arc<Function>> {
        if let Some(known) = self.functions.get(&real) {
            return known.clone();
        }
        let found = self.function_anew(real).map(Arc::new);
        self.functions.insert(real, found.clone());
        found
    }

    fn function_anew(&mut self, real: TensorId) -> Option<Function> {
        let node = self.nodes[*self.producer.get(&real)?].clone();
        match &node.operator {
            Operator::Dequantize => {
                let source = self.resolve(node.inputs[0]);
                let affine = Affine::of(self.tensor(source))?;
                let values = std::array::from_fn(|byte| affine.real(byte as u8 as i8));
                Some(Function { source, values, is_plain: true })
            }
            Operator::Unary(kind) => {
                let inner = self.function(node.inputs[0])?;
                Some(Function {
                    values: inner.values.map(|x| kind.value(f64::from(x)) as f32),
                    is_plain: false,
                    source: inner.source,
                })
            }
            Operator::Binary { kind, activation } => {
                let [a, b] = node.inputs[..] else { return None };
                let clamp = Clamp::activation(*activation);
                let combine = |a: f32, b: f32| clamp.apply(binary(*kind, a, b));
                let shape = |id: TensorId| self.graph.tensors[id].shape.clone();
                let (whole_a, whole_b) = (shape(a) == shape(real), shape(b) == shape(real));
                let (scalar_a, scalar_b) = (self.scalar(a), self.scalar(b));
                let (source, values) = match (scalar_a, scalar_b) {
                    (None, Some(b)) if whole_a => {
                        let a = self.function(a)?;
                        (a.source, a.values.map(|a| combine(a, b)))
                    }
                    (Some(a), None) if whole_b => {
                        let b = self.function(b)?;
                        (b.source, b.values.map(|b| combine(a, b)))
                    }
                    (None, None) if whole_a && whole_b => {
                        let (a, b) = (self.function(a)?, self.function(b)?);
                        let values = std::array::from_fn(|byte| combine(a.values[byte], b.values[byte]));
                        (a.source == b.source).then_some((a.source, values))?
                    }
                    _ => return None,
                };
                Some(Function { source, values, is_plain: false })
            }
            _ => None,
        }
    }

    /// The value of a float constant of one element.
    fn scalar(&self, id: TensorId) -> Option<f32> {
        match self.tensor(id).f32_data()?.as_slice() {
            [value] => Some(*value),
            _ => None,
        }
    }

    /// The stored tensor of a function's values: its source itself, or a table's output.
    pub(super) fn through_table(
        &mut self,
        function: &Function,
        real: TensorId,
        affine: Affine,
        clamp: Clamp,
    ) -> TensorId {
        let table = function.values.map(|value| affine.quantise(clamp.apply(value)) as u8);
        let changes = (0..=u8::MAX).zip(&table).any(|(byte, &entry)| byte != entry);
        if !changes && Affine::of(self.tensor(function.source)) == Some(affine) {
            return function.source;
        }
        self.emit(Operator::Lookup { table: Box::new(table) }, vec![function.source], real, affine)
    }
}

fn binary(kind: BinaryKind, a: f32, b: f32) -> f32 {
    match kind {
        BinaryKind::Add => a + b,
        BinaryKind::Subtract => a - b,
        BinaryKind::Multiply => a * b,
        BinaryKind::Maximum => a.max(b),
        BinaryKind::Minimum => a.min(b),
    }
}
