//! A device under test of MLPerf Tiny on the serial line.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, model_file, operator_set};

fn run(board: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict {
    mote_firmware::mlperf(board, model_file(), memory, operator_set())
}

application!(run);
