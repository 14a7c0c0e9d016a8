//! Builds the device crates alone for every bare-metal target. A workspace build would
//! prove nothing, as features unify there.

use std::time::Instant;

use crate::report::{Outcome, Problem, failed};
use crate::toolchain::TARGETS;
use crate::{command, repository, toolchain};

/// The check.
pub fn check() -> Outcome {
    let toolchain = toolchain::setup()?;
    let mut bad = Vec::new();
    for target in TARGETS {
        let start = Instant::now();
        let mut build = toolchain.cargo_build(target);
        build.args(["--quiet", "--locked", "--manifest-path"]).arg(repository::manifest("tests/no_std"));
        match command::run(&mut build) {
            Ok(()) => println!("  {target:28} builds ({:.1} s)", start.elapsed().as_secs_f32()),
            Err(Problem::Failed(_) | Problem::Skipped(_)) => bad.push(target),
        }
    }
    if bad.is_empty() {
        return Ok(());
    }
    failed(format!("does not build for {}", bad.join(", ")))
}
