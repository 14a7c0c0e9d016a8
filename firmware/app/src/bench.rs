//! Everything that can be measured and compared on a board, printed as lines.
//!
//! A line is a word and fields after single spaces; numbers are decimal, clock readings two 16-digit hexadecimal
//! numbers (before and after), bytes hexadecimal:
//!
//! ```text
//! empty <ticks>                      two readings with nothing between them
//! loop <instructions> <ticks>        a loop of known length
//! model <arena> <state> <operators>  bytes, bytes, count
//! setup <ticks>                      parse, check and bind
//! stack <setup> <run>                bytes of painted stack, below the caller's frame
//! run <ticks>                        one inference
//! operator <index> <code> <ticks>    one operator of another inference
//! counting|golden<k>|step<k> <output index> <bytes>
//! crc <seed> <as in the passport> <found>
//! layers <equal> <all>               operators whose outputs have the CRC in the passport, seed 0
//! end <verdict>
//! ```

use crate::timing::{Comparison, Timing};
use crate::{Board, Place, Printer, Verdict, fill_counting, fill_seeded, place};
use mote_engine::{Model, Observer, OperatorSet, RunError, Session};
use mote_format::{GoldenInput, GoldenVector};
use mote_numbers::Crc32;

/// Rounds of the loops of known length; the longest is longer than a 24-bit timer's period.
const LOOP_ROUNDS: [u32; 4] = [1, 1000, 123_457, 12_000_000];

/// Inferences run one after the other without a reset, for models with state.
const STEPS: u32 = 4;

/// Measures and compares, prints the lines above and returns the verdict.
pub fn bench<B: Board>(board: &mut B, file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Verdict {
    calibrate(board);
    let verdict = match measure(board, file, memory, operators) {
        Ok(verdict) => verdict,
        Err(verdict) => verdict,
    };
    Printer(board).text("end").decimal(u32::from(verdict.code())).end();
    verdict
}

/// Shows what a reading costs, and that the clock counts instructions.
fn calibrate<B: Board>(board: &mut B) {
    let (start, end) = (board.ticks(), board.ticks());
    Printer(board).text("empty").hexadecimal(start).hexadecimal(end).end();
    for rounds in LOOP_ROUNDS {
        let start = board.ticks();
        let instructions = board.known_loop(rounds);
        let end = board.ticks();
        let mut line = Printer(board);
        line.text("loop").decimal(instructions as u32).hexadecimal(start).hexadecimal(end).end();
    }
}

fn measure<B: Board>(
    board: &mut B,
    file: &[u8],
    memory: &mut [u8],
    operators: OperatorSet<'_>,
) -> Result<Verdict, Verdict> {
    board.paint_stack();
    let start = board.ticks();
    let model = set_up(file, &mut *memory, operators)?;
    let end = board.ticks();
    let setup_stack_bytes = board.stack_used_bytes();
    let header = model.header();
    let mut line = Printer(board);
    line.text("model").decimal(header.arena_bytes).decimal(header.state_bytes);
    line.decimal(u32::from(header.operator_count)).end();
    line.text("setup").hexadecimal(start).hexadecimal(end).end();
    inference(board, &model, memory, setup_stack_bytes)?;
    let (_, wrong) = golden(board, &model, memory)?;
    if model.header().state_bytes > 0 {
        steps(board, &model, memory)?;
    }
    Ok(if wrong == 0 { Verdict::Right } else { Verdict::Differs })
}

/// All that stands between a file in flash and the first inference. Not inlined, so that its stack is its own.
#[inline(never)]
fn set_up<'f>(file: &'f [u8], memory: &mut [u8], operators: OperatorSet<'f>) -> Result<Model<'f>, Verdict> {
    let model = Model::parse(file, operators).map_err(|_| Verdict::Refused)?;
    session(&model, memory)?;
    Ok(model)
}

fn session<'s>(model: &'s Model<'s>, memory: &'s mut [u8]) -> Result<Session<'s>, Verdict> {
    let Place { arena, state } = place(model, memory).ok_or(Verdict::NoMemory)?;
    Session::new(model, arena, state).map_err(|_| Verdict::NoMemory)
}

/// One inference counted as a whole with its stack, and one operator by operator.
fn inference<B: Board>(
    board: &mut B,
    model: &Model<'_>,
    memory: &mut [u8],
    setup_stack_bytes: u32,
) -> Result<(), Verdict> {
    let mut session = session(model, memory)?;
    fill(&mut session, |_, input| fill_counting(input.bytes))?;
    board.paint_stack();
    let start = board.ticks();
    let result = run(&mut session);
    let end = board.ticks();
    let run_stack_bytes = board.stack_used_bytes();
    result.map_err(|_| Verdict::Stopped)?;
    let mut line = Printer(board);
    line.text("stack").decimal(setup_stack_bytes).decimal(run_stack_bytes).end();
    line.text("run").hexadecimal(start).hexadecimal(end).end();
    outputs(board, &session, "counting", None)?;
    fill(&mut session, |_, input| fill_counting(input.bytes))?;
    session.run_observed(&mut Timing::new(board)).map_err(|_| Verdict::Stopped)
}

#[inline(never)]
fn run(session: &mut Session<'_>) -> Result<(), RunError> {
    session.run()
}

/// Golden vectors of the passport, each from memory of zeros and initial state: how many came out right and wrong.
pub(crate) fn golden<B: Board>(board: &mut B, model: &Model<'_>, memory: &mut [u8]) -> Result<(u32, u32), Verdict> {
    let (mut right, mut wrong) = (0u32, 0u32);
    let Some(passport) = model.passport() else { return Ok((right, wrong)) };
    for vector in passport.golden.iter() {
        let GoldenVector { input: GoldenInput::Seed(seed), output_crc, operator_crcs } = vector else { continue };
        memory.fill(0);
        let mut equal = true;
        let mut session = session(model, memory)?;
        fill(&mut session, |index, input| fill_seeded(input.record.element_type, input.bytes, index, seed))?;
        if seed == 0 && !operator_crcs.is_empty() {
            let mut comparison = Comparison::new(operator_crcs);
            observed(&mut session, &mut comparison)?;
            let mut line = Printer(board);
            line.text("layers").decimal(comparison.equal).decimal(u32::from(model.header().operator_count)).end();
            if let Some(first) = comparison.first_different {
                line.text("different").decimal(u32::from(first)).end();
                equal = false;
            }
        } else {
            session.run().map_err(|_| Verdict::Stopped)?;
        }
        let found = outputs(board, &session, "golden", Some(seed))?;
        let mut line = Printer(board);
        line.text("crc").decimal(seed).text(" ").bytes(&output_crc.to_be_bytes());
        line.text(" ").bytes(&found.to_be_bytes()).end();
        let counter = if equal && found == output_crc { &mut right } else { &mut wrong };
        *counter = counter.wrapping_add(1);
    }
    Ok((right, wrong))
}

fn observed(session: &mut Session<'_>, observer: &mut impl Observer) -> Result<(), Verdict> {
    session.run_observed(observer).map_err(|_| Verdict::Stopped)
}

/// Inferences in a row on one session: what state carries over shows in their outputs.
fn steps<B: Board>(board: &mut B, model: &Model<'_>, memory: &mut [u8]) -> Result<(), Verdict> {
    let mut session = session(model, memory)?;
    for step in 0..STEPS {
        fill(&mut session, |index, input| fill_seeded(input.record.element_type, input.bytes, index, step))?;
        session.run().map_err(|_| Verdict::Stopped)?;
        outputs(board, &session, "step", Some(step))?;
    }
    Ok(())
}

fn fill(session: &mut Session<'_>, mut one: impl FnMut(u8, &mut mote_engine::PortMut<'_>)) -> Result<(), Verdict> {
    for index in 0..session.model().header().input_count {
        let mut input = session.input(usize::from(index)).map_err(|_| Verdict::Stopped)?;
        one(index, &mut input);
    }
    Ok(())
}

/// Prints all outputs and returns their CRC, one after the other.
fn outputs<B: Board>(board: &mut B, session: &Session<'_>, word: &str, number: Option<u32>) -> Result<u32, Verdict> {
    let mut crc = Crc32::new();
    for index in 0..session.model().output_count() {
        let output = session.output(index).map_err(|_| Verdict::Stopped)?;
        crc.update(output.bytes);
        let mut line = Printer(board);
        line.text(word);
        if let Some(number) = number {
            line.decimal(number);
        }
        line.decimal(index as u32).text(" ").bytes(output.bytes).end();
    }
    Ok(crc.value())
}
