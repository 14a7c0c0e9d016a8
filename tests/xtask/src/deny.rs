//! Licences, bans, sources and advisories, by cargo-deny where it is installed.

use crate::command;
use crate::report::{Outcome, Problem};

/// Runs cargo-deny over the workspace. Everything but the advisories works without a network.
pub fn check() -> Outcome {
    if !command::succeeds(command::cargo().args(["deny", "--version"])) {
        return Err(Problem::Skipped("cargo-deny is not installed".to_owned()));
    }
    let deny = || {
        let mut command = command::cargo();
        command.args(["deny", "--workspace", "--log-level", "error", "check"]);
        command
    };
    command::run(deny().args(["licenses", "bans", "sources"]))?;
    match command::read(deny().arg("advisories")) {
        Err(Problem::Failed(message)) if message.contains("failed to fetch advisory database") => {
            Err(Problem::Skipped("licences, bans and sources are fine; no advisory database within reach".to_owned()))
        }
        outcome => outcome.map(drop),
    }
}
