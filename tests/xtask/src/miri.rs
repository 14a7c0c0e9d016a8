//! The engine's tests under Miri, which sees every access out of bounds and every other undefined behaviour.

use crate::command;
use crate::report::{Outcome, Problem};

/// Runs Miri where a nightly toolchain has it.
pub fn check() -> Outcome {
    let miri = || {
        let mut command = command::program_at_root("rustup");
        // The toolchain that runs this step must not choose the compiler of that one.
        command.args(["run", "nightly", "cargo", "miri"]).env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN");
        command
    };
    if !command::succeeds(miri().arg("--version")) {
        return Err(Problem::Skipped("no nightly toolchain with Miri".to_owned()));
    }
    command::run(miri().args([
        "test",
        "--quiet",
        "--package",
        "mote-engine",
        "--test",
        "refusals",
        "--test",
        "sessions",
    ]))
}
