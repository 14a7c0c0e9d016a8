//! A checked model.

use crate::check;
use crate::operation::{Operation, Work};
use crate::operators::{OperatorEntry, OperatorSet};
use crate::{ModelError, OpCode};
use mote_format::{Header, ModelFile, Passport, TensorRecord};

/// A model that has passed every check. Borrows the file's bytes; immutable, and shareable between sessions and
/// threads.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    pub(crate) file: ModelFile<'m>,
    pub(crate) operators: OperatorSet<'m>,
}

impl core::fmt::Debug for Model<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Model").field("header", &self.file.header).finish_non_exhaustive()
    }
}

impl<'m> Model<'m> {
    /// Checks `bytes` completely against the operators this build has: records, shapes, the memory plan, quantisation
    /// and accumulator bounds. Time is bounded by the file's length and its counts; nothing is allocated.
    ///
    /// # Errors
    /// What is wrong, with the operator or tensor concerned.
    pub fn parse(bytes: &'m [u8], operators: OperatorSet<'m>) -> Result<Self, ModelError> {
        let model = Self { file: ModelFile::read(bytes)?, operators };
        check::check(&model).map_err(|refused| refused.in_file(&model.file))?;
        Ok(model)
    }

    /// The header: memory sizes, counts, packing, numerics.
    pub fn header(&self) -> &Header {
        &self.file.header
    }

    /// The sections, for tools.
    pub fn file(&self) -> &ModelFile<'m> {
        &self.file
    }

    /// The passport, when the file carries one.
    pub fn passport(&self) -> Option<Passport<'m>> {
        self.file.passport().ok().flatten()
    }

    /// Number of graph inputs.
    pub fn input_count(&self) -> usize {
        self.file.header.input_count as usize
    }

    /// Number of graph outputs.
    pub fn output_count(&self) -> usize {
        self.file.header.output_count as usize
    }

    /// Record of graph input `index`.
    #[inline]
    pub fn input(&self, index: usize) -> Option<TensorRecord> {
        self.port(self.file.input(index)?)
    }

    /// Record of graph output `index`.
    #[inline]
    pub fn output(&self, index: usize) -> Option<TensorRecord> {
        self.port(self.file.output(index)?)
    }

    /// Record of a port's tensor. One copy for inputs and outputs: decoding a whole record takes much flash.
    #[inline(never)]
    fn port(&self, tensor: u16) -> Option<TensorRecord> {
        self.file.tensor(tensor).ok()
    }

    /// The operators in execution order with what each will do, for tools.
    pub fn operations<'o>(&'o self) -> impl Iterator<Item = (Operation<'o>, Work)> + 'o {
        let mut records = self.file.operators();
        core::iter::from_fn(move || {
            let record = records.next_record()?.ok()?;
            let operation = Operation { model: self, record };
            let work = (self.entry(record.code)?.work)(&operation).ok()?;
            Some((operation, work))
        })
    }

    /// The entry that runs `code`; none when this build does not link it.
    pub(crate) fn entry(&self, code: u16) -> Option<&'m OperatorEntry> {
        self.operators.iter().find(|entry| entry.code == OpCode(code)).copied()
    }
}
