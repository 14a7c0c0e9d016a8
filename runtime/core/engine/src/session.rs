//! A running model in caller-owned memory.

use crate::error::RunError;
use crate::model::Model;
use crate::observer::{Observer, OperatorEvent, Unobserved};
use crate::operation::Operation;
use crate::quantize::{dequantize, quantize};
use mote_format::{ElementType, Location, OpCode, OperatorRecords, TensorRecord};
use mote_kernels::Memory;

/// Whether an inference has more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call [`Session::poll`] again.
    Pending,
    /// Outputs are ready.
    Done,
}

impl Progress {
    /// True when there is more to do.
    pub fn is_pending(self) -> bool {
        self == Self::Pending
    }
}

/// Where a run stands.
#[derive(Clone, Copy)]
struct Cursor<'s> {
    /// Records from the present operator on.
    records: OperatorRecords<'s>,
    index: u16,
    /// Units of the present operator already made.
    unit: usize,
    /// An inference has started and not finished.
    under_way: bool,
}

/// A model with memory to run in. Borrows the model, the arena and the state buffer; one thread at a time.
///
/// Inputs stand in the arena and are consumed by the run: set them again before each.
pub struct Session<'s> {
    model: &'s Model<'s>,
    memory: Memory<'s>,
    cursor: Cursor<'s>,
}

impl<'s> Session<'s> {
    /// A session in `arena` (at least the header's `arena_bytes`) and `state` (at least `state_bytes`; empty for models
    /// without state), which is set to its initial value. Longer slices are fine.
    ///
    /// # Errors
    /// A slice that is too small, with the size needed.
    pub fn new(model: &'s Model<'s>, arena: &'s mut [u8], state: &'s mut [u8]) -> Result<Self, RunError> {
        let mut session = Self::resume(model, arena, state)?;
        session.reset_state();
        Ok(session)
    }

    /// As [`Session::new`], but keeps what `state` holds: a state buffer saved from an earlier session of this model.
    pub fn resume(model: &'s Model<'s>, arena: &'s mut [u8], state: &'s mut [u8]) -> Result<Self, RunError> {
        let header = model.header();
        let needed = RunError::ArenaTooSmall { needed_bytes: header.arena_bytes };
        let arena = arena.get_mut(..header.arena_bytes as usize).ok_or(needed)?;
        let tensors = header.arena_bytes.wrapping_sub(header.scratch_bytes) as usize;
        let (arena, scratch) = arena.split_at_mut_checked(tensors).ok_or(needed)?;
        let needed = RunError::StateTooSmall { needed_bytes: header.state_bytes };
        let state = state.get_mut(..header.state_bytes as usize).ok_or(needed)?;
        let memory = Memory { arena, scratch, state, constants: model.file.constants() };
        let cursor = Cursor { records: model.file.operators(), index: 0, unit: 0, under_way: false };
        Ok(Self { model, memory, cursor })
    }

    /// The model.
    pub fn model(&self) -> &'s Model<'s> {
        self.model
    }

    /// Drops an inference under way; state tensors keep what they hold.
    pub fn reset(&mut self) {
        self.cursor = Cursor { records: self.model.file.operators(), index: 0, unit: 0, under_way: false };
    }

    /// Sets all state tensors to their initial values and drops an inference under way.
    pub fn reset_state(&mut self) {
        self.reset();
        let mut rest: &mut [u8] = self.memory.state;
        let mut runs = self.model.file.initial_state();
        while let Some(Ok(run)) = runs.next_run() {
            let Some((part, tail)) = rest.split_at_mut_checked(run.bytes as usize) else { return };
            match (run.data.len() == part.len(), run.data.first()) {
                (true, _) => part.iter_mut().zip(run.data).for_each(|(slot, &byte)| *slot = byte),
                (false, Some(&byte)) => part.fill(byte),
                (false, None) => {}
            }
            rest = tail;
        }
    }

    /// State bytes, to save and later [`Session::resume`] from.
    pub fn state(&self) -> &[u8] {
        self.memory.state
    }

    /// Input `index`, to write.
    ///
    /// # Errors
    /// No such input; an inference is under way.
    #[inline]
    pub fn input(&mut self, index: usize) -> Result<PortMut<'_>, RunError> {
        if self.cursor.under_way {
            return Err(RunError::Busy);
        }
        let record = self.model.input(index).ok_or(RunError::NoSuchPort)?;
        let bytes = held(self.memory.arena, &record).ok_or(RunError::NoSuchPort)?;
        Ok(PortMut { record, bytes })
    }

    /// Output `index`, valid after a finished run until inputs are written again.
    ///
    /// # Errors
    /// No such output; an inference is under way.
    #[inline]
    pub fn output(&self, index: usize) -> Result<Port<'_>, RunError> {
        if self.cursor.under_way {
            return Err(RunError::Busy);
        }
        let record = self.model.output(index).ok_or(RunError::NoSuchPort)?;
        let region: &[u8] = match record.location {
            Location::Arena => self.memory.arena,
            Location::State => self.memory.state,
            Location::Constant => self.memory.constants,
        };
        let start = record.offset as usize;
        let bytes = region.get(start..start + record.bytes as usize).ok_or(RunError::NoSuchPort)?;
        Ok(Port { record, bytes })
    }

    /// Runs the inference to its end (from where it stands, if polled before).
    ///
    /// # Errors
    /// A run-time index outside its table.
    pub fn run(&mut self) -> Result<(), RunError> {
        self.run_observed(&mut Unobserved)
    }

    /// As [`Session::run`], watched by `observer`.
    pub fn run_observed(&mut self, observer: &mut impl Observer) -> Result<(), RunError> {
        while self.poll_observed(u32::MAX, observer)?.is_pending() {}
        Ok(())
    }

    /// Runs about `budget` units of work (one is one multiply-accumulate or one element moved), at least one slice of
    /// an operator, and returns whether more is left.
    ///
    /// # Errors
    /// A run-time index outside its table; the inference is dropped.
    pub fn poll(&mut self, budget: u32) -> Result<Progress, RunError> {
        self.poll_observed(budget, &mut Unobserved)
    }

    /// As [`Session::poll`], watched by `observer`.
    pub fn poll_observed(&mut self, budget: u32, observer: &mut impl Observer) -> Result<Progress, RunError> {
        let mut left = budget;
        loop {
            let mut after = self.cursor.records;
            let Some(record) = after.next_record() else {
                self.reset();
                return Ok(Progress::Done);
            };
            match self.advance(record.ok(), after, &mut left, observer) {
                Some(true) => return Ok(Progress::Pending),
                Some(false) => {}
                None => {
                    let operator = self.cursor.index;
                    self.reset();
                    return Err(RunError::Fault { operator });
                }
            }
        }
    }

    /// Runs a slice of the present operator; true when the budget is used up and work is left.
    #[inline(always)]
    fn advance(
        &mut self,
        record: Option<mote_format::OperatorRecord<'s>>,
        after: OperatorRecords<'s>,
        left: &mut u32,
        observer: &mut impl Observer,
    ) -> Option<bool> {
        let record = record?;
        let entry = self.model.entry(record.code)?;
        let operation = Operation { model: self.model, record };
        let work = (entry.work)(&operation).ok()?;
        self.cursor.under_way = true;
        if self.cursor.unit == 0 {
            observer.started(self.cursor.index, OpCode(record.code));
        }
        let affordable = left.checked_div(work.work_per_unit).unwrap_or(1).max(1) as usize;
        let end = self.cursor.unit.saturating_add(affordable).min(work.units);
        (entry.run)(&operation, &mut self.memory, self.cursor.unit..end).ok()?;
        let done = end.wrapping_sub(self.cursor.unit) as u32;
        *left = left.saturating_sub(done.saturating_mul(work.work_per_unit));
        self.cursor.unit = end;
        if end < work.units {
            return Some(true);
        }
        let (index, code) = (self.cursor.index, OpCode(record.code));
        observer.finished(&OperatorEvent { index, code, model: self.model, record, memory: &self.memory });
        self.cursor.records = after;
        self.cursor.index = index.wrapping_add(1);
        self.cursor.unit = 0;
        let last = after.clone().next_record().is_none();
        Some(*left == 0 && !last)
    }
}

fn held<'a>(region: &'a mut [u8], record: &TensorRecord) -> Option<&'a mut [u8]> {
    let start = record.offset as usize;
    region.get_mut(start..start.checked_add(record.bytes as usize)?)
}

/// A graph output to read.
#[derive(Clone, Copy, Debug)]
pub struct Port<'p> {
    /// Shape, type and quantisation.
    pub record: TensorRecord,
    /// Raw little-endian elements, row-major.
    pub bytes: &'p [u8],
}

impl Port<'_> {
    /// Real value of element `index` (8-bit, int32 and float32 tensors); none outside or for other types.
    pub fn real(&self, index: usize) -> Option<f32> {
        let TensorRecord { scale, zero_point, .. } = self.record;
        match self.record.element_type {
            ElementType::I8 => Some(dequantize(*self.bytes.get(index)? as i8 as i32, scale, zero_point)),
            ElementType::U8 => Some(dequantize(*self.bytes.get(index)? as i32, scale, zero_point)),
            ElementType::I32 => Some(i32::from_le_bytes(*four(self.bytes, index)?) as f32),
            ElementType::F32 => Some(f32::from_le_bytes(*four(self.bytes, index)?)),
            _ => None,
        }
    }

    /// Index of the first largest element; none for an empty or unreadable tensor.
    pub fn arg_max(&self) -> Option<usize> {
        let mut best = None;
        let mut index = 0;
        while let Some(value) = self.real(index) {
            if best.is_none_or(|(_, largest)| value > largest) {
                best = Some((index, value));
            }
            index += 1;
        }
        best.map(|(index, _)| index)
    }
}

fn four(bytes: &[u8], index: usize) -> Option<&[u8; 4]> {
    bytes.get(index.wrapping_mul(4)..)?.first_chunk::<4>()
}

/// A graph input to write.
#[derive(Debug)]
pub struct PortMut<'p> {
    /// Shape, type and quantisation.
    pub record: TensorRecord,
    /// Raw little-endian elements, row-major, to fill.
    pub bytes: &'p mut [u8],
}

impl PortMut<'_> {
    /// Copies raw bytes; the length must be the tensor's.
    pub fn copy_from(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        if bytes.len() != self.bytes.len() {
            return Err(RunError::Length { needed_elements: self.record.shape.elements() as u32 });
        }
        self.bytes.iter_mut().zip(bytes).for_each(|(slot, &byte)| *slot = byte);
        Ok(())
    }

    /// Quantises real values into the tensor (float32 tensors take them as they are).
    ///
    /// # Errors
    /// Another length than the tensor's; a tensor that is neither 8-bit with a scale nor float32.
    pub fn quantise_from(&mut self, reals: &[f32]) -> Result<(), RunError> {
        let elements = self.record.shape.elements();
        if reals.len() != elements {
            return Err(RunError::Length { needed_elements: elements as u32 });
        }
        let TensorRecord { scale, zero_point, .. } = self.record;
        let range = match self.record.element_type {
            ElementType::I8 if scale > 0.0 => (-128, 127),
            ElementType::U8 if scale > 0.0 => (0, 255),
            ElementType::F32 => {
                for (slot, real) in self.bytes.chunks_exact_mut(4).zip(reals) {
                    slot.iter_mut().zip(real.to_le_bytes()).for_each(|(byte, value)| *byte = value);
                }
                return Ok(());
            }
            _ => return Err(RunError::Type),
        };
        for (slot, &real) in self.bytes.iter_mut().zip(reals) {
            *slot = quantize(real, scale, zero_point, range.0, range.1) as u8;
        }
        Ok(())
    }
}
