//! Mote as packages of embedded build systems: assembled from `firmware/packages`, libraries, header and a sample's
//! model; checked, and their samples booted on emulated boards.

mod archive;
mod manifests;
mod samples;

use std::path::{Path, PathBuf};

use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::{command, header, repository, staticlib, toolchain};

const SOURCES: &str = "firmware/packages";

/// A package: its folder in the sources, where libraries go below it for each triple, where its header goes, and where
/// the sample's model goes.
struct Package {
    name: &'static str,
    header: &'static str,
    libraries: &'static [(&'static str, &'static str)],
    sample: Option<&'static str>,
}

const M0: &str = "thumbv6m-none-eabi";
const M3: &str = "thumbv7m-none-eabi";
const M4_HARD: &str = "thumbv7em-none-eabihf";
const M33_HARD: &str = "thumbv8m.main-none-eabihf";
const RV32IMC: &str = "riscv32imc-unknown-none-elf";
const RV32IMAC: &str = "riscv32imac-unknown-none-elf";

const PACKAGES: [Package; 4] = [
    Package {
        name: "zephyr",
        header: "include",
        libraries: &[
            (M0, "lib/thumbv6m-none-eabi"),
            (M3, "lib/thumbv7m-none-eabi"),
            (M4_HARD, "lib/thumbv7em-none-eabihf"),
            (M33_HARD, "lib/thumbv8m.main-none-eabihf"),
            (RV32IMC, "lib/riscv32imc-unknown-none-elf"),
            (RV32IMAC, "lib/riscv32imac-unknown-none-elf"),
        ],
        sample: Some("samples/digits/src"),
    },
    Package {
        name: "esp-idf",
        header: "include",
        libraries: &[(RV32IMC, "lib/riscv32imc-unknown-none-elf"), (RV32IMAC, "lib/riscv32imac-unknown-none-elf")],
        sample: Some("examples/digits/main"),
    },
    Package {
        name: "cmsis",
        header: "include",
        libraries: &[
            (M0, "lib/thumbv6m-none-eabi"),
            (M3, "lib/thumbv7m-none-eabi"),
            (M4_HARD, "lib/thumbv7em-none-eabihf"),
            (M33_HARD, "lib/thumbv8m.main-none-eabihf"),
        ],
        sample: None,
    },
    // Folders as Arduino's library specification has them: {build.mcu}, and below it {fpu}-{float-abi} where a board
    // passes both. `softfp` passes numbers as `soft` does.
    Package {
        name: "arduino",
        header: "src",
        libraries: &[
            (M0, "src/cortex-m0"),
            (M0, "src/cortex-m0plus"),
            (M3, "src/cortex-m3"),
            (M3, "src/cortex-m4"),
            (M3, "src/cortex-m4/fpv4-sp-d16-softfp"),
            (M4_HARD, "src/cortex-m4/fpv4-sp-d16-hard"),
            (M3, "src/cortex-m7"),
            (M3, "src/cortex-m7/fpv5-d16-softfp"),
            (M4_HARD, "src/cortex-m7/fpv5-d16-hard"),
            (M3, "src/cortex-m33"),
            (M3, "src/cortex-m33/fpv5-sp-d16-softfp"),
            (M33_HARD, "src/cortex-m33/fpv5-sp-d16-hard"),
            (RV32IMC, "src/esp32c3"),
            (RV32IMAC, "src/esp32c6"),
            (RV32IMAC, "src/esp32h2"),
        ],
        sample: Some("examples/Digits"),
    },
];

/// Assembles every package, checks it, and writes its archive.
pub fn run(_: &Options) -> Outcome {
    samples::install()?;
    let toolchain = toolchain::setup()?;
    let mut libraries = Vec::new();
    for triple in [M0, M3, M4_HARD, M33_HARD, RV32IMC, RV32IMAC] {
        libraries.push((triple, staticlib::build(toolchain, triple, None)?.path()));
    }
    let model = generate_model()?;
    let target = repository::target_dir().join("dist").join("packages");
    let mut faults = Vec::new();
    for package in &PACKAGES {
        let folder = target.join(format!("mote-{}", package.name));
        assemble(package, &folder, &libraries, &model)?;
        let mut checks = manifests::check(package.name, &folder);
        checks.extend(samples::check(package.name, &folder));
        for (what, outcome) in checks {
            match outcome {
                Ok(()) => println!("  {:8} {what}", package.name),
                Err(Problem::Skipped(reason)) => println!("SKIPPED: {} {what} ({reason})", package.name),
                Err(Problem::Failed(reason)) => {
                    println!("  {:8} {what}: FAILED: {reason}", package.name);
                    faults.push(format!("{} {what}: {reason}", package.name));
                }
            }
        }
        let file = match package.name {
            "cmsis" => target.join(format!("Mote.Mote.{}.pack", env!("CARGO_PKG_VERSION"))),
            name => target.join(format!("mote-{name}.zip")),
        };
        // Packs have their files at the top; the others are a folder.
        let top = if package.name == "cmsis" { String::new() } else { format!("mote-{}/", package.name) };
        let bytes = archive::write(&folder, &top, &file)?;
        println!("  {:8} {} ({bytes} bytes)", package.name, file.display());
    }
    if faults.is_empty() { Ok(()) } else { failed(faults.join("\n")) }
}

/// The digits model as sources under the name `digits`; returns their folder.
fn generate_model() -> Result<PathBuf, Problem> {
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-cli"]))?;
    let folder = repository::target_dir().join("dist").join("digits");
    std::fs::create_dir_all(&folder)?;
    let source = repository::root().join("models/digits/digits_int8.tflite");
    let mut generate = command::program_at_root(repository::target_dir().join("release").join("mote"));
    generate.args(["generate", "--lang", "c", "--name", "digits"]).arg(source).arg("-o").arg(&folder);
    command::read(&mut generate)?;
    Ok(folder)
}

fn assemble(package: &Package, folder: &Path, libraries: &[(&str, PathBuf)], model: &Path) -> Outcome {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let root = repository::root();
    copy_folder(&root.join(SOURCES).join(package.name), folder)?;
    copy(&root.join(header::HEADER), &folder.join(package.header).join("mote.h"))?;
    for (wanted, place) in package.libraries {
        let (_, library) = libraries.iter().find(|(triple, _)| triple == wanted).ok_or("no such library")?;
        copy(library, &folder.join(place).join("libmote.a"))?;
    }
    if let Some(sample) = package.sample {
        for file in ["digits.h", "digits.c", "digits_golden.c"] {
            copy(&model.join(file), &folder.join(sample).join(file))?;
        }
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root.join(name), &folder.join(name))?;
    }
    copy(&root.join(SOURCES).join("README.md"), &folder.join("README.md"))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    std::fs::create_dir_all(to.parent().ok_or("a file has a folder")?)?;
    std::fs::copy(from, to).map(drop).map_err(|error| Problem::Failed(format!("{}: {error}", from.display())))
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    for file in files(from)? {
        copy(&file, &to.join(file.strip_prefix(from)?))?;
    }
    Ok(())
}

/// Every file below a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { pending.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}
