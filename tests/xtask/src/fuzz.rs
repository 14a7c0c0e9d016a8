//! A short run of every fuzz target with the stable toolchain.

use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::{command, repository};

/// Time per target when the user names none.
const DEFAULT_SECONDS: u64 = 20;

/// Builds the fuzzer and runs each target for its time or number of executions.
pub fn smoke(options: &Options) -> Outcome {
    let mut build = command::cargo();
    build.args(["build", "--quiet", "--release", "--bin", "mote-fuzz", "--manifest-path"]);
    build.arg(repository::manifest("tests/fuzz"));
    command::run(build.arg("--target-dir").arg(repository::fuzz_target_dir()))?;
    let fuzzer = repository::fuzz_target_dir().join("release").join("mote-fuzz");
    let listed = command::read(command::program_at_root(&fuzzer).arg("list"))?;
    let targets: Vec<&str> = listed
        .lines()
        .filter(|name| options.target.as_deref().is_none_or(|only| only == *name))
        .collect();
    if targets.is_empty() {
        return failed("no such fuzz target");
    }
    let mut bad = Vec::new();
    for target in targets {
        let mut run = command::program_at_root(&fuzzer);
        run.args(["run", target]);
        match options.executions {
            Some(executions) => run.args(["--executions", &executions.to_string()]),
            None => {
                run.args(["--seconds", &options.seconds.unwrap_or(DEFAULT_SECONDS).to_string()])
            }
        };
        if let Err(Problem::Failed(reason) | Problem::Skipped(reason)) = command::run(&mut run) {
            bad.push(reason);
        }
    }
    if bad.is_empty() { Ok(()) } else { failed(bad.join("\n")) }
}
