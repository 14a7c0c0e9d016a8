//! Inference beside a watchdog that is shorter than one: slices with a feed after each.

use crate::{Board, Place, Printer, ResetCause, Verdict, fill_counting, place};
use mote_engine::{Model, OperatorSet, RunError, Session};
use mote_numbers::Crc32;

/// The watchdog's time is this part of an inference's.
const TIMEOUT_PART: u64 = 4;
/// A slice is about this part of an inference's work.
const SLICE_PART: u64 = 64;
/// Inferences without a feed after which the watchdog does not work.
const UNFED_INFERENCES: u32 = 20;

/// What slices of an inference took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slices {
    /// Slices.
    pub count: u32,
    /// The longest of them.
    pub longest_microseconds: u64,
}

/// Runs an inference in slices of about `budget` units of work (see [`Session::poll`]) and feeds the watchdog after
/// each. Other work of the application has its place there too.
///
/// # Errors
/// The run's.
pub fn run_fed<B: Board>(board: &mut B, session: &mut Session<'_>, budget: u32) -> Result<Slices, RunError> {
    let mut slices = Slices::default();
    loop {
        let start = board.microseconds();
        let progress = session.poll(budget)?;
        board.feed_watchdog();
        slices.count = slices.count.wrapping_add(1);
        slices.longest_microseconds = slices.longest_microseconds.max(board.microseconds().wrapping_sub(start));
        if !progress.is_pending() {
            return Ok(slices);
        }
    }
}

/// Shows both sides of a watchdog: a fed inference longer than the watchdog's time comes to its end with the same
/// output, and one that is not fed resets the board. After that reset the image says so and ends.
///
/// ```text
/// reset <cause>
/// whole <microseconds of an inference> timeout <microseconds>
/// watchdog none                                    on a board without one, and the end
/// fed <slices> longest <microseconds of a slice>
/// unfed                                            what follows does not return
/// ```
pub fn watchdog<B: Board>(board: &mut B, file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Verdict {
    let cause = board.reset_cause();
    Printer(board).text("reset ").text(cause.word()).end();
    if cause == ResetCause::Watchdog {
        return Verdict::Right;
    }
    let Ok(model) = Model::parse(file, operators) else { return Verdict::Refused };
    let Some(Place { arena, state }) = place(&model, memory) else { return Verdict::NoMemory };
    let Ok(mut session) = Session::new(&model, arena, state) else { return Verdict::NoMemory };
    match both(board, &model, &mut session) {
        Ok(verdict) => verdict,
        Err(_) => Verdict::Stopped,
    }
}

fn both<B: Board>(board: &mut B, model: &Model<'_>, session: &mut Session<'_>) -> Result<Verdict, RunError> {
    fill(session)?;
    let start = board.microseconds();
    session.run()?;
    let whole = board.microseconds().wrapping_sub(start);
    let expected = crc(session)?;
    let timeout = u32::try_from(whole / TIMEOUT_PART).unwrap_or(u32::MAX).max(1);
    Printer(board).text("whole ").number(whole).text(" timeout").decimal(timeout).end();
    fill(session)?;
    if board.start_watchdog(timeout).is_err() {
        Printer(board).text("watchdog none").end();
        return Ok(Verdict::Right);
    }
    let slices = run_fed(board, session, slice_budget(model))?;
    let found = crc(session)?;
    board.feed_watchdog();
    let mut line = Printer(board);
    line.text("fed").decimal(slices.count).text(" longest ").number(slices.longest_microseconds).end();
    if found != expected {
        return Ok(Verdict::Differs);
    }
    Printer(board).text("unfed").end();
    for _ in 0..UNFED_INFERENCES {
        fill(session)?;
        session.run()?;
    }
    Ok(Verdict::Stopped)
}

fn slice_budget(model: &Model<'_>) -> u32 {
    let work = model.operations().fold(0u64, |sum, (_, work)| {
        sum.saturating_add(u64::from(work.work_per_unit).saturating_mul(work.units as u64))
    });
    u32::try_from(work / SLICE_PART).unwrap_or(u32::MAX).max(1)
}

fn fill(session: &mut Session<'_>) -> Result<(), RunError> {
    session.reset_state();
    for index in 0..session.model().input_count() {
        fill_counting(session.input(index)?.bytes);
    }
    Ok(())
}

fn crc(session: &Session<'_>) -> Result<u32, RunError> {
    let mut crc = Crc32::new();
    for index in 0..session.model().output_count() {
        crc.update(session.output(index)?.bytes);
    }
    Ok(crc.value())
}
