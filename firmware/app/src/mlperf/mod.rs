//! A device under test of MLPerf Tiny: the serial protocol of the benchmark's runner.
//!
//! Commands end in `%`, answers are lines, the last of each is `m-ready`. Source of every text: mlcommons/tiny,
//! `benchmark/api/internally_implemented.cpp` and the reference submissions beside it. Where the reference would write
//! outside its buffers or run on an input that is not there, an `e-[…]` line is the answer here.

mod benchmark;
mod command;
mod device;
mod line;
mod sample;
#[cfg(test)]
mod tests;

use crate::{Board, Place, Verdict, place};
use benchmark::Benchmark;
use device::Device;
use embedded_io::Read;
use mote_engine::{Model, OperatorSet, Session};

/// Bytes taken from the serial line at a time.
const CHUNK_BYTES: usize = 32;

/// Answers commands until the serial line ends (none does on a board). Samples are gathered in what the model leaves of
/// `memory`.
pub fn mlperf<B: Board>(board: &mut B, file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Verdict {
    let Ok(model) = Model::parse(file, operators) else { return Verdict::Refused };
    let Some((own, samples)) = divide(&model, memory) else { return Verdict::NoMemory };
    let Some(Place { arena, state }) = place(&model, own) else { return Verdict::NoMemory };
    let Ok(session) = Session::new(&model, arena, state) else { return Verdict::NoMemory };
    let name = model.passport().map_or("unnamed", |passport| passport.name);
    let mut device = Device::new(session, Benchmark::of(name), samples);
    device.introduce(board);
    let mut chunk = [0u8; CHUNK_BYTES];
    loop {
        match board.serial().read(&mut chunk) {
            Ok(count @ 1..) => {
                chunk.iter().take(count).for_each(|&byte| device.receive(board, byte));
            }
            Ok(0) => return Verdict::Right,
            Err(_) => return Verdict::Stopped,
        }
    }
}

/// The model's memory, and the rest.
fn divide<'m>(model: &Model<'_>, memory: &'m mut [u8]) -> Option<(&'m mut [u8], &'m mut [u8])> {
    let header = model.header();
    let state_bytes = (header.state_bytes as usize).checked_next_multiple_of(16)?;
    memory.split_at_mut_checked(state_bytes.checked_add(header.arena_bytes as usize)?)
}
