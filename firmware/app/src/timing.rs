//! What each operator costs, and what it leaves.

use crate::{Board, Printer};
use mote_engine::{Observer, OpCode, OperatorEvent};
use mote_numbers::Crc32;

/// Prints a line with the clock before and after each operator.
pub struct Timing<'b, B: Board> {
    board: &'b mut B,
    started: u64,
}

impl<'b, B: Board> Timing<'b, B> {
    /// A timing on this board's clock.
    pub fn new(board: &'b mut B) -> Self {
        Self { board, started: 0 }
    }
}

impl<B: Board> Observer for Timing<'_, B> {
    fn started(&mut self, _index: u16, _code: OpCode) {
        self.started = self.board.ticks();
    }

    fn finished(&mut self, event: &OperatorEvent<'_>) {
        let ended = self.board.ticks();
        let mut line = Printer(self.board);
        line.text("operator").decimal(u32::from(event.index)).decimal(u32::from(event.code.0));
        line.hexadecimal(self.started).hexadecimal(ended).end();
    }
}

/// Compares every operator's outputs with the CRCs of a golden vector.
pub struct Comparison<'c> {
    expected: &'c [u8],
    /// Operators whose outputs are as expected.
    pub equal: u32,
    /// Index of the first operator whose outputs differ.
    pub first_different: Option<u16>,
}

impl<'c> Comparison<'c> {
    /// `expected`: a little-endian CRC-32 for each operator, in execution order.
    pub fn new(expected: &'c [u8]) -> Self {
        Self { expected, equal: 0, first_different: None }
    }
}

impl Observer for Comparison<'_> {
    fn finished(&mut self, event: &OperatorEvent<'_>) {
        let mut crc = Crc32::new();
        let mut index = 0usize;
        while let Some((_, bytes)) = event.output(index) {
            crc.update(bytes);
            index = index.wrapping_add(1);
        }
        let at = usize::from(event.index).wrapping_mul(4);
        let expected = self.expected.get(at..).and_then(|rest| rest.first_chunk::<4>());
        if expected.is_some_and(|expected| u32::from_le_bytes(*expected) == crc.value()) {
            self.equal = self.equal.wrapping_add(1);
        } else if self.first_different.is_none() {
            self.first_different = Some(event.index);
        }
    }
}
