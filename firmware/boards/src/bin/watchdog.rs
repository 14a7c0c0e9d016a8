//! A model beside a watchdog that is shorter than one inference.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, model_file, operator_set};

fn run(board: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict {
    mote_firmware::watchdog(board, model_file(), memory, operator_set())
}

application!(run);
