//! Running the program and reading what it prints, with marks replaced by counts.

use std::path::Path;
use std::process::Command;

use crate::boards::lines::Measured;
use crate::command;
use crate::linux::set_up::Programs;

/// Words of the lines whose last two fields are readings of the clock. Source: `firmware/app/src/bench.rs`.
const READINGS: [&str; 5] = ["empty", "loop", "setup", "run", "operator"];

/// Measures a model; its instructions are 0 where the emulator cannot count.
pub fn bench(programs: &Programs, model: &Path) -> Result<Measured, String> {
    let mut command = programs.command();
    command.arg("bench").arg(model);
    if !programs.counts {
        return uncounted(command);
    }
    let (text, marks) = run(command.arg("--counted"))?;
    Measured::read_counts(&with_counts(&text, &self::marks(&marks))?)
}

/// Runs a model on this machine's own processor.
pub fn native(programs: &Programs, model: &Path) -> Result<Measured, String> {
    let mut command = command::program_at_root(&programs.program);
    command.arg("bench").arg(model);
    uncounted(command)
}

/// The kernel battery and the model's golden vectors, in the program itself.
pub fn conformance(programs: &Programs, model: &Path) -> Result<(), String> {
    let mut command = programs.command();
    let output = command.arg("conformance").arg(model).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Err(format!("{}: {}", output.status, text.lines().last().unwrap_or_default()))
}

/// Clock readings in nanoseconds count nothing: all of them become the counts of the known loops, and 0 elsewhere.
fn uncounted(mut command: Command) -> Result<Measured, String> {
    let (text, _) = run(&mut command)?;
    let lines: Vec<String> = text.lines().map(without_time).collect();
    Measured::read_counts(&lines.join("\n"))
}

fn without_time(line: &str) -> String {
    let fields: Vec<&str> = line.split(' ').collect();
    let known = match fields.as_slice() {
        ["loop", known, ..] => known.parse::<u64>().unwrap_or(0),
        _ => 0,
    };
    replaced(&fields, |at| if at == 0 { 0 } else { known }).unwrap_or_else(|| line.to_owned())
}

/// The line with its first and second reading replaced, when it has any.
fn replaced(fields: &[&str], reading: impl Fn(usize) -> u64) -> Option<String> {
    let (first, rest) = (fields.first()?, fields.len().checked_sub(2)?);
    READINGS.contains(first).then(|| {
        format!("{} {:016x} {:016x}", fields.get(..rest).unwrap_or_default().join(" "), reading(0), reading(1))
    })
}

fn run(command: &mut Command) -> Result<(String, String), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // A verdict other than "right" is in the lines too; a signal or a missing file is not.
    match output.status.code() {
        Some(_) if !output.stdout.is_empty() => Ok((text(&output.stdout), text(&output.stderr))),
        _ => Err(format!("{}: {}", output.status, text(&output.stderr).lines().last().unwrap_or_default())),
    }
}

/// Counts at marks 0, 1, 2 and so on, from the plugin's lines.
fn marks(text: &str) -> Vec<u64> {
    let mut counts = Vec::new();
    for line in text.lines() {
        let mut fields = line.split(' ');
        let is_next = fields.next() == Some("mark") && fields.next() == Some(counts.len().to_string().as_str());
        if let (true, Some(Ok(count))) = (is_next, fields.next().map(str::parse)) {
            counts.push(count);
        }
    }
    counts
}

fn with_counts(text: &str, marks: &[u64]) -> Result<String, String> {
    let lines: Result<Vec<String>, String> = text
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            let Some(rest) = fields.len().checked_sub(2).filter(|_| READINGS.contains(&fields[0])) else {
                return Ok(line.to_owned());
            };
            let count = |at: usize| {
                let number = fields.get(rest + at).and_then(|field| usize::from_str_radix(field, 16).ok());
                number.and_then(|number| marks.get(number).copied())
            };
            let (Some(first), Some(second)) = (count(0), count(1)) else {
                return Err(format!("no count for the marks of: {line}"));
            };
            Ok(replaced(&fields, |at| if at == 0 { first } else { second }).unwrap_or_else(|| line.to_owned()))
        })
        .collect();
    Ok(lines?.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{marks, with_counts, without_time};

    #[test]
    fn marks_become_counts() {
        let counts = marks("mark 0 100\nnoise\nmark 1 0x7\nmark 1 130\nmark 3 9\n");
        assert_eq!(counts, [100, 130]);
        let text = "model 1 2 3\nloop 20 0000000000000000 0000000000000001\nend 0";
        let expected = "model 1 2 3\nloop 20 0000000000000064 0000000000000082\nend 0";
        assert_eq!(with_counts(text, &counts).unwrap(), expected);
        assert!(with_counts("run 0000000000000001 0000000000000002", &counts).is_err(), "a mark is missing");
    }

    #[test]
    fn without_a_counter_nothing_is_claimed() {
        assert_eq!(without_time("run 0000000000000005 0000000000000009"), format!("run {:016x} {:016x}", 0, 0));
        assert_eq!(
            without_time("loop 16 0000000000000005 0000000000000009"),
            format!("loop 16 {:016x} {:016x}", 0, 16)
        );
        assert_eq!(without_time("golden 0 0 00ff"), "golden 0 0 00ff");
    }
}
