//! One image of `firmware/boards` for one board, built and booted: for checks that talk to an image, which the table of
//! `cargo xtask boards` does not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::boards::emulate;
use crate::image::{Image, find_offences};
use crate::options::Options;
use crate::report::{Problem, failed};
use crate::toolchain::Toolchain;
use crate::{command, repository};
use mote_target::{Emulator, Load, Target};

/// The emulated boards that the options leave, with their emulators installed.
///
/// # Errors
/// No such board, or no emulator.
pub fn boards(options: &Options) -> Result<Vec<Target>, Problem> {
    let wanted = |board: &Target| options.board.as_deref().is_none_or(|only| only == board.name);
    let boards: Vec<Target> =
        mote_target::all().into_iter().filter(|board| board.emulator.is_some() && wanted(board)).collect();
    if boards.is_empty() {
        return failed("no such emulated board; `mote boards` lists them");
    }
    emulate::set_up(&boards)?;
    Ok(boards)
}

/// Builds the image called `name` with these operators, and refuses it if anything in it can panic, format or allocate.
///
/// # Errors
/// The compiler's, or the first offence with the chain that leads to it.
pub fn build(toolchain: Toolchain, board: &Target, operators: &[String], name: &str) -> Result<PathBuf, Problem> {
    let mut build = toolchain.cargo_build(&board.triple);
    build.args(["--quiet", "--locked", "--profile", "firmware", "--bin", name, "--manifest-path"]);
    build.arg(repository::manifest("firmware/boards"));
    build.env("MOTE_BOARD", &board.name).env("MOTE_OPERATORS", operators.join(","));
    command::run(&mut build)?;
    let folder = repository::target_dir().join("firmware").join(&board.name);
    std::fs::create_dir_all(&folder)?;
    let image = folder.join(name);
    std::fs::copy(toolchain.target_dir().join(&board.triple).join("firmware").join(name), &image)?;
    match find_offences(&Image::read(&image)?).first() {
        None => Ok(image),
        Some(first) => failed(format!("{} in {name}: {}", first.kind, first.chain.join(" -> "))),
    }
}

/// Whether each instruction takes the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Emulated time is a count of instructions.
    Instructions,
    /// Emulated time is the host's.
    Host,
}

/// Arguments of the emulator that boots `image`, with `model` in its memory and the serial line at `serial`.
pub fn arguments(emulator: &Emulator, image: &Path, model: Option<&Path>, serial: &str, time: Time) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["-M", &emulator.machine].map(Into::into).into();
    arguments.extend(["-display", "none", "-monitor", "none", "-serial", serial].map(Into::into));
    arguments.extend(["-semihosting-config", "enable=on,target=native"].map(Into::into));
    if time == Time::Instructions {
        arguments.extend(["-icount".into(), format!("shift={}", emulator.icount_shift).into()]);
    }
    let load = match emulator.load {
        Load::Kernel => "-kernel",
        Load::Bios => "-bios",
    };
    arguments.extend([load.into(), image.into()]);
    if let Some(model) = model {
        let place = format!("loader,file={},addr={:#x},force-raw=on", model.display(), emulator.model_address);
        arguments.extend(["-device".into(), place.into()]);
    }
    arguments
}

/// A model compiled by the `mote` program.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The file.
    pub file: PathBuf,
    /// Operators to link, by name, each once.
    pub operators: Vec<String>,
}

/// Builds the `mote` program and tells where it is.
///
/// # Errors
/// The compiler's.
pub fn mote() -> Result<PathBuf, Problem> {
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-cli"]))?;
    Ok(repository::target_dir().join("release").join("mote"))
}

/// Compiles `source` to `<name>.mote`.
///
/// # Errors
/// The program's.
pub fn compile(mote: &Path, name: &str, source: &Path) -> Result<Compiled, Problem> {
    let folder = repository::target_dir().join("firmware").join("models");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.mote"));
    let mut compile = command::program_at_root(mote);
    compile.args(["compile", "--json"]).arg(source).arg("--output").arg(&file);
    let value: serde_json::Value = serde_json::from_str(&command::read(&mut compile)?)?;
    let listed = value["report"]["operators"].as_array().ok_or("mote compile --json: no operators")?;
    let mut operators: Vec<String> =
        listed.iter().filter_map(|operator| operator["operator"].as_str().map(str::to_owned)).collect();
    operators.sort();
    operators.dedup();
    Ok(Compiled { file, operators })
}
