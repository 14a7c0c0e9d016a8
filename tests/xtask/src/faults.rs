//! Faults on purpose on every emulated board: the report on the serial line must name the right cause and lead to the
//! function that did it, and the image must end with the verdict for faults.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::firmware::{self, Time};
use crate::image::Image;
use crate::options::Options;
use crate::report::{Outcome, failed};
use crate::{command, toolchain};
use mote_target::Target;

/// `Verdict::Fault` of `firmware/app`.
const FAULT_CODE: i32 = 5;

/// Seconds after which a board counts as hung.
const PATIENCE_SECONDS: &str = "60";

/// A fault, the letter that provokes it, and the function that does it.
struct Kind {
    name: &'static str,
    letter: u8,
    function: &'static str,
    /// The program counter is where the fault leads, so the link leads to the function.
    is_jump: bool,
    /// The exception and the cause that a processor tells: Armv7-M, Armv8-M, RISC-V.
    expected: [(&'static str, &'static str); 3],
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "read of no memory",
        letter: b'r',
        function: "provoke::read_nowhere",
        is_jump: false,
        expected: [("bus-fault", "bad-access"), ("bus-fault", "bad-access"), ("trap", "bad-read")],
    },
    Kind {
        name: "undefined instruction",
        letter: b'u',
        function: "provoke::undefined_instruction",
        is_jump: false,
        expected: [
            ("usage-fault", "undefined-instruction"),
            ("usage-fault", "undefined-instruction"),
            ("trap", "undefined-instruction"),
        ],
    },
    Kind {
        name: "jump to no memory",
        letter: b'j',
        function: "provoke::jump_nowhere",
        is_jump: true,
        expected: [("memory-fault", "no-execute"), ("memory-fault", "no-execute"), ("trap", "no-execute")],
    },
    Kind {
        name: "stack overflow",
        letter: b's',
        function: "provoke::overflow_stack",
        is_jump: false,
        expected: [("memory-fault", "stack-overflow"), ("usage-fault", "stack-overflow"), ("trap", "stack-overflow")],
    },
];

/// The command.
pub fn run(options: &Options) -> Outcome {
    let boards = firmware::boards(options)?;
    let toolchain = toolchain::setup()?;
    let mut faults = Vec::new();
    for board in &boards {
        let image = firmware::build(toolchain, board, &[], "faults")?;
        let symbols = Image::read(&image)?;
        for kind in &KINDS {
            match check(board, &image, &symbols, kind) {
                Ok(line) => println!("  {:14} {:22} {line}", board.name, kind.name),
                Err(reason) => {
                    println!("  {:14} {:22} FAILED: {reason}", board.name, kind.name);
                    faults.push(format!("{} on {}: {reason}", kind.name, board.name));
                }
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { failed(faults.join("\n")) }
}

fn check(board: &Target, image: &Path, symbols: &Image, kind: &Kind) -> Result<String, String> {
    let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
    let mut boot = command::program_at_root("timeout");
    boot.args([PATIENCE_SECONDS, &emulator.program]);
    boot.args(firmware::arguments(emulator, image, None, "stdio", Time::Instructions));
    let mut child = boot
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", emulator.program))?;
    // The line stays open until the board has ended.
    let mut line = child.stdin.take();
    line.as_mut().map(|line| line.write_all(&[kind.letter])).transpose().map_err(|error| error.to_string())?;
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    drop(line);
    let text = String::from_utf8_lossy(&output.stdout);
    let report = Report::read(&text).ok_or(format!("no report: {text:?}, {}", output.status))?;
    if output.status.code() != Some(FAULT_CODE) {
        return Err(format!("ended with {}", output.status));
    }
    judge(&board.triple, &report, |address| function(symbols, address), kind)?;
    Ok(report.line)
}

/// A line of the report.
struct Report {
    line: String,
    exception: String,
    fields: BTreeMap<String, String>,
}

impl Report {
    fn read(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("fault "))?;
        let mut words = line.split(' ').skip(1);
        let exception = words.next()?.to_owned();
        let fields =
            words.filter_map(|word| word.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect();
        Some(Self { line: line.to_owned(), exception, fields })
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn address(&self, name: &str) -> Option<u64> {
        Some(u64::from_str_radix(self.field(name)?, 16).ok()? & !1)
    }
}

/// Name of the function that an address is in.
fn function(image: &Image, address: u64) -> Option<String> {
    let holds = |start: u64, size: u64| (start..start + size).contains(&address);
    let found = image.symbols.iter().find(|symbol| symbol.is_code && holds(symbol.address, symbol.size_bytes))?;
    Some(found.name.clone())
}

fn judge(triple: &str, report: &Report, function: impl Fn(u64) -> Option<String>, kind: &Kind) -> Result<(), String> {
    let is_small = triple.starts_with("thumbv6m");
    let [v7, v8, riscv] = kind.expected;
    let expected = match triple {
        // Armv6-M has one exception for all faults, and no registers that tell more.
        _ if is_small => ("hard-fault", "unknown"),
        triple if triple.starts_with("thumbv7") => v7,
        triple if triple.starts_with("thumb") => v8,
        _ => riscv,
    };
    let found = (report.exception.as_str(), report.field("cause").unwrap_or_default());
    if found != expected {
        return Err(format!("{found:?} instead of {expected:?}: {}", report.line));
    }
    let is_overflow = kind.letter == b's';
    // An Arm processor stores the program counter on the stack, which has no room left.
    if is_overflow && triple.starts_with("thumb") {
        return if report.field("pc").is_none() {
            Ok(())
        } else {
            Err(format!("a place from no stack: {}", report.line))
        };
    }
    let place = if kind.is_jump { "lr" } else { "pc" };
    match report.address(place).and_then(function) {
        Some(name) if name.ends_with(kind.function) => Ok(()),
        other => Err(format!("{place} leads to {other:?}, not {}: {}", kind.function, report.line)),
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, Report, judge};

    #[test]
    fn a_report_of_another_cause_or_place_is_refused() {
        let line = |cause: &str, pc: &str| {
            Report::read(&format!("noise\nfault bus-fault cause={cause} pc={pc} lr=00000000\n")).unwrap()
        };
        let function =
            |address: u64| (16..24).contains(&address).then(|| "mote_boards::provoke::read_nowhere".to_owned());
        let judged = |cause: &str, pc: &str| judge("thumbv7em-none-eabihf", &line(cause, pc), function, &KINDS[0]);
        assert!(judged("bad-access", "00000012").is_ok());
        assert!(judged("no-execute", "00000012").is_err());
        assert!(judged("bad-access", "00000018").is_err());
        assert!(judged("bad-access", "zz").is_err());
        assert!(Report::read("no such line\n").is_none());
    }
}
