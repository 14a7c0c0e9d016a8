//! A model with an operator of the application's own.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, model_file};
use mote_engine::{OperatorSet, operators};

/// The engine's operators that the model needs, and ours.
static SET: OperatorSet<'static> = &[&operators::FULLY_CONNECTED_I8, &mote_firmware::MOVING_MAXIMUM];

fn run(board: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict {
    mote_firmware::custom(board, model_file(), memory, SET)
}

application!(run);
