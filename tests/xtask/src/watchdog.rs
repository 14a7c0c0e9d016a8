//! The image `watchdog` on every emulated board that has one: a fed inference longer than the watchdog's time comes to its
//! end, one that is not fed resets the board, and the board says so.

use std::path::Path;

use crate::firmware::{self, Time};
use crate::options::Options;
use crate::report::{Outcome, failed};
use crate::{command, repository, toolchain};
use mote_target::Target;

/// Seconds after which a board counts as hung.
const PATIENCE_SECONDS: &str = "120";

/// The command.
pub fn run(options: &Options) -> Outcome {
    let boards = firmware::boards(options)?;
    let toolchain = toolchain::setup()?;
    let source = repository::root().join("models/digits/digits_int8.tflite");
    let model = firmware::compile(&firmware::mote()?, "digits", &source)?;
    let mut faults = Vec::new();
    for board in &boards {
        let image = firmware::build(toolchain, board, &model.operators, "watchdog")?;
        match check(board, &image, &model.file) {
            Ok(line) => println!("  {:14} {line}", board.name),
            Err(reason) => {
                println!("  {:14} FAILED: {reason}", board.name);
                faults.push(format!("{}: {reason}", board.name));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { failed(faults.join("\n")) }
}

fn check(board: &Target, image: &Path, model: &Path) -> Result<String, String> {
    let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
    let mut boot = command::program_at_root("timeout");
    boot.args([PATIENCE_SECONDS, &emulator.program]);
    boot.args(firmware::arguments(emulator, image, Some(model), "stdio", Time::Instructions));
    let output = boot.output().map_err(|error| format!("{}: {error}", emulator.program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("ended with {}, printed {text:?}", output.status));
    }
    judge(&text, emulator.watchdog.is_some())
}

/// What was seen, as a sentence; or what is wrong with it.
fn judge(text: &str, has_watchdog: bool) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let wrong = || format!("printed {text:?}");
    let [first, second, rest @ ..] = lines.as_slice() else { return Err(wrong()) };
    if *first != "reset power-on" {
        return Err(wrong());
    }
    let [whole, timeout] = numbers(second, ["whole", "timeout"]).ok_or_else(wrong)?;
    if !has_watchdog {
        let none = format!("an inference takes {whole} us; there is no watchdog");
        return if rest == ["watchdog none"] { Ok(none) } else { Err(wrong()) };
    }
    let [third, "unfed", warning, "reset watchdog"] = rest else { return Err(wrong()) };
    let [slices, longest] = numbers(third, ["fed", "longest"]).ok_or_else(wrong)?;
    if whole < 2 * timeout {
        return Err(format!("the watchdog would let a whole inference pass: {text:?}"));
    }
    if longest >= timeout || slices < 2 || !warning.starts_with("fault nmi cause=watchdog pc=") {
        return Err(wrong());
    }
    Ok(format!(
        "an inference of {whole} us under a watchdog of {timeout} us: fed after each of {slices} slices of at most \
         {longest} us it ends, unfed the board is reset"
    ))
}

/// The numbers behind these two words.
fn numbers(line: &str, words: [&str; 2]) -> Option<[u64; 2]> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [first, one, second, two] = fields.as_slice() else { return None };
    if [*first, *second] != words {
        return None;
    }
    Some([one.parse().ok()?, two.parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::judge;

    const RIGHT: &str = "reset power-on\nwhole 1000 timeout 250\nfed 64 longest 30\nunfed\n\n\
                         fault nmi cause=watchdog pc=00000100 lr=00000000\nreset watchdog\n";

    #[test]
    fn both_sides_must_be_seen() {
        assert!(judge(RIGHT, true).is_ok());
        assert!(judge(RIGHT, false).is_err());
        for (from, to) in [
            ("reset watchdog\n", ""),
            ("reset watchdog", "reset power-on"),
            ("longest 30", "longest 250"),
            ("fed 64", "fed 1"),
            ("timeout 250", "timeout 600"),
            ("reset power-on\nwhole", "reset pin\nwhole"),
        ] {
            assert!(judge(&RIGHT.replace(from, to), true).is_err(), "{from} -> {to}");
        }
        assert!(judge("reset power-on\nwhole 9 timeout 2\nwatchdog none\n", false).is_ok());
    }
}
