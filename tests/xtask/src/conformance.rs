//! The image `conformance` on every emulated board: every kernel on its seeded cases, and a model's golden vectors. The
//! image counts; here the counts are held against what the battery has, so that nothing is left out in silence.
//!
//! And the image `hello` that logs by defmt, piped to `mote monitor`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::firmware::{self, Compiled, Time};
use crate::image::{Image, find_offences};
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain::{self, Toolchain};
use crate::{command, repository};
use mote_target::Target;

/// Seconds after which a board counts as hung.
const PATIENCE_SECONDS: &str = "300";

/// The command.
pub fn run(options: &Options) -> Outcome {
    let boards = firmware::boards(options)?;
    let toolchain = toolchain::setup()?;
    let mote = firmware::mote()?;
    let name = options.model.as_deref().unwrap_or("digits");
    let source = repository::root().join(format!("models/{name}/{name}_int8.tflite"));
    if !source.exists() {
        return failed(format!("no model {name} in models/"));
    }
    let model = firmware::compile(&mote, name, &source)?;
    let mut faults = Vec::new();
    for board in &boards {
        let mut tell = |what: &str, result: Result<String, Problem>| match result {
            Ok(line) => println!("  {:14} {what:11} {line}", board.name),
            Err(Problem::Failed(reason) | Problem::Skipped(reason)) => {
                println!("  {:14} {what:11} FAILED: {reason}", board.name);
                faults.push(format!("{what} on {}: {reason}", board.name));
            }
        };
        tell("conformance", battery(toolchain, board, &model));
        tell("log", log(toolchain, board, &model, &mote));
    }
    if faults.is_empty() { Ok(()) } else { failed(faults.join("\n")) }
}

/// Features of `firmware/boards` that this board's processor asks for.
fn features(board: &Target) -> Vec<&'static str> {
    let optional_dsp = board.triple.starts_with("thumbv8m.main") && board.features.iter().any(|one| one == "dsp");
    if optional_dsp { vec!["cortex-m-dsp"] } else { Vec::new() }
}

/// Builds an image of `firmware/boards` with features, and examines it.
fn build(
    toolchain: Toolchain,
    board: &Target,
    model: &Compiled,
    name: &str,
    features: &[&str],
) -> Result<(PathBuf, Image), Problem> {
    let mut build = toolchain.cargo_build(&board.triple);
    build.args(["--quiet", "--locked", "--profile", "firmware", "--bin", name, "--features", &features.join(",")]);
    build.arg("--manifest-path").arg(repository::manifest("firmware/boards"));
    build.env("MOTE_BOARD", &board.name).env("MOTE_OPERATORS", model.operators.join(","));
    // defmt leaves out what is below this level when it compiles.
    build.env("DEFMT_LOG", "info");
    command::run(&mut build)?;
    let folder = repository::target_dir().join("conformance").join(&board.name);
    std::fs::create_dir_all(&folder)?;
    let image = folder.join([&[name], features].concat().join("-"));
    std::fs::copy(toolchain.target_dir().join(&board.triple).join("firmware").join(name), &image)?;
    let examined = Image::read(&image)?;
    match find_offences(&examined).first() {
        None => Ok((image, examined)),
        Some(first) => failed(format!("{} in {name}: {}", first.kind, first.chain.join(" -> "))),
    }
}

/// The emulator with the image and the model.
fn boot(board: &Target, image: &Path, model: Option<&Path>) -> Result<std::process::Command, Problem> {
    let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
    let mut boot = command::program_at_root("timeout");
    boot.args([PATIENCE_SECONDS, &emulator.program]);
    boot.args(firmware::arguments(emulator, image, model, "stdio", Time::Instructions));
    Ok(boot)
}

fn battery(toolchain: Toolchain, board: &Target, model: &Compiled) -> Result<String, Problem> {
    let (image, _) = build(toolchain, board, model, "conformance", &features(board))?;
    let start = std::time::Instant::now();
    let output = boot(board, &image, Some(&model.file))?.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let counted = judge(&text)?;
    if !output.status.success() {
        return failed(format!("ended with {}, printed {text:?}", output.status));
    }
    let seconds = start.elapsed().as_secs_f32();
    let dsp = text.lines().any(|line| line.starts_with("family conv2d_i8 ") && comparisons_per_case(line) > 2);
    let kernels = if dsp { "generic and DSP kernels" } else { "generic kernels" };
    Ok(format!("{counted}; {kernels} in {seconds:.1} s"))
}

/// Runs compared for each case of a line `family <name> <cases> <failed> <comparisons> <ticks>`.
fn comparisons_per_case(line: &str) -> u64 {
    let numbers: Vec<u64> = line.split(' ').filter_map(|field| field.parse().ok()).collect();
    match numbers[..] {
        [cases, _, comparisons, _] => comparisons / cases.max(1),
        _ => 0,
    }
}

/// The counts, as a sentence; or what is wrong with them.
fn judge(text: &str) -> Result<String, String> {
    let lines = |word: &'static str| text.lines().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '));
    if let Some(first) = lines("different").next() {
        return Err(format!("differs: {first}"));
    }
    let (mut cases, mut comparisons) = (0, 0);
    for family in mote_battery::all() {
        let found = lines("family").find_map(|line| line.strip_prefix(family.name())?.strip_prefix(' '));
        let fields: Vec<u64> = found.unwrap_or_default().split(' ').filter_map(|field| field.parse().ok()).collect();
        let wanted = u64::from(family.board_cases());
        match fields[..] {
            [ran, 0, compared, _] if ran == wanted && compared >= 2 * wanted => {
                cases += ran;
                comparisons += compared;
            }
            _ => return Err(format!("{}: printed {found:?} for {wanted} cases", family.name())),
        }
    }
    let vectors = lines("crc").count() as u64;
    let summary = format!("{} 0", cases + vectors);
    if vectors == 0 || lines("conformance").ne([summary.as_str()]) || lines("end").ne(["0"]) {
        return Err(format!("no right end: {:?}", text.lines().rev().take(3).collect::<Vec<_>>()));
    }
    Ok(format!(
        "{} passed, 0 failed ({cases} cases in {comparisons} comparisons, {vectors} golden vectors)",
        cases + vectors
    ))
}

/// `hello` without a log, with one, and what the log says of a right and of a wrong model.
fn log(toolchain: Toolchain, board: &Target, model: &Compiled, mote: &Path) -> Result<String, Problem> {
    let flash = |image: &Image| -> u64 {
        let kept = [".text", ".rodata", ".data"];
        image.sections.iter().filter(|section| kept.contains(&section.name.as_str())).map(|it| it.size_bytes).sum()
    };
    let (_, silent) = build(toolchain, board, model, "hello", &[])?;
    let (image, logging) = build(toolchain, board, model, "hello", &["defmt"])?;
    let heard = monitored(board, &image, Some(&model.file), mote)?;
    let started = format!("INFO  {} started by power-on (firmware/app/src/hello.rs:", board.name);
    let cost = "INFO  inference: ";
    for wanted in [started.as_str(), cost, "\noutput 0 ", "\nticks "] {
        if !heard.contains(wanted) {
            return failed(format!("no {wanted:?} in {heard:?}"));
        }
    }
    let refused = monitored(board, &image, None, mote)?;
    if !refused.contains("ERROR model refused: not a readable file (firmware/app/src/") {
        return failed(format!("a board without a model said {refused:?}"));
    }
    let lines = heard.lines().filter(|line| line.contains(" INFO ")).count();
    let bytes = flash(&logging).saturating_sub(flash(&silent));
    Ok(format!("{lines} lines decoded, a refusal too; {bytes} bytes of flash for the log"))
}

/// What `mote monitor` makes of the image's serial line.
fn monitored(board: &Target, image: &Path, model: Option<&Path>, mote: &Path) -> Result<String, Problem> {
    let mut emulator = boot(board, image, model)?.stdout(Stdio::piped()).spawn()?;
    let line = emulator.stdout.take().ok_or("the emulator has no output")?;
    let mut monitor = command::program_at_root(mote);
    monitor.args(["monitor", "-", "--elf"]).arg(image).stdin(line);
    let heard = command::read(&mut monitor);
    emulator.wait()?;
    heard
}

#[cfg(test)]
mod tests {
    use super::{comparisons_per_case, judge};

    fn right() -> String {
        let families: String = mote_battery::all()
            .iter()
            .map(|family| {
                let cases = family.board_cases();
                format!("family {} {cases} 0 {} 12345\n", family.name(), 2 * cases)
            })
            .collect();
        let cases: u32 = mote_battery::all().iter().map(|family| family.board_cases()).sum();
        format!("{families}layers 8 8\ncrc 0 00 00\ncrc 1 00 00\nconformance {} 0\nend 0\n", cases + 2)
    }

    #[test]
    fn every_family_and_a_golden_vector_must_have_passed() {
        assert!(judge(&right()).is_ok(), "{:?}", judge(&right()));
        for (from, to) in [
            ("family softmax_i8 ", "family hardmax_i8 "),
            ("family fill 150 0 300 ", "family fill 150 1 300 "),
            ("family fill 150 0 300 ", "family fill 149 0 300 "),
            ("family fill 150 0 300 ", "family fill 150 0 150 "),
            ("crc 0 00 00\ncrc 1 00 00\n", ""),
            ("end 0", "end 1"),
            ("layers 8 8\n", "different conv2d_i8 generic 7 whole byte 1 2 3\n"),
        ] {
            let wrong = right().replace(from, to);
            assert_ne!(wrong, right(), "{from}");
            assert!(judge(&wrong).is_err(), "{from} -> {to}");
        }
        assert!(judge("").is_err());
    }

    #[test]
    fn comparisons_tell_how_many_implementations_ran() {
        assert_eq!(comparisons_per_case("family conv2d_i8 1200 0 4800 77"), 4);
        assert_eq!(comparisons_per_case("family conv2d_i8"), 0);
    }
}
