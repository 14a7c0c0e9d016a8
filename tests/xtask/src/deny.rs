//! Licences, advisories, bans and sources, by cargo-deny where it is installed.

use crate::command;
use crate::report::{Outcome, Problem};

/// Runs `cargo deny check` over the workspace.
pub fn check() -> Outcome {
    if !command::succeeds(command::cargo().args(["deny", "--version"])) {
        return Err(Problem::Skipped("cargo-deny is not installed".to_owned()));
    }
    command::run(command::cargo().args(["deny", "--workspace", "--log-level", "error", "check"]))
}
