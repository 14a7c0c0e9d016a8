//! A model that owns its file.

use super::HostError;
use crate::status;
use mote_engine::{Model, operators};
use mote_format::{PortInfo, TensorRecord};
use std::string::{String, ToString};
use std::vec::Vec;

/// A checked model with a copy of its file. Immutable; shared by its sessions and by threads.
#[derive(Debug)]
pub struct HostModel {
    // Borrows `file`, whose bytes stay where they are until both go.
    model: Model<'static>,
    // Held for `model`, never touched. A vector, since moving a box would claim its bytes anew.
    _file: Vec<Aligned>,
}

/// Sixteen bytes, aligned for every kernel.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Aligned([u8; 16]);

/// `bytes` zeroed bytes, aligned; an error where there is not enough memory.
pub(super) fn aligned_bytes(bytes: usize) -> Result<Vec<Aligned>, HostError> {
    let blocks = bytes.div_ceil(size_of::<Aligned>());
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(blocks)
        .map_err(|_| HostError::new(status::ERROR_OUT_OF_MEMORY, std::format!("{bytes} bytes of memory are needed")))?;
    memory.resize(blocks, Aligned([0; 16]));
    Ok(memory)
}

/// The bytes of aligned blocks.
pub(super) fn bytes_mut(blocks: &mut [Aligned]) -> &mut [u8] {
    let bytes = size_of_val(blocks);
    // SAFETY: a block is sixteen plain bytes, without padding.
    unsafe { core::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast::<u8>(), bytes) }
}

/// An input or output of a model, as applications see it.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo {
    /// Name; empty when the file has none.
    pub name: String,
    /// Class labels, one each; empty when the file has none.
    pub labels: Vec<String>,
    /// `MOTE_TYPE_` constant of the elements.
    pub element_type: i32,
    /// Extents, outermost first.
    pub shape: Vec<u32>,
    /// Bytes of the whole tensor.
    pub bytes: usize,
    /// Real value of one step of an integer tensor; 0 for tensors that are not quantised.
    pub scale: f32,
    /// Stored value of real 0.
    pub zero_point: i32,
}

impl HostModel {
    /// Copies `file` and checks it completely.
    ///
    /// # Errors
    /// What is wrong with the file; not enough memory.
    pub fn parse(file: &[u8]) -> Result<Self, HostError> {
        let mut copy = aligned_bytes(file.len())?;
        let bytes = bytes_mut(&mut copy);
        bytes[..file.len()].copy_from_slice(file);
        // SAFETY: the bytes live in a box that this object keeps, unmoved and unwritten, until after the model.
        let bytes: &'static [u8] = unsafe { core::slice::from_raw_parts(bytes.as_ptr(), file.len()) };
        let model = Model::parse(bytes, operators::native())
            .map_err(|error| HostError::new(status::of_model(&error), error.to_string()))?;
        Ok(Self { model, _file: copy })
    }

    /// The checked model. Its lifetime is this object's.
    pub fn model(&self) -> &Model<'_> {
        &self.model
    }

    /// The model as sessions keep it, which hold this object as well.
    pub(super) fn lasting(&self) -> &Model<'static> {
        &self.model
    }

    /// Inputs in order.
    pub fn inputs(&self) -> Vec<TensorInfo> {
        let ports = self.model.passport().map(|found| found.inputs.iter().collect()).unwrap_or_default();
        named((0..self.model.input_count()).filter_map(|index| self.model.input(index)), ports)
    }

    /// Outputs in order.
    pub fn outputs(&self) -> Vec<TensorInfo> {
        let ports = self.model.passport().map(|found| found.outputs.iter().collect()).unwrap_or_default();
        named((0..self.model.output_count()).filter_map(|index| self.model.output(index)), ports)
    }
}

fn named(records: impl Iterator<Item = TensorRecord>, ports: Vec<PortInfo<'_>>) -> Vec<TensorInfo> {
    records.enumerate().map(|(index, record)| info(&record, ports.get(index))).collect()
}

fn info(record: &TensorRecord, port: Option<&PortInfo<'_>>) -> TensorInfo {
    TensorInfo {
        name: port.map(|port| port.name.to_string()).unwrap_or_default(),
        labels: port.map(|port| port.labels.lines().map(str::to_string).collect()).unwrap_or_default(),
        element_type: record.element_type as i32,
        shape: record.shape.extents().to_vec(),
        bytes: record.bytes as usize,
        scale: record.scale,
        zero_point: record.zero_point,
    }
}
