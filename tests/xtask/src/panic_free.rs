//! Links firmware images with every operator and proves from the images themselves that
//! nothing in them can panic, format, allocate or unwind.

use std::path::PathBuf;
use std::time::Instant;

use crate::image::{Image, Offence, find_offences, size_table};
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain::Toolchain;
use crate::{command, repository, toolchain};

/// Processors to link for: the one named in the budget, one without division and wide
/// multiplication, and one that is no Arm.
const TARGETS: [&str; 3] = ["thumbv7em-none-eabihf", "thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];

const CRATE: &str = "tests/panic_free";
const IMAGE: &str = "mote-image-check";

/// Chains printed before the rest is only counted.
const CHAINS_SHOWN: usize = 12;

/// The check, and the check of the checker.
pub fn check(options: &Options) -> Outcome {
    let toolchain = toolchain::setup()?;
    let mut bad = Vec::new();
    if !options.self_test {
        let wanted = |target: &&&str| options.target.as_deref().is_none_or(|only| only == **target);
        let targets: Vec<_> = TARGETS.iter().filter(wanted).collect();
        if targets.is_empty() {
            return failed(format!("no such target; there are {}", TARGETS.join(" ")));
        }
        for target in targets {
            if let Err(Problem::Failed(reason) | Problem::Skipped(reason)) = check_target(toolchain, target) {
                println!("  {target}: {reason}");
                bad.push(format!("{target}: {}", reason.lines().next().unwrap_or_default()));
            }
        }
    }
    if let Err(Problem::Failed(reason) | Problem::Skipped(reason)) = check_the_checker(toolchain) {
        bad.push(format!("test of the checker: {reason}"));
    }
    if bad.is_empty() { Ok(()) } else { failed(bad.join("\n")) }
}

fn check_target(toolchain: Toolchain, target: &str) -> Outcome {
    let start = Instant::now();
    let image = Image::read(&build(toolchain, target, None)?)?;
    let offences = find_offences(&image);
    let count = offences.len();
    println!(
        "  {target}: {} symbols, {} references ({} unresolved), {count} offences ({:.1} s)",
        image.symbols.len(),
        image.references.len(),
        image.unresolved,
        start.elapsed().as_secs_f32(),
    );
    print!("{}", size_table(&image));
    if count == 0 {
        return Ok(());
    }
    print_offences(&offences);
    failed(format!("{count} symbols that may not be in the image"))
}

/// Images with a fault put in on purpose must be caught, with the chain that leads to it.
fn check_the_checker(toolchain: Toolchain) -> Outcome {
    let faults = [
        ("deliberate-panic", "panic", "deliberate::index"),
        ("deliberate-formatting", "formatting", "deliberate::format"),
    ];
    for target in ["thumbv7em-none-eabihf", "thumbv6m-none-eabi"] {
        for (feature, kind, culprit) in faults {
            let image = Image::read(&build(toolchain, target, Some(feature))?)?;
            let offences = find_offences(&image);
            let blames = |offence: &&Offence| {
                offence.kind == kind
                    && offence.chain.first().is_some_and(|first| first == "reset")
                    && offence.chain.iter().any(|name| name.contains(culprit))
                    && (kind != "panic" || offence.places.iter().any(|place| place.contains("main.rs:")))
            };
            let Some(found) = offences.iter().find(blames) else {
                print_offences(&offences);
                return failed(format!("{feature} was not found on {target}, or not blamed on {culprit}"));
            };
            println!("  {feature} on {target} is caught: {}", found.chain.join(" -> "));
        }
    }
    Ok(())
}

fn print_offences(offences: &[Offence]) {
    for offence in offences.iter().take(CHAINS_SHOWN) {
        println!("    {}: {}", offence.kind, offence.name);
        for (depth, name) in offence.chain.iter().enumerate() {
            println!("      {:depth$}{name}", "");
        }
        offence.places.iter().for_each(|place| println!("      panics of {place}"));
    }
    for offence in offences.iter().skip(CHAINS_SHOWN) {
        println!("    {}: {}", offence.kind, offence.name);
    }
}

/// Links an image and returns its path.
fn build(toolchain: Toolchain, target: &str, feature: Option<&str>) -> Result<PathBuf, Problem> {
    let mut command = toolchain.cargo_build(target);
    command.args(["--quiet", "--locked", "--profile", "firmware", "--manifest-path"]);
    command.arg(repository::manifest(CRATE));
    if let Some(feature) = feature {
        command.args(["--features", feature]);
    }
    command::run(&mut command)?;
    Ok(toolchain.target_dir().join(target).join("firmware").join(IMAGE))
}
