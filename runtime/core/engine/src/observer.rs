//! Watching a run: profiles, per-operator hashes and drift histograms hang on this.

use crate::model::Model;
use mote_format::{OpCode, OperatorRecord};
use mote_kernels::{Memory, Span};

/// An operator that begins or has finished.
pub struct OperatorEvent<'e> {
    /// Its index in execution order.
    pub index: u16,
    /// Its code.
    pub code: OpCode,
    pub(crate) model: &'e Model<'e>,
    pub(crate) record: OperatorRecord<'e>,
    pub(crate) memory: &'e Memory<'e>,
}

impl<'e> OperatorEvent<'e> {
    /// Tensor index and bytes of output `index`; none beyond the last.
    pub fn output(&self, index: usize) -> Option<(u16, &'e [u8])> {
        let id = self.record.operand(self.record.input_count as usize + index)?;
        let view = self.model.file.tensor_view(id)?;
        let region = crate::operation::region(view.location());
        let span = Span { region, offset: view.offset() as usize, bytes: view.bytes() as usize };
        self.memory.read(span).ok().map(|bytes| (id, bytes))
    }
}

/// Called around every operator of a run. Calls are inlined: an observer with empty methods costs nothing.
pub trait Observer {
    /// An operator is about to start (not called again when it is resumed).
    fn started(&mut self, _index: u16, _code: OpCode) {}

    /// An operator has finished; its outputs can be read.
    fn finished(&mut self, _event: &OperatorEvent<'_>) {}
}

/// The observer of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
