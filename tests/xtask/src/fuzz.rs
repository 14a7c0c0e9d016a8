//! A short run of every fuzz target with the stable toolchain.

use crate::command;
use crate::options::Options;
use crate::report::Outcome;

/// Time per target when the user names none.
const DEFAULT_SECONDS: u64 = 20;

/// Runs each target for its time or number of executions, through its test: built with the
/// same features and checks as all other tests, nothing large is compiled twice.
pub fn smoke(options: &Options) -> Outcome {
    let mut command = command::cargo();
    command.args(["test", "--quiet", "--workspace", "--test", "smoke", "--", "--nocapture", "--test-threads", "1"]);
    match options.executions {
        Some(executions) => command.env("MOTE_FUZZ_EXECUTIONS", executions.to_string()),
        None => command.env("MOTE_FUZZ_SECONDS", options.seconds.unwrap_or(DEFAULT_SECONDS).to_string()),
    };
    if let Some(target) = &options.target {
        command.env("MOTE_FUZZ_TARGET", target);
    }
    command::run(&mut command)
}
