//! Operator records and plan segments, postcard-encoded and decoded while running.

use crate::FormatError;
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
    /// The operator's parameters, postcard-encoded; see [`crate::parameters`].
    #[serde(borrow)]
    pub parameters: &'a [u8],
}

impl OperatorRecord<'_> {
    /// Tensor index of operand `index`.
    #[inline]
    pub fn operand(&self, index: usize) -> Option<u16> {
        let pair = self.operands.get(index.wrapping_mul(2)..)?.first_chunk::<2>()?;
        Some(u16::from_le_bytes(*pair))
    }

    /// Number of operands.
    #[inline]
    pub fn operand_count(&self) -> usize {
        self.operands.len() / 2
    }
}

/// Bytes of the constant section an operator uses (weights, tables).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ConstantRef {
    /// First byte in the constant section.
    pub offset: u32,
    /// Length in bytes.
    pub bytes: u32,
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

    /// The next record; none at the end of the section.
    pub fn next_record(&mut self) -> Option<Result<OperatorRecord<'a>, FormatError>> {
        if self.rest.is_empty() {
            return (self.left_in_segment != 0).then_some(Err(FormatError::Operator(self.index)));
        }
        Some(self.decode())
    }

    fn decode(&mut self) -> Result<OperatorRecord<'a>, FormatError> {
        let malformed = FormatError::Operator(self.index);
        if self.left_in_segment == 0 {
            let (segment, rest) = postcard::take_from_bytes::<SegmentRecord>(self.rest).map_err(|_| malformed)?;
            if segment.kind != SEGMENT_WHOLE {
                return Err(FormatError::Segment(segment.kind));
            }
            if segment.operators == 0 {
                return Err(malformed);
            }
            self.left_in_segment = segment.operators;
            self.rest = rest;
        }
        let (record, rest) = postcard::take_from_bytes::<OperatorRecord<'a>>(self.rest).map_err(|_| malformed)?;
        if record.operands.len() % 2 != 0 || record.input_count as usize > record.operand_count() {
            return Err(malformed);
        }
        self.rest = rest;
        self.left_in_segment = self.left_in_segment.wrapping_sub(1);
        self.index = self.index.wrapping_add(1);
        Ok(record)
    }
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
        let taken = postcard::take_from_bytes::<StateRun<'a>>(self.0);
        Some(match taken {
            Ok((run, rest)) if run.data.len() == 1 || run.data.len() == run.bytes as usize => {
                self.0 = rest;
                Ok(run)
            }
            _ => {
                self.0 = &[];
                Err(FormatError::State)
            }
        })
    }
}
