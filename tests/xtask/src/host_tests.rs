//! Runs the host tests and counts what they report.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::command;
use crate::report::{Outcome, Problem, failed};

/// What `cargo test` reported, over all its test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Names and reasons of what was not run.
    pub skipped: Vec<String>,
    /// Test programs that came to their end.
    pub programs: u64,
}

/// Runs every test of the workspace, even after failures, passing on what matters of the
/// output. Tests print `SKIPPED: name (reason)` when something they need is absent.
pub fn run(counts: &mut Counts) -> Outcome {
    let mut command = command::cargo();
    // Output of passing tests is wanted for the names of what they skipped.
    command.args(["test", "--workspace", "--no-fail-fast", "--", "--show-output"]);
    command.stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let Some(output) = child.stdout.take() else { return failed("cargo test has no output") };
    let mut reader = Reader::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if reader.line(&line, counts) {
            println!("  {line}");
        }
    }
    let status = child.wait()?;
    if counts.failed > 0 {
        return failed(format!("{} tests failed", counts.failed));
    }
    if !status.success() || counts.programs == 0 {
        return Err(Problem::Failed(format!("cargo test: {status}, {} programs ran", counts.programs)));
    }
    Ok(())
}

/// Reads the output of the standard test harness line by line.
#[derive(Default)]
struct Reader {
    in_failures: bool,
}

impl Reader {
    /// Counts the line; true if people should see it.
    fn line(&mut self, line: &str, counts: &mut Counts) -> bool {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.in_failures = false;
            counts.programs += 1;
            counts.passed += number_before(result, " passed");
            counts.failed += number_before(result, " failed");
            return number_before(result, " passed") + number_before(result, " failed") > 0;
        }
        if let Some(test) = line.strip_prefix("test ") {
            if let Some((name, _)) = test.split_once(" ... ignored") {
                counts.skipped.push(format!("{name} (ignored)"));
            }
            return test.ends_with("FAILED");
        }
        if let Some(skipped) = line.trim_start().strip_prefix("SKIPPED: ") {
            if !counts.skipped.iter().any(|known| known == skipped) {
                counts.skipped.push(skipped.to_owned());
            }
            return false;
        }
        self.in_failures |= line == "failures:";
        self.in_failures && !line.is_empty()
    }
}

/// The number in front of a word: 5 for `ok. 5 passed; 0 failed` and ` passed`.
fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Counts, Reader};

    const OUTPUT: &str = "
running 4 tests
test a ... ok
test b ... FAILED
test c ... ignored, slow
test d ... ok

successes:

---- d stdout ----
SKIPPED: zoo goldens (no zoo)

failures:

---- b stdout ----
left: 1
failures:
    b

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn counts_and_shows_what_matters() {
        let mut counts = Counts::default();
        let mut reader = Reader::default();
        let shown: Vec<_> = OUTPUT.lines().filter(|line| reader.line(line, &mut counts)).collect();
        assert_eq!((counts.passed, counts.failed, counts.programs), (9, 1, 2));
        assert_eq!(counts.skipped, ["c (ignored)", "zoo goldens (no zoo)"]);
        assert!(shown.contains(&"left: 1") && shown.contains(&"test b ... FAILED"));
        assert!(!shown.contains(&"test a ... ok") && !shown.contains(&"---- d stdout ----"));
    }
}
