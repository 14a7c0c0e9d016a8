//! Reads a letter from the serial line and provokes the fault of that name: `cargo xtask faults` reads the report.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, provoke};
use mote_firmware::Board;
use mote_firmware::embedded_io::Read;

fn run(board: &mut ThisBoard, _: &'static mut [u8]) -> Verdict {
    let mut letter = [0u8];
    if board.serial().read(&mut letter).is_ok() {
        letter.into_iter().for_each(provoke::fault);
    }
    Verdict::Stopped
}

application!(run);
