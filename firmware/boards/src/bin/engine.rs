//! One inference without a word printed: its size is what the engine costs an application. The first
//! byte of the output is made, so that nothing can be left out.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, model_file, operator_set};

fn run(_: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict {
    match mote_firmware::first_result(model_file(), memory, operator_set()) {
        Ok(byte) => {
            core::hint::black_box(byte);
            Verdict::Right
        }
        Err(verdict) => verdict,
    }
}

application!(run, mote_boards::faults::no_report);
