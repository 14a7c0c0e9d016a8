//! The smallest useful application: one inference, its outputs and its cost.

use crate::log::{self, error, info};
use crate::{Board, Printer, Verdict, fill_counting, place};
use mote_engine::{Model, OperatorSet, Session};

/// Runs one inference on the counting input and prints outputs, ticks and memory.
pub fn hello<B: Board>(board: &mut B, file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Verdict {
    info!("{} started by {}", board.name(), board.reset_cause().word());
    let model = match Model::parse(file, operators) {
        Ok(model) => model,
        Err(error) => {
            log::refused(&error);
            return Verdict::Refused;
        }
    };
    let memory_bytes = memory.len() as u32;
    let (arena_bytes, state_bytes) = (model.header().arena_bytes, model.header().state_bytes);
    let Some(place) = place(&model, memory) else {
        error!(
            "model needs {} bytes of arena and {} of state, the board has {}",
            arena_bytes, state_bytes, memory_bytes
        );
        return Verdict::NoMemory;
    };
    let Ok(mut session) = Session::new(&model, place.arena, place.state) else { return Verdict::NoMemory };
    for index in 0..model.input_count() {
        let Ok(input) = session.input(index) else { return Verdict::Stopped };
        fill_counting(input.bytes);
    }
    let start = board.ticks();
    if session.run().is_err() {
        error!("the inference stopped");
        return Verdict::Stopped;
    }
    let ticks = board.ticks().wrapping_sub(start);
    info!("inference: {} ticks, {} bytes of arena, {} of state", ticks, arena_bytes, state_bytes);
    for index in 0..model.output_count() {
        let Ok(output) = session.output(index) else { return Verdict::Stopped };
        let mut line = Printer(board);
        line.text("output").decimal(index as u32).text(" ").bytes(output.bytes).end();
    }
    let mut line = Printer(board);
    line.text("ticks").decimal(u32::try_from(ticks).unwrap_or(u32::MAX)).text(" arena_bytes");
    line.decimal(model.header().arena_bytes).text(" state_bytes").decimal(model.header().state_bytes).end();
    Verdict::Right
}

/// One inference and nothing else: what an image has to link to run a model. Returns the first byte of the first output.
///
/// # Errors
/// Why it did not come to an output.
pub fn first_result(file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Result<u8, Verdict> {
    let model = Model::parse(file, operators).map_err(|_| Verdict::Refused)?;
    let place = place(&model, memory).ok_or(Verdict::NoMemory)?;
    let mut session = Session::new(&model, place.arena, place.state).map_err(|_| Verdict::NoMemory)?;
    fill_counting(session.input(0).map_err(|_| Verdict::Stopped)?.bytes);
    session.run().map_err(|_| Verdict::Stopped)?;
    let output = session.output(0).map_err(|_| Verdict::Stopped)?;
    output.bytes.first().copied().ok_or(Verdict::Stopped)
}
