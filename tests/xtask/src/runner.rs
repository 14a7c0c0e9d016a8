//! `cargo xtask emulate IMAGE`: boots one image, with this terminal as its serial line and its verdict as exit code.
//!
//! It is what `cargo run` starts for a bare-metal triple (`.cargo/config.toml`). The board is `MOTE_BOARD`, else what
//! the image itself says in its section `.mote_board`; the model is `MOTE_MODEL`, a .mote or .tflite file, else the
//! digits model of the repository.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::boards::emulate;
use crate::report::{Problem, failed};
use crate::{command, repository};
use mote_target::Target;
use object::{Object, ObjectSection};

/// Section in which images of `firmware/boards` carry their board's name.
const BOARD_SECTION: &str = ".mote_board";

/// The command; the arguments are an image and what `cargo run` was told to pass on, which no image can take.
pub fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments: Vec<String> = arguments.collect();
    let [image] = arguments.as_slice() else {
        eprintln!(
            "cargo xtask emulate IMAGE: one image, no arguments for it; MOTE_BOARD and MOTE_MODEL choose the rest"
        );
        return ExitCode::from(2);
    };
    match boot(Path::new(image)) {
        Ok(code) => ExitCode::from(code),
        Err(Problem::Failed(reason) | Problem::Skipped(reason)) => {
            eprintln!("cannot be emulated: {reason}");
            ExitCode::from(2)
        }
    }
}

fn boot(image: &Path) -> Result<u8, Problem> {
    // Cargo gives the path as it was built, which need not be within this folder.
    let image = image.canonicalize().map_err(|error| format!("{}: {error}", image.display()))?;
    let board = board(&image)?;
    let Some(emulator) = &board.emulator else {
        return failed(format!(
            "{} has no emulator: `mote flash --board {0} IMAGE` writes it to a real one",
            board.name
        ));
    };
    emulate::set_up(std::slice::from_ref(&board))?;
    let model = model(std::env::var_os("MOTE_MODEL").map(PathBuf::from))?;
    let mut qemu = Command::new(&emulator.program);
    qemu.args(emulate::machine(emulator, &image, &model)).stdin(Stdio::inherit());
    let status = qemu.status().map_err(|error| format!("{}: {error}", emulator.program))?;
    // Verdicts are small numbers; an emulator that was killed has none.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

/// The board by environment or by what the image says.
fn board(image: &Path) -> Result<Target, Problem> {
    let said = said_board(&std::fs::read(image)?);
    let name = match (std::env::var("MOTE_BOARD").ok().filter(|name| !name.is_empty()), said) {
        (Some(wanted), Some(said)) if wanted != said => {
            return failed(format!("the image is built for {said}, and MOTE_BOARD is {wanted}"));
        }
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => return failed("the image names no board: set MOTE_BOARD"),
    };
    Ok(mote_target::find(&name)?)
}

fn said_board(image: &[u8]) -> Option<String> {
    let file = object::File::parse(image).ok()?;
    let text = file.section_by_name(BOARD_SECTION)?.data().ok()?;
    String::from_utf8(text.to_vec()).ok().filter(|name| !name.is_empty())
}

/// The model as a compiled file; sources are compiled.
fn model(wanted: Option<PathBuf>) -> Result<PathBuf, Problem> {
    let source = match wanted {
        Some(path) => path.canonicalize().map_err(|error| format!("MOTE_MODEL {}: {error}", path.display()))?,
        None => repository::root().join("models/digits/digits_int8.tflite"),
    };
    if source.extension().is_some_and(|extension| extension == "mote") {
        return Ok(source);
    }
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-cli"]))?;
    let folder = repository::target_dir().join("boards").join("models");
    std::fs::create_dir_all(&folder)?;
    let name = source.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy().into_owned());
    let compiled = folder.join(format!("{name}.mote"));
    let mut compile = command::program_at_root(repository::target_dir().join("release").join("mote"));
    command::read(compile.arg("compile").arg(&source).arg("--output").arg(&compiled))?;
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::said_board;

    #[test]
    fn bytes_that_are_no_image_name_no_board() {
        assert_eq!(said_board(b"MOTE"), None);
        assert_eq!(said_board(&[]), None);
        // This test's own program is an image without the section.
        let program = std::env::current_exe().and_then(std::fs::read).expect("a test can read its program");
        assert_eq!(said_board(&program), None);
    }
}
