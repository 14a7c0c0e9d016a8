//! The tests of numbers, kernels and battery, compiled for a target and run under its emulator.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::linux::set_up;
use crate::report::{Problem, failed};
use mote_target::Target;

/// Packages whose tests compare kernels with the reference and with TensorFlow Lite Micro's vectors.
const PACKAGES: [&str; 3] = ["mote-numbers", "mote-kernels", "mote-battery"];

/// Runs them and returns how many passed.
pub fn run(target: &Target) -> Result<u64, Problem> {
    let mut cargo = set_up::cargo("test", target);
    cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package])).args(["--lib", "--tests"]);
    let mut child = cargo.stdout(Stdio::piped()).spawn()?;
    let Some(output) = child.stdout.take() else { return failed("cargo test has no output") };
    let mut passed = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        let number = |word: &str| {
            let before = line.split_once(word).map_or("", |(before, _)| before);
            before.rsplit(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
        };
        if line.starts_with("test result: ") {
            passed += number(" passed");
        } else if line.contains("FAILED") || line.contains("panicked") {
            println!("  {}: {line}", target.name);
        }
    }
    let status = child.wait()?;
    if !status.success() || passed == 0 {
        return failed(format!("tests on {}: {status}, {passed} passed", target.name));
    }
    eprintln!("  {:16} {passed} tests of {} pass", target.name, PACKAGES.join(", "));
    Ok(passed)
}
