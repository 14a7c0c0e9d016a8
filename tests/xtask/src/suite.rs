//! The whole test run: every step, whatever the others did, and one line of counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use crate::host_tests::{self, Counts};
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::{
    boards, c_firmware, command, conformance, deny, faults, formatting, fuzz, header, jvm, layers, linux, miri, mlperf,
    no_std, packages, panic_free, python_free, reproducible, staticlib, tier2, watchdog,
};

/// A step: its name and what it does. Steps add to the counts what they count themselves.
type Step = (&'static str, fn(&Options, &mut Counts) -> Outcome);

/// In order of cost, so that cheap faults show first; those that boot boards come last.
const STEPS: &[Step] = &[
    ("fmt", |_, _| formatting::check(false)),
    ("layers", |_, _| layers::check()),
    ("header", |options, _| header::run(&Options { check: true, ..options.clone() })),
    ("python-free", |_, _| python_free::check()),
    ("no-std", |_, _| no_std::check()),
    ("panic-free", |options, _| panic_free::check(options)),
    ("host-tests", |_, counts| host_tests::run(counts)),
    ("clippy", |_, _| clippy()),
    ("miri", |_, _| miri::check()),
    ("fuzz-smoke", |options, _| fuzz::smoke(options)),
    ("deny", |_, _| deny::check()),
    ("jvm", |_, counts| jvm::run(counts)),
    ("reproducible", |options, _| reproducible::check(options)),
    ("boards", |options, counts| boards::run(options, counts)),
    ("conformance", |options, _| conformance::run(options)),
    ("c", |options, _| c_firmware::run(options)),
    ("staticlib", |options, _| staticlib::run(options)),
    ("faults", |options, _| faults::run(options)),
    ("watchdog", |options, _| watchdog::run(options)),
    ("mlperf", |options, _| mlperf::run(options)),
    ("linux", |options, counts| linux::run(&Options { whole_run: true, ..options.clone() }, counts)),
    ("tier2", |options, _| tier2::run(options)),
    ("packages", |options, _| packages::run(options)),
];

/// One line of the table at the end.
struct Row {
    name: &'static str,
    status: &'static str,
    seconds: f32,
    note: String,
}

/// Runs the steps, prints the table and the counts; the exit code tells whether all is well.
pub fn run(options: &Options) -> ExitCode {
    let wanted = |(name, _): &&Step| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let steps: Vec<_> = STEPS.iter().filter(wanted).collect();
    if steps.is_empty() {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        eprintln!("no such step; there are {}", names.join(" "));
        return ExitCode::from(2);
    }
    let mut counts = Counts::default();
    let mut rows = Vec::new();
    for (index, (name, step)) in steps.iter().enumerate() {
        println!("[{}/{}] {name}", index + 1, steps.len());
        let start = Instant::now();
        // A fault in one step's own code must not hide the results of the others.
        let outcome = catch_unwind(AssertUnwindSafe(|| step(options, &mut counts)))
            .unwrap_or_else(|_| failed("the step itself panicked"));
        let seconds = start.elapsed().as_secs_f32();
        rows.push(row(name, seconds, outcome, &mut counts));
    }
    print_table(&rows);
    for skipped in &counts.skipped {
        println!("SKIPPED: {skipped}");
    }
    println!("{}", closing_line(&counts));
    if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Counts the step itself as one check and tells how it went.
fn row(name: &'static str, seconds: f32, outcome: Outcome, counts: &mut Counts) -> Row {
    let (status, note) = match outcome {
        Ok(()) => {
            counts.passed += 1;
            ("passed", String::new())
        }
        Err(Problem::Failed(message)) => {
            println!("FAILED: {name}: {message}");
            counts.failed += 1;
            ("FAILED", message.lines().next().unwrap_or_default().to_owned())
        }
        Err(Problem::Skipped(reason)) => {
            counts.skipped.push(format!("{name} ({reason})"));
            ("skipped", reason)
        }
    };
    Row { name, status, seconds, note }
}

fn print_table(rows: &[Row]) {
    println!("\n{:14} {:8} {:>8}", "step", "status", "seconds");
    for Row { name, status, seconds, note } in rows {
        println!("{name:14} {status:8} {seconds:8.1}  {note}");
    }
}

/// `N passed, N failed`, with what was skipped only if something was.
fn closing_line(counts: &Counts) -> String {
    let line = format!("{} passed, {} failed", counts.passed, counts.failed);
    match counts.skipped.len() {
        0 => line,
        skipped => format!("{line}, {skipped} skipped"),
    }
}

/// Lints of every crate of the workspace, tests included; warnings are failures.
fn clippy() -> Outcome {
    if !command::succeeds(command::cargo().args(["clippy", "--version"])) {
        return Err(Problem::Skipped("clippy is not installed".to_owned()));
    }
    command::run(
        command::cargo().args(["clippy", "--workspace", "--all-targets", "--quiet"]).args(["--", "--deny", "warnings"]),
    )
}

#[cfg(test)]
mod tests {
    use super::{closing_line, row};
    use crate::host_tests::Counts;
    use crate::report::Problem;

    #[test]
    fn a_step_is_one_check() {
        let mut counts = Counts::default();
        row("a", 0.0, Ok(()), &mut counts);
        row("b", 0.0, Err(Problem::Failed("no".to_owned())), &mut counts);
        assert_eq!(closing_line(&counts), "1 passed, 1 failed");
        row("c", 0.0, Err(Problem::Skipped("no tool".to_owned())), &mut counts);
        assert_eq!(closing_line(&counts), "1 passed, 1 failed, 1 skipped");
        assert_eq!(counts.skipped, ["c (no tool)"]);
    }
}
