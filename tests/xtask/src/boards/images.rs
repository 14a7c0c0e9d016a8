//! Building the images of `firmware/boards`: one set for each board and set of operators.

use std::path::PathBuf;
use std::process::Command;

use crate::image::Image;
use crate::report::{Outcome, Problem};
use crate::toolchain::Toolchain;
use crate::{command, repository};
use mote_target::Target;

const CRATE: &str = "firmware/boards";

/// Images that link the same operators.
#[derive(Debug, Clone)]
pub struct Images {
    /// The operators.
    pub operators: Vec<String>,
    /// The image that measures.
    pub bench: PathBuf,
    /// Code and constants of the image that only runs a model, without vectors.
    pub flash_bytes: u64,
    /// Its initialised and zeroed memory, without model memory and stack.
    pub static_ram_bytes: u64,
}

/// Adds the board's standard library where the toolchain needs it.
pub fn set_up(toolchain: Toolchain, board: &Target) -> Outcome {
    if toolchain == Toolchain::Debian {
        return Ok(());
    }
    command::read(Command::new("rustup").args(["target", "add", &board.triple])).map(drop)
}

/// Links the images.
pub fn build(toolchain: Toolchain, board: &Target, operators: &[String]) -> Result<Images, Problem> {
    let list = operators.join(",");
    let mut build = toolchain.cargo_build(&board.triple);
    build.args(["--quiet", "--locked", "--profile", "firmware", "--manifest-path"]);
    build.arg(repository::manifest(CRATE)).env("MOTE_BOARD", &board.name).env("MOTE_OPERATORS", &list);
    command::run(&mut build)?;
    let built = toolchain.target_dir().join(&board.triple).join("firmware");
    let folder = repository::target_dir().join("boards").join(&board.name).join(operators.join("+"));
    std::fs::create_dir_all(&folder)?;
    for name in ["hello", "bench", "engine"] {
        std::fs::copy(built.join(name), folder.join(name))?;
    }
    let image = Image::read(&folder.join("engine"))?;
    let sum = |names: &[&str]| -> u64 {
        image.sections.iter().filter(|section| names.contains(&section.name.as_str())).map(|s| s.size_bytes).sum()
    };
    Ok(Images {
        operators: operators.to_vec(),
        bench: folder.join("bench"),
        flash_bytes: sum(&[".text", ".rodata", ".data"]),
        static_ram_bytes: sum(&[".data", ".bss"]),
    })
}
