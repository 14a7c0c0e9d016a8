//! `mote-fuzz`: runs fuzz targets with the stable toolchain, from the repository's root.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use mote_fuzz::driver::{Limits, execute_once, fuzz};
use mote_fuzz::{Target, corpus, targets};

const HELP: &str = "\
mote-fuzz list                          names of the targets
mote-fuzz run TARGET [OPTIONS]          fuzz one target
    --seconds N       how long (default 60)
    --executions N    how many inputs instead
    --seed N          another pseudo-random sequence (default 1)
    --corpus FOLDER   more inputs to start from (default tests/fuzz/corpus/TARGET)
    --failures FOLDER where to save inputs that fail (default target/fuzz/failures)
mote-fuzz replay TARGET FILE...         run saved inputs once each
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["list"] => {
            targets::all().iter().for_each(|target| println!("{}", target.name()));
            return ExitCode::SUCCESS;
        }
        ["run", name, options @ ..] => find(name).and_then(|target| run(target, options)),
        ["replay", name, files @ ..] if !files.is_empty() => find(name).and_then(|target| replay(target, files)),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("FAILED: {message}");
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Result<&'static dyn Target, String> {
    targets::by_name(name).ok_or_else(|| format!("no target {name}; there are those of mote-fuzz list"))
}

fn run(target: &dyn Target, options: &[&str]) -> Result<(), String> {
    let mut limits = Limits {
        executions: None,
        time: Duration::from_secs(60),
        seed: 1,
        failures: PathBuf::from("target/fuzz/failures"),
    };
    let mut folder = corpus::folder(target.name());
    for pair in options.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} needs a value", pair.concat())) };
        let number = || value.parse::<u64>().map_err(|_| format!("{value} is not a whole number"));
        match *name {
            "--seconds" => limits.time = Duration::from_secs(number()?),
            "--executions" => limits.executions = Some(number()?),
            "--seed" => limits.seed = number()?,
            "--corpus" => folder = PathBuf::from(value),
            "--failures" => limits.failures = PathBuf::from(value),
            other => return Err(format!("unknown option {other}")),
        }
    }
    let mut inputs = target.seeds();
    let kept = corpus::read(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    inputs.extend(kept.into_iter().map(|(_, bytes)| bytes));
    let starts = inputs.len();
    let statistics = fuzz(target, inputs, &limits)?;
    println!(
        "  {:14} {} executions from {starts} inputs in {:.1} s ({:.0} a second), {:.1} % accepted, \
         {} different endings, {} inputs kept, no failure",
        target.name(),
        statistics.executions,
        statistics.seconds,
        statistics.executions as f64 / statistics.seconds,
        100.0 * statistics.accepted as f64 / statistics.executions as f64,
        statistics.signatures,
        statistics.pool,
    );
    Ok(())
}

fn replay(target: &dyn Target, files: &[&str]) -> Result<(), String> {
    for file in files {
        let bytes = std::fs::read(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
        let verdict = execute_once(target, &bytes).map_err(|message| format!("{file}: {message}"))?;
        println!("{file}: {}", if verdict.accepted { "accepted" } else { "refused" });
    }
    Ok(())
}
