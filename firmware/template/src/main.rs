//! Runs the model once and prints which output is largest.
#![no_std]
#![no_main]

use mote_boards::{ThisBoard, Verdict, application, model_file, operator_set};
use mote_engine::{Model, Session};
use mote_firmware::{Printer, fill_counting, place};

fn run(board: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict {
    let Ok(model) = Model::parse(model_file(), operator_set()) else { return Verdict::Refused };
    let Some(place) = place(&model, memory) else { return Verdict::NoMemory };
    let Ok(mut session) = Session::new(&model, place.arena, place.state) else { return Verdict::NoMemory };
    // Put your sensor's data here.
    match session.input(0) {
        Ok(input) => fill_counting(input.bytes),
        Err(_) => return Verdict::Refused,
    }
    if session.run().is_err() {
        return Verdict::Stopped;
    }
    let Ok(output) = session.output(0) else { return Verdict::Stopped };
    // Outputs of int8 models are signed.
    let largest = output.bytes.iter().enumerate().max_by_key(|(_, byte)| **byte as i8);
    let mut line = Printer(board);
    line.text("largest output").decimal(largest.map_or(0, |(index, _)| index as u32)).end();
    Verdict::Right
}

application!(run);
