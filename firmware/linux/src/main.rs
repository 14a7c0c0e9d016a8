//! The firmware's applications as a Linux program: `mote-linux bench|conformance|hello MODEL [--counted]`.
//!
//! What is printed and what the exit code means is as on boards (see `firmware/app`). With `--counted` the clock's
//! readings are numbers of marks, for QEMU's user mode with the counting plugin of `cargo xtask linux`; without it they
//! are nanoseconds.

mod board;
mod processor;

use board::LinuxBoard;
use mote_engine::operators;
use mote_firmware::{Board, Verdict};
use std::process::ExitCode;

/// Memory offered to a model, in bytes: more than any model for microcontrollers takes.
const MEMORY_BYTES: usize = 16 * 1024 * 1024;

/// Alignment of that memory, as applications ask for it.
const ALIGNMENT_BYTES: usize = 16;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (counted, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|word| *word == "--counted");
    let [application, path] = names.as_slice() else { return usage() };
    let file = match std::fs::read(path) {
        Ok(file) => aligned(&file),
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(Verdict::Refused.code());
        }
    };
    let mut board = LinuxBoard::new(!counted.is_empty());
    let mut memory = aligned(&vec![0; MEMORY_BYTES]);
    let (file, memory, set) = (file.bytes(), memory.bytes_mut(), operators::generic());
    let verdict = match application.as_str() {
        "bench" => mote_firmware::bench(&mut board, file, memory, set),
        "conformance" => mote_firmware::conformance(&mut board, file, memory, set),
        "hello" => mote_firmware::hello(&mut board, file, memory, set),
        _ => return usage(),
    };
    board.exit(verdict)
}

fn usage() -> ExitCode {
    eprintln!("mote-linux bench|conformance|hello MODEL.mote [--counted]");
    ExitCode::from(Verdict::Refused.code())
}

/// Bytes that begin at a multiple of [`ALIGNMENT_BYTES`].
struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

fn aligned(content: &[u8]) -> Aligned {
    let mut bytes = vec![0; content.len() + ALIGNMENT_BYTES];
    let start = bytes.as_ptr().align_offset(ALIGNMENT_BYTES);
    bytes[start..start + content.len()].copy_from_slice(content);
    Aligned { bytes, start, length: content.len() }
}

impl Aligned {
    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.length]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.length]
    }
}
