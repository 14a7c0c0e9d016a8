//! Operator records and plan segments, postcard-encoded and decoded while running.

use crate::fixed::fixed;
use crate::parameters::CustomParameters;
use crate::wire::Wire;
use crate::{FormatError, OpCode};
use serde::{Deserialize, Serialize};

/// Segment kind: its operators run one after the other over whole tensors.
pub const SEGMENT_WHOLE: u8 = 0;

/// Head of a plan segment; its operator records follow.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct SegmentRecord {
    /// How the segment's operators run; [`SEGMENT_WHOLE`] in this version.
    pub kind: u8,
    /// Operators in the segment; at least 1.
    pub operators: u16,
}

/// One operator.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct OperatorRecord<'a> {
    /// Operator code, see [`crate::OpCode`].
    pub code: u16,
    /// How many of the operands are inputs; the others are outputs.
    pub input_count: u8,
    /// Tensor indices, little-endian u16 each.
    #[serde(borrow)]
    pub operands: &'a [u8],
    /// The operator's parameters, see [`crate::parameters`]; an application's operators encode theirs as they like.
    #[serde(borrow)]
    pub parameters: &'a [u8],
}

impl<'a> OperatorRecord<'a> {
    /// Name of a custom operator; none for other operators, and when the record holds no name.
    pub fn custom_name(&self) -> Option<&'a str> {
        let parameters = CustomParameters::read(self.parameters).filter(|_| OpCode(self.code).is_custom())?;
        Some(parameters.name)
    }
}

impl OperatorRecord<'_> {
    /// Tensor index of operand `index`.
    #[inline]
    pub fn operand(&self, index: usize) -> Option<u16> {
        let pair = self.operands.get(index.wrapping_mul(2)..)?.first_chunk::<2>()?;
        Some(u16::from_le_bytes(*pair))
    }

    /// Tensor indices of inputs and outputs, as they stand there.
    #[inline(always)]
    pub fn split(&self) -> (&[[u8; 2]], &[[u8; 2]]) {
        self.operands.as_chunks::<2>().0.split_at_checked(self.input_count as usize).unwrap_or((&[], &[]))
    }

    /// Tensor indices of the inputs.
    #[inline(always)]
    pub fn inputs(&self) -> impl Iterator<Item = u16> + use<'_> {
        let ids = self.operands.as_chunks::<2>().0;
        ids.get(..self.input_count as usize).unwrap_or(&[]).iter().map(|id| u16::from_le_bytes(*id))
    }

    /// Tensor indices of the outputs.
    #[inline(always)]
    pub fn outputs(&self) -> impl Iterator<Item = u16> + use<'_> {
        let ids = self.operands.as_chunks::<2>().0;
        ids.get(self.input_count as usize..).unwrap_or(&[]).iter().map(|id| u16::from_le_bytes(*id))
    }

    /// Number of operands.
    #[inline]
    pub fn operand_count(&self) -> usize {
        self.operands.len() / 2
    }
}

fixed! {
    /// Bytes of the constant section an operator uses (weights, tables).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ConstantRef {
        /// First byte in the constant section.
        pub offset: u32,
        /// Length in bytes.
        pub bytes: u32,
    }
}

/// Walks the operator section in execution order. A cheap cursor: copy it to return to a place.
#[derive(Clone, Copy, Debug)]
pub struct OperatorRecords<'a> {
    rest: &'a [u8],
    left_in_segment: u16,
    index: u16,
}

impl<'a> OperatorRecords<'a> {
    pub(crate) fn new(section: &'a [u8]) -> Self {
        Self { rest: section, left_in_segment: 0, index: 0 }
    }

    /// As [`OperatorRecords::next_record`], with most records read on the spot: for the load-time check, which is to be
    /// quick, in one place.
    #[inline(always)]
    pub fn next_record_quickly(&mut self) -> Option<Result<OperatorRecord<'a>, FormatError>> {
        if self.left_in_segment != 0
            && let Some((record, rest)) = short_operator_record(self.rest)
            && record.operands.len() % 2 == 0
            && record.input_count as usize <= record.operand_count()
        {
            self.rest = rest;
            self.left_in_segment = self.left_in_segment.wrapping_sub(1);
            self.index = self.index.wrapping_add(1);
            return Some(Ok(record));
        }
        self.next_record()
    }

    /// The next record; none at the end of the section.
    #[inline(never)]
    pub fn next_record(&mut self) -> Option<Result<OperatorRecord<'a>, FormatError>> {
        if self.rest.is_empty() {
            return (self.left_in_segment != 0).then_some(Err(FormatError::Operator(self.index)));
        }
        Some(self.decode())
    }

    fn decode(&mut self) -> Result<OperatorRecord<'a>, FormatError> {
        let malformed = FormatError::Operator(self.index);
        let mut wire = Wire(self.rest);
        if self.left_in_segment == 0 {
            let kind = wire.byte().ok_or(malformed)?;
            self.left_in_segment = wire.u16().ok_or(malformed)?;
            if kind != SEGMENT_WHOLE {
                return Err(FormatError::Segment(kind));
            }
            if self.left_in_segment == 0 {
                return Err(malformed);
            }
        }
        let record = operator_record(&mut wire).ok_or(malformed)?;
        if record.operands.len() % 2 != 0 || record.input_count as usize > record.operand_count() {
            return Err(malformed);
        }
        self.rest = wire.0;
        self.left_in_segment = self.left_in_segment.wrapping_sub(1);
        self.index = self.index.wrapping_add(1);
        Ok(record)
    }
}

/// The record in front when all its numbers are below 128, each then one byte; as most records are.
#[inline(always)]
fn short_operator_record(bytes: &[u8]) -> Option<(OperatorRecord<'_>, &[u8])> {
    let ([code, input_count, operand_bytes], rest) = bytes.split_first_chunk::<3>()?;
    let (operands, rest) = rest.split_at_checked((*operand_bytes).into())?;
    let (parameter_bytes, rest) = rest.split_first()?;
    let (parameters, rest) = rest.split_at_checked((*parameter_bytes).into())?;
    let record = OperatorRecord { code: (*code).into(), input_count: *input_count, operands, parameters };
    (code | operand_bytes | parameter_bytes < 0x80).then_some((record, rest))
}

fn operator_record<'a>(wire: &mut Wire<'a>) -> Option<OperatorRecord<'a>> {
    let (code, input_count) = (wire.u16()?, wire.byte()?);
    Some(OperatorRecord { code, input_count, operands: wire.bytes()?, parameters: wire.bytes()? })
}

/// A run of initial state: `data` is the bytes themselves, or one byte that fills the run.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct StateRun<'a> {
    /// Length of the run.
    pub bytes: u32,
    /// `bytes` bytes, or 1.
    #[serde(borrow)]
    pub data: &'a [u8],
}

/// Walks the runs of the initial state.
#[derive(Clone, Copy, Debug)]
pub struct StateRuns<'a>(&'a [u8]);

impl<'a> StateRuns<'a> {
    pub(crate) fn new(section: &'a [u8]) -> Self {
        Self(section)
    }

    /// The next run; none at the end.
    pub fn next_run(&mut self) -> Option<Result<StateRun<'a>, FormatError>> {
        if self.0.is_empty() {
            return None;
        }
        let mut wire = Wire(self.0);
        Some(match state_run(&mut wire) {
            Some(run) if run.data.len() == 1 || run.data.len() == run.bytes as usize => {
                self.0 = wire.0;
                Ok(run)
            }
            _ => {
                self.0 = &[];
                Err(FormatError::State)
            }
        })
    }
}

fn state_run<'a>(wire: &mut Wire<'a>) -> Option<StateRun<'a>> {
    Some(StateRun { bytes: wire.u32()?, data: wire.bytes()? })
}
