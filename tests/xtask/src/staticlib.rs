//! The C interface as static libraries for bare metal, ready to hand on: one relocatable object per library that exports
//! `mote_` symbols only, so that it stands beside other libraries, Rust ones too.

mod clash;
mod exports;
mod sizes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain::Toolchain;
use crate::{command, header, repository, toolchain};
use serde_json::Value;

/// GNU's tools for the processors of a triple, and Debian's package of compiler and tools.
#[derive(Clone, Copy)]
pub struct Tools {
    prefix: &'static str,
    package: &'static str,
    emulation: &'static str,
}

const ARM: Tools = Tools { prefix: "arm-none-eabi-", package: "gcc-arm-none-eabi", emulation: "armelf" };
const RISCV: Tools =
    Tools { prefix: "riscv64-unknown-elf-", package: "gcc-riscv64-unknown-elf", emulation: "elf32lriscv" };

impl Tools {
    /// Those for `triple`.
    pub fn of(triple: &str) -> Self {
        if triple.starts_with("riscv") { RISCV } else { ARM }
    }

    /// A tool, started from the repository's root.
    pub fn command(self, tool: &str) -> Command {
        command::program_at_root(format!("{}{tool}", self.prefix))
    }

    /// Installs compiler and tools from Debian where they are missing, and says so.
    pub fn install(self) -> Outcome {
        if command::succeeds(self.command("gcc").arg("--version")) {
            return Ok(());
        }
        println!("installing by apt-get: {}", self.package);
        toolchain::apt_get(&["update", "-qq"])?;
        Ok(toolchain::apt_get(&["install", "-y", "-qq", "--no-install-recommends", self.package])?)
    }
}

/// The command: libraries for `--target`, or for every bare-metal triple of the boards; with the operators of `--model`,
/// or all.
pub fn run(options: &Options) -> Outcome {
    let toolchain = toolchain::setup()?;
    let operators = options.model.as_deref().map(operators_of).transpose()?;
    let triples: Vec<String> = options.target.clone().map_or_else(triples, |only| vec![only]);
    for triple in &triples {
        let library = build(toolchain, triple, operators.as_deref())?;
        let table = sizes::table(&library)?;
        println!("{}\n{table}", library.folder.display());
        std::fs::write(library.folder.join("SIZES.md"), table)?;
        clash::check(toolchain, &library)?;
    }
    Ok(())
}

/// Bare-metal triples of the boards.
pub fn triples() -> Vec<String> {
    let all: BTreeSet<String> = mote_target::all().into_iter().map(|target| target.triple).collect();
    all.into_iter().filter(|triple| triple.contains("-none-")).collect()
}

/// Names of the operators that a model uses.
fn operators_of(model: &str) -> Result<Vec<String>, Problem> {
    let mut inspect = command::cargo();
    inspect.args(["run", "--quiet", "--release", "-p", "mote-cli", "--", "inspect", "--json", model]);
    let summary: Value = serde_json::from_str(&command::read(&mut inspect)?)?;
    let layers = summary["layers"].as_array().ok_or("mote inspect --json: no layers")?;
    let names: BTreeSet<&str> = layers.iter().filter_map(|layer| layer["operator"].as_str()).collect();
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// A library in its folder, with header.
pub struct Library {
    pub triple: String,
    pub folder: PathBuf,
    /// What rustc made: all symbols, all operators.
    archive: PathBuf,
    /// Symbols of the C interface that the library exports.
    exported: Vec<String>,
}

impl Library {
    /// The library itself.
    pub fn path(&self) -> PathBuf {
        self.folder.join("libmote.a")
    }
}

/// The function that links every operator; a library with some of them has it not.
const PARSE_WITH_ALL: &str = "mote_model_parse";

/// Prefix of operators' objects.
const OPERATOR: &str = "mote_operator_";

/// Builds the library for a triple with the named operators, or all.
pub fn build(toolchain: Toolchain, triple: &str, operators: Option<&[String]>) -> Result<Library, Problem> {
    let tools = Tools::of(triple);
    tools.install()?;
    let archive = archive(toolchain, triple)?;
    let mut exported = exports::of_archive(&archive)?;
    if let Some(operators) = operators {
        if let Some(missing) = operators.iter().find(|name| !exported.contains(&format!("{OPERATOR}{name}"))) {
            return failed(format!("the library has no operator {missing}: is it one of the application's own?"));
        }
        exported.retain(|symbol| match symbol.strip_prefix(OPERATOR) {
            Some(operator) => operators.iter().any(|name| name == operator),
            None => symbol != PARSE_WITH_ALL,
        });
    }
    let kind = if operators.is_some() { "model" } else { "all" };
    let folder = repository::target_dir().join("dist").join("staticlib").join(kind).join(triple);
    std::fs::create_dir_all(&folder)?;
    let library = Library { triple: triple.to_owned(), folder, archive, exported };
    let object = library.folder.join("mote.o");
    link(&library, &library.exported, &object)?;
    // Everything else becomes local: core library, compiler's helpers and memcpy clash with nobody's.
    let mut localise = tools.command("objcopy");
    localise.args(["--wildcard", "--keep-global-symbol=mote_*", "--strip-debug"]);
    // The core library's bitcode, joined by the link: of no use, and binutils with LLVM's plugin stumble over it.
    localise.args(["--remove-section=.llvmbc", "--remove-section=.llvmcmd", "--remove-section=.comment"]);
    // Nothing unwinds; and joined unwind tables are not what GNU's linker takes.
    localise.args(["--remove-section=.eh_frame", "--remove-section=.rela.eh_frame"]).arg(&object);
    command::read(&mut localise)?;
    exports::check(&object, &library.exported)?;
    let _ = std::fs::remove_file(library.path());
    command::read(tools.command("ar").args(["rcsD"]).arg(library.path()).arg(&object))?;
    std::fs::remove_file(&object)?;
    std::fs::copy(repository::root().join(header::HEADER), library.folder.join("mote.h"))?;
    Ok(library)
}

/// What rustc makes: a static library with everything in it.
fn archive(toolchain: Toolchain, triple: &str) -> Result<PathBuf, Problem> {
    let mut build = toolchain.cargo("rustc", triple);
    build.args(["--quiet", "--profile", "firmware", "-p", "mote-ffi", "--lib"]);
    build.args(["--crate-type", "staticlib", "--features", "panic-handler"]);
    command::run(&mut build)?;
    Ok(toolchain.target_dir().join(triple).join("firmware").join("libmote_ffi.a"))
}

/// Links the symbols and what they need, and nothing else, into one relocatable object. Sections stay apart, so that a
/// program that links the object with --gc-sections takes of it only what it uses.
fn link(library: &Library, symbols: &[String], object: &Path) -> Outcome {
    let tools = Tools::of(&library.triple);
    let mut link = tools.command("ld");
    link.args(["-m", tools.emulation, "-r", "--gc-sections"]);
    for symbol in symbols {
        link.arg("-u").arg(symbol);
    }
    link.arg(&library.archive).arg("-o").arg(object);
    command::read(&mut link).map(drop)
}
