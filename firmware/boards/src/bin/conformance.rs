//! The kernel battery and the model's golden vectors on this board.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, model_file, operator_set};

fn run(board: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict {
    mote_firmware::conformance(board, model_file(), memory, operator_set())
}

application!(run);
