//! A model that is run to be looked into: what each operator wrote, by tensor.

use crate::arrays::Array;
use crate::compare::Quantized;
use crate::runner::infer;
use anyhow::Result;
use mote_engine::{Model, Observer, OperatorEvent, Session};
use mote_format::TensorRecord;
use mote_format::write::Names;
use std::collections::HashMap;

/// Keeps every operator's outputs of one inference, by tensor index; of several writes the last.
#[derive(Default)]
struct Capture(HashMap<u16, Vec<u8>>);

impl Observer for Capture {
    fn finished(&mut self, event: &OperatorEvent<'_>) {
        for index in 0.. {
            let Some((tensor, bytes)) = event.output(index) else { break };
            self.0.insert(tensor, bytes.to_vec());
        }
    }
}

/// A tensor's values after an inference.
pub struct Snapshot {
    /// Type, shape and quantisation.
    pub record: TensorRecord,
    /// Stored elements.
    pub array: Array,
}

impl Snapshot {
    /// For comparing.
    pub fn quantized(&self) -> Quantized<'_> {
        Quantized { array: &self.array, scale: self.record.scale, zero_point: self.record.zero_point, factors: None }
    }
}

/// What operators wrote in one inference, by tensor index.
pub type Tensors = HashMap<u16, Snapshot>;

/// A tensor that an operator writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Index in the file.
    pub tensor: u16,
    /// Name in the source.
    pub name: String,
    /// Index of the operator that writes it last.
    pub operator: usize,
    /// Where that operator came from.
    pub origin: String,
    /// Extents.
    pub shape: Vec<usize>,
}

impl Slot {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A model with the names of its tensors.
pub struct Side<'m> {
    /// The model.
    pub model: &'m Model<'m>,
    /// Names; empty when they are stripped.
    pub names: Names,
}

impl<'m> Side<'m> {
    /// `model` with the names it carries.
    pub fn new(model: &'m Model<'m>) -> Self {
        Self { model, names: Names::decode(model.file().names()).unwrap_or_default() }
    }

    /// Name of a tensor.
    pub fn tensor_name(&self, tensor: u16) -> String {
        self.names.tensors.get(tensor as usize).cloned().unwrap_or_else(|| format!("tensor {tensor}"))
    }

    /// The tensors that operators write, in the order of their last writers.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        for (operator, (operation, _)) in self.model.operations().enumerate() {
            for index in 0..operation.output_count() {
                let Ok(operand) = operation.output(index) else { continue };
                let Some(record) = operand.record() else { continue };
                slots.retain(|slot| slot.tensor != operand.index);
                slots.push(Slot {
                    tensor: operand.index,
                    name: self.tensor_name(operand.index),
                    operator,
                    origin: self.names.operators.get(operator).cloned().unwrap_or_default(),
                    shape: extents(&record),
                });
            }
        }
        slots
    }

    /// Runs one inference; outputs, and every tensor an operator wrote.
    pub fn run(&self, session: &mut Session<'_>, inputs: &[Vec<u8>]) -> Result<(Vec<Snapshot>, Tensors)> {
        let mut capture = Capture::default();
        let outputs = infer(session, inputs, &mut capture)?;
        let mut tensors = HashMap::new();
        for (tensor, bytes) in capture.0 {
            tensors.insert(tensor, snapshot(self.model.file().tensor(tensor)?, &bytes));
        }
        let ports = (0..self.model.output_count()).filter_map(|index| self.model.output(index));
        Ok((ports.zip(&outputs).map(|(record, bytes)| snapshot(record, bytes)).collect(), tensors))
    }
}

fn snapshot(record: TensorRecord, bytes: &[u8]) -> Snapshot {
    Snapshot { record, array: Array::from_bytes(record.element_type, extents(&record), bytes) }
}

/// Extents of a record.
pub fn extents(record: &TensorRecord) -> Vec<usize> {
    record.shape.extents().iter().map(|&extent| extent as usize).collect()
}
