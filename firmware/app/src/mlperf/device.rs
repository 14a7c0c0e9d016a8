//! A device under test: takes the bytes of the serial line and answers each command.

use super::benchmark::Benchmark;
use super::command::{Command, Complaint};
use super::line::{COMMAND_BYTES, Line};
use super::sample::Sample;
use crate::{Board, Printer};
use embedded_hal::digital::OutputPin;
use mote_engine::Session;

/// What `profile` and `help` name the firmware; the runner looks for this text. Source: `EE_FW_VERSION` of the
/// reference.
const FIRMWARE: &str = "ULPMark for tinyML Firmware V0.0.1";

/// Bytes in a line of `db print`.
const PRINTED_BYTES: usize = 8;

const HELP: &str = "\r\n\r\n\
    help         : Print this information\r\n\
    name         : Print the name of the device\r\n\
    timestamp    : Generate a timestamp\r\n\
    profile      : Print the firmware's profile and the model\r\n\
    db SUBCMD    : Manipulate a generic byte buffer\r\n  \
      load N     : Expect N bytes\r\n  \
      HH[HH]*    : Load 8-bit hex byte(s) until N bytes\r\n  \
      print      : Print the bytes received as hex\r\n\
    infer N [W=10]: Load input, execute N inferences after W warmup loops\r\n\
    results      : Print the result vector\r\n";

/// The protocol's state beside a session.
pub struct Device<'d, 's> {
    session: Session<'s>,
    benchmark: Benchmark<'d>,
    sample: Sample<'d>,
    line: Line,
}

impl<'d, 's> Device<'d, 's> {
    /// A device that has received nothing; samples are gathered in `memory`.
    pub fn new(session: Session<'s>, benchmark: Benchmark<'d>, memory: &'d mut [u8]) -> Self {
        Self { session, benchmark, sample: Sample::new(memory), line: Line::new() }
    }

    /// What a device says of itself when it starts.
    pub fn introduce<B: Board>(&mut self, board: &mut B) {
        Printer(board).text("m-timestamp-mode-performance\r\n");
        timestamp(board);
        Printer(board).text("m-init-done\r\nm-ready\r\n");
    }

    /// Takes a byte, and answers when it ends a command. Every command's answer ends with `m-ready`.
    pub fn receive<B: Board>(&mut self, board: &mut B, byte: u8) {
        if !self.line.take(byte) {
            return;
        }
        let Self { session, benchmark, sample, line } = self;
        match line.command().map(Command::parse) {
            None => {
                let mut answer = Printer(board);
                answer.text("e-[Command longer than ").number(COMMAND_BYTES as u64).text(" characters]\r\n");
            }
            Some(Command::Wrong(complaint)) => complain(board, complaint),
            Some(Command::Name) => {
                let name = board.name();
                Printer(board).text("m-name-dut-[").text(name).text("]\r\n");
            }
            Some(Command::Timestamp) => timestamp(board),
            Some(Command::Profile) => {
                let mut answer = Printer(board);
                answer.text("m-profile-[").text(FIRMWARE).text("]\r\nm-model-[").text(benchmark.name).text("]\r\n");
            }
            Some(Command::Help) => {
                Printer(board).text(FIRMWARE).text(HELP);
            }
            Some(Command::Load(bytes)) => expect(board, sample, bytes),
            Some(Command::Bytes(digits)) => match sample.append(digits) {
                Ok(true) => {
                    Printer(board).text("m-load-done\r\n");
                }
                Ok(false) => {}
                Err(complaint) => complain(board, complaint),
            },
            Some(Command::Print) => print(board, sample),
            Some(Command::Results) => results(board, session, benchmark, sample),
            Some(Command::Infer { count, warm_ups }) => {
                if let Err(complaint) = infer(board, session, benchmark, sample, count, warm_ups) {
                    complain(board, complaint);
                }
            }
        }
        Printer(board).text("m-ready\r\n");
    }
}

/// Prints an error. What was received is printed as far as it is printable, so that no answer can be forged.
fn complain<B: Board>(board: &mut B, complaint: Complaint<'_>) {
    let mut answer = Printer(board);
    answer.text("e-[").text(complaint.text);
    for &byte in complaint.word {
        let is_plain = byte.is_ascii_graphic() && byte != b'[' && byte != b']';
        answer.raw(&[if is_plain { byte } else { b'?' }]);
    }
    answer.text("]\r\n");
}

fn timestamp<B: Board>(board: &mut B) {
    let now = board.microseconds();
    Printer(board).text("m-lap-us-").number(now).text("\r\n");
}

fn expect<B: Board>(board: &mut B, sample: &mut Sample<'_>, bytes: usize) {
    let fits = sample.expect(bytes);
    let mut answer = Printer(board);
    if fits {
        answer.text("m-[Expecting ").number(bytes as u64).text(" bytes]\r\n");
    } else {
        answer.text("e-[Supplied buffer size ").number(bytes as u64).text(" exceeds maximum of ");
        answer.number(sample.capacity_bytes() as u64).text("]\r\n");
    }
}

fn print<B: Board>(board: &mut B, sample: &Sample<'_>) {
    let mut answer = Printer(board);
    for bytes in sample.received().chunks(PRINTED_BYTES) {
        answer.text("m-buffer");
        bytes.iter().for_each(|byte| {
            answer.text("-").bytes(&[*byte]);
        });
        answer.text("\r\n");
    }
}

fn results<B: Board>(board: &mut B, session: &Session<'_>, benchmark: &Benchmark<'_>, sample: &Sample<'_>) {
    match session.output(0) {
        Ok(output) => benchmark.print(board, sample, &output),
        Err(_) => complain(board, Complaint::new("No inference has come to its end")),
    }
}

/// Inputs stand in memory that the run uses up, so the sample is loaded before each inference.
fn infer<B: Board>(
    board: &mut B,
    session: &mut Session<'_>,
    benchmark: &Benchmark<'_>,
    sample: &Sample<'_>,
    count: u32,
    warm_ups: u32,
) -> Result<(), Complaint<'static>> {
    let bytes = sample.complete().ok_or(Complaint::new("No complete input: 'db load N', then 'db HEX'"))?;
    let record = session.model().input(0).ok_or(Complaint::new("The model takes no input"))?;
    if bytes.len() != benchmark.sample_bytes(record.shape.elements(), record.bytes as usize) {
        return Err(Complaint::new("The input has another length than the model's"));
    }
    session.reset_state();
    Printer(board).text("m-warmup-start-").number(u64::from(warm_ups)).text("\r\n");
    (0..warm_ups).try_for_each(|_| once(session, benchmark, bytes))?;
    Printer(board).text("m-warmup-done\r\nm-infer-start-").number(u64::from(count)).text("\r\n");
    timestamp(board);
    // A pin that cannot be set loses the mark on a meter, nothing else.
    let _ = board.pin().set_high();
    let outcome = (0..count).try_for_each(|_| once(session, benchmark, bytes));
    let _ = board.pin().set_low();
    outcome?;
    timestamp(board);
    Printer(board).text("m-infer-done\r\n");
    results(board, session, benchmark, sample);
    Ok(())
}

fn once(session: &mut Session<'_>, benchmark: &Benchmark<'_>, bytes: &[u8]) -> Result<(), Complaint<'static>> {
    let stopped = |_| Complaint::new("The inference stopped");
    let mut input = session.input(0).map_err(stopped)?;
    benchmark.load(bytes, &mut input).map_err(|_| Complaint::new("The model's input cannot take such samples"))?;
    session.run().map_err(stopped)
}
