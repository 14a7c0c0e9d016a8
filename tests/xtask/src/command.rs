//! Starting other programs, always from the repository's root.

use std::process::{Command, Stdio};

use crate::report::{Outcome, Problem, failed};
use crate::repository;

/// The cargo that started this program, so that one toolchain does everything.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program_at_root(program)
}

/// Any program, started from the root, without input.
pub fn program_at_root(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(repository::root()).stdin(Stdio::null());
    // Set by `cargo run` for this program only; they would confuse a second cargo.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"] {
        command.env_remove(name);
    }
    command
}

/// Runs with output passed through; a non-zero exit is a failure that names the command.
pub fn run(command: &mut Command) -> Outcome {
    let text = describe(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => failed(format!("{text}: {status}")),
        Err(error) => failed(format!("{text}: {error}")),
    }
}

/// Runs silently and returns what it printed on standard output; a failure carries
/// what it printed on standard error.
pub fn read(command: &mut Command) -> Result<String, Problem> {
    let text = describe(command);
    let output = command.output().map_err(|error| Problem::Failed(format!("{text}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    failed(format!("{text}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end()))
}

/// Whether the program starts and ends well; nothing is printed.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command line, for messages.
fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
