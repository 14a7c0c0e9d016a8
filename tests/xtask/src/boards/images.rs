//! Building the images of `firmware/boards`: one set for each board and set of operators.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::boards::stack::StackBounds;
use crate::image::{Image, Symbol, refuse_offences};
use crate::report::{Outcome, Problem};
use crate::toolchain::Toolchain;
use crate::{command, repository};
use mote_target::Target;

const CRATE: &str = "firmware/boards";

/// Images that every model needs on its board: the one that measures, and the one whose size is the engine's.
const FOR_EACH_SET: [&str; 2] = ["bench", "engine"];

/// Images that other commands build in their own way and examine.
const EXAMINED_ELSEWHERE: [&str; 1] = ["conformance"];

/// Images that link the same operators.
#[derive(Debug, Clone)]
pub struct Images {
    /// The operators.
    pub operators: Vec<String>,
    /// The image that measures.
    pub bench: PathBuf,
    /// Code and constants of the image that only runs a model, without vectors.
    pub image_bytes: u64,
    /// The same without board support (start, faults, clock): what the engine costs, as its peers' figures are taken.
    pub flash_bytes: u64,
    /// Its initialised and zeroed memory, without model memory and stack.
    pub static_ram_bytes: u64,
    /// Stack that set-up and run need at most in the image that measures.
    pub stack: StackBounds,
}

/// Adds the board's standard library where the toolchain needs it.
pub fn set_up(toolchain: Toolchain, board: &Target) -> Outcome {
    if toolchain == Toolchain::Debian {
        return Ok(());
    }
    command::read(Command::new("rustup").args(["target", "add", &board.triple])).map(drop)
}

/// Links the images for a set of operators and examines them.
///
/// # Errors
/// The compiler's; or an image holds a symbol that may not be there, or a stack that has no bound.
pub fn build(toolchain: Toolchain, board: &Target, operators: &[String]) -> Result<Images, Problem> {
    let folder = repository::target_dir().join("boards").join(&board.name).join(operators.join("+"));
    link(toolchain, board, &operators.join(","), &FOR_EACH_SET.map(String::from), &folder)?;
    let bench = Image::read(&folder.join("bench"))?;
    refuse_offences("bench", &bench)?;
    let image = Image::read(&folder.join("engine"))?;
    refuse_offences("engine", &image)?;
    let sum = |names: &[&str]| -> u64 {
        image.sections.iter().filter(|section| names.contains(&section.name.as_str())).map(|s| s.size_bytes).sum()
    };
    let image_bytes = sum(&[".text", ".rodata", ".data"]);
    Ok(Images {
        operators: operators.to_vec(),
        bench: folder.join("bench"),
        image_bytes,
        flash_bytes: image_bytes - board_support_bytes(&image),
        static_ram_bytes: sum(&[".data", ".bss"]),
        stack: StackBounds::of(&bench, board)?,
    })
}

/// Code of board support in an image: what stands in its crate, and its entries in assembly. Memory routines count as the
/// engine's, which calls them.
fn board_support_bytes(image: &Image) -> u64 {
    let is_support = |symbol: &&Symbol| {
        let entry = ["reset", "fault", "clock_period"].contains(&symbol.name.as_str());
        symbol.is_code
            && (entry || symbol.name.starts_with("mote_boards::") || symbol.name.starts_with("<mote_boards::"))
    };
    // A function may have several names.
    let sizes: BTreeMap<u64, u64> =
        image.symbols.iter().filter(is_support).map(|symbol| (symbol.address, symbol.size_bytes)).collect();
    sizes.values().sum()
}

/// Links the other images of the board with all operators and examines its symbols. Returns their names.
///
/// # Errors
/// As [`build`].
pub fn build_others(toolchain: Toolchain, board: &Target) -> Result<Vec<String>, Problem> {
    let is_other =
        |name: &String| !FOR_EACH_SET.contains(&name.as_str()) && !EXAMINED_ELSEWHERE.contains(&name.as_str());
    let names: Vec<String> = names()?.into_iter().filter(is_other).collect();
    let folder = repository::target_dir().join("boards").join(&board.name).join("all");
    link(toolchain, board, "", &names, &folder)?;
    for name in &names {
        refuse_offences(name, &Image::read(&folder.join(name))?)?;
    }
    Ok(names)
}

/// Names of all images, from the manifest. Those that need a feature of their own are built by the commands that run them.
pub fn names() -> Result<Vec<String>, Problem> {
    let manifest: toml::Table = std::fs::read_to_string(repository::manifest(CRATE))?.parse()?;
    let images = manifest.get("bin").and_then(|bins| bins.as_array()).ok_or("firmware/boards: no images")?;
    let plain = images.iter().filter(|image| image.get("required-features").is_none());
    Ok(plain.filter_map(|image| image.get("name")?.as_str().map(str::to_owned)).collect())
}

/// Links the images called `names` and copies them to `folder`.
///
/// # Errors
/// The compiler's.
pub fn link(toolchain: Toolchain, board: &Target, operators: &str, names: &[String], folder: &Path) -> Outcome {
    let mut build = toolchain.cargo_build(&board.triple);
    build.args(["--quiet", "--locked", "--profile", "firmware", "--manifest-path"]);
    build.arg(repository::manifest(CRATE)).env("MOTE_BOARD", &board.name).env("MOTE_OPERATORS", operators);
    build.args(names.iter().flat_map(|name| ["--bin", name]));
    // Where the target's name does not say what the processor has.
    if board.features.iter().any(|feature| feature == "dsp") {
        build.args(["--features", "cortex-m-dsp"]);
        // Loops that matter are in assembly there: what is around them is built for size.
        build.args(["--config", "profile.firmware.package.mote-kernels.opt-level='s'"]);
    }
    command::run(&mut build)?;
    let built = toolchain.target_dir().join(&board.triple).join("firmware");
    std::fs::create_dir_all(folder)?;
    for name in names {
        std::fs::copy(built.join(name), folder.join(name))?;
    }
    Ok(())
}
