//! The C interface on bare metal: `firmware/c` with a generated model, compiled by a C compiler for every emulated
//! board, booted, its outputs compared with the host's, and its image searched for panics.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::boards::emulate;
use crate::image::{Image, find_offences};
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::{command, repository, staticlib, toolchain};
use mote_target::{Emulator, Load, RegionKind, Target};
use serde_json::Value;

/// A C compiler, the package it comes in, the start file of its boards, and options for their processor.
struct Compiler {
    program: &'static str,
    package: &'static str,
    start: &'static str,
}

const ARM: Compiler = Compiler { program: "arm-none-eabi-gcc", package: "gcc-arm-none-eabi", start: "cortex_m.c" };
const RISCV: Compiler =
    Compiler { program: "riscv64-unknown-elf-gcc", package: "gcc-riscv64-unknown-elf", start: "riscv.c" };

fn compiler(board: &Target) -> &'static Compiler {
    if board.triple.starts_with("thumb") { &ARM } else { &RISCV }
}

/// Options of the C compiler for the board's processor.
pub fn options(board: &Target) -> Vec<String> {
    if board.triple.starts_with("riscv") {
        // The plain name: GCC finds its helpers for floating point by it.
        let words = ["-mabi=ilp32", "-mcmodel=medany", "-msmall-data-limit=0"].map(String::from);
        return [format!("-march={}", board.cpu)].into_iter().chain(words).collect();
    }
    let float: &[&str] = if board.triple.ends_with("hf") { &["-mfloat-abi=hard", "-mfpu=auto"] } else { &[] };
    let cpu = format!("-mcpu={}", board.cpu);
    [cpu, "-mthumb".to_owned()].into_iter().chain(float.iter().map(|&word| word.to_owned())).collect()
}

/// The start file of `firmware/c` for the board.
pub fn start_file(board: &Target) -> PathBuf {
    repository::root().join("firmware/c").join(compiler(board).start)
}

const MODELS: [&str; 4] = ["digits", "fraud", "linear", "sine"];
const DEMO: [&str; 2] = ["demo.c", "misuse.c"];
/// A model with a custom operator, by its name in the output, and the program that brings the operator.
const CUSTOM: &str = "custom";
const CUSTOM_PROGRAM: [&str; 1] = ["custom.c"];
const STACK_BYTES: u64 = 32 * 1024;

/// Builds, boots and compares, and prints one line per board and model.
pub fn run(options: &Options) -> Outcome {
    let wanted = |only: &Option<String>, name: &str| only.as_deref().is_none_or(|only| only == name);
    let all: Vec<Target> = mote_target::all();
    let is_bare = |board: &Target| board.emulator.is_some() && board.triple.contains("-none-");
    let emulated = all.into_iter().filter(|board| is_bare(board) && wanted(&options.board, &board.name));
    let boards: Vec<Target> = emulated.collect();
    let models: Vec<&str> = MODELS.into_iter().filter(|name| wanted(&options.model, name)).collect();
    let with_custom = wanted(&options.model, CUSTOM);
    if boards.is_empty() || (models.is_empty() && !with_custom) {
        return failed("no such emulated board or model");
    }
    install(&boards)?;
    let toolchain = toolchain::setup()?;
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-cli"]))?;
    let mut models = models.into_iter().map(Generated::new).collect::<Result<Vec<_>, Problem>>()?;
    if with_custom {
        models.push(Generated::custom()?);
    }
    let mut faults = Vec::new();
    for board in &boards {
        let library = staticlib::build(toolchain, &board.triple, None)?.path();
        for model in &models {
            match check(board, &library, model) {
                Ok(line) => println!("  {:14} {:8} {line}", board.name, model.name),
                Err(Problem::Failed(reason) | Problem::Skipped(reason)) => {
                    println!("  {:14} {:8} FAILED: {reason}", board.name, model.name);
                    faults.push(format!("{} on {}: {reason}", model.name, board.name));
                }
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { failed(faults.join("\n")) }
}

/// Compilers and emulators, from Debian where they are not there.
fn install(boards: &[Target]) -> Outcome {
    emulate::set_up(boards)?;
    let starts = |program: &str| command::succeeds(Command::new(program).arg("--version"));
    let mut missing: Vec<&str> =
        boards.iter().map(compiler).filter(|it| !starts(it.program)).map(|it| it.package).collect();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing by apt-get: {}", missing.join(" "));
    toolchain::apt_get(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing);
    Ok(toolchain::apt_get(&arguments)?)
}

/// A model as C sources, with what the demonstration must print.
struct Generated {
    name: &'static str,
    folder: PathBuf,
    /// Sources of `firmware/c`, without the start file.
    program: &'static [&'static str],
    /// Sources that were generated.
    sources: &'static [&'static str],
    expected: String,
}

impl Generated {
    fn new(name: &'static str) -> Result<Self, Problem> {
        let mote = || command::program_at_root(repository::target_dir().join("release").join("mote"));
        let folder = repository::target_dir().join("c").join(name);
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("model.mote");
        let source = repository::root().join("models").join(name).join(format!("{name}_int8.tflite"));
        command::read(mote().arg("compile").arg(source).arg("-o").arg(&file))?;
        command::read(mote().args(["generate", "--lang", "c", "--name", "model"]).arg(&file).arg("-o").arg(&folder))?;
        let summary: Value = serde_json::from_str(&command::read(mote().args(["inspect", "--json"]).arg(&file))?)?;
        let shape = summary["inputs"][0]["shape"].as_array().ok_or("mote inspect --json: no shape")?;
        let bytes: u64 = shape.iter().filter_map(Value::as_u64).product();
        let vectors = summary["golden_vectors"].as_u64().ok_or("mote inspect --json: no golden_vectors")?;
        let input: Vec<u8> = (0..bytes).map(|i| (i * 37 + 11) as u8).collect();
        let (input_file, output_file) = (folder.join("input.bin"), folder.join("output.bin"));
        std::fs::write(&input_file, input)?;
        let mut inference = mote();
        inference.arg("run").arg(&file).arg("--reference");
        command::read(inference.arg("--input").arg(&input_file).arg("--output").arg(&output_file))?;
        let numbers: Vec<String> = std::fs::read(&output_file)?.iter().map(u8::to_string).collect();
        let expected = format!("golden vectors {vectors}\noutput {}\nmisuse refused\n", numbers.join(" "));
        Ok(Self { name, folder, program: &DEMO, sources: &["model.c", "model_golden.c"], expected })
    }

    /// The model whose operator `custom.c` brings. No command can run it: outputs are those that the compiler's tests
    /// compute by hand.
    fn custom() -> Result<Self, Problem> {
        let mote = || command::program_at_root(repository::target_dir().join("release").join("mote"));
        let folder = repository::target_dir().join("c").join(CUSTOM);
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("model.mote");
        let golden = repository::root().join("tests/golden/custom");
        let mut compile = mote();
        compile.args(["compile", "--custom", "MOVING_MAXIMUM"]).arg(golden.join("moving_maximum_int8.tflite"));
        command::read(compile.arg("-o").arg(&file))?;
        command::read(mote().args(["generate", "--lang", "c", "--name", "model"]).arg(&file).arg("-o").arg(&folder))?;
        let output = std::fs::read(golden.join("moving_maximum_counting_output.bin"))?;
        let numbers: Vec<String> = output.iter().map(u8::to_string).collect();
        let expected = format!("output {}\nmissing MOVING_MAXIMUM\nmisuse refused\n", numbers.join(" "));
        Ok(Self { name: CUSTOM, folder, program: &CUSTOM_PROGRAM, sources: &["model.c"], expected })
    }
}

fn check(board: &Target, library: &Path, model: &Generated) -> Result<String, Problem> {
    let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
    let image = link(board, emulator, library, model)?;
    let offences = find_offences(&Image::read(&image)?);
    if let Some(first) = offences.first() {
        return failed(format!("{} in the image: {}", first.kind, first.chain.join(" -> ")));
    }
    let output = boot(emulator, &image)?;
    let printed = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    if !output.status.success() || printed != model.expected {
        return failed(format!("{}; printed {printed:?}, not {:?}", output.status, model.expected));
    }
    Ok(printed.lines().nth(1).unwrap_or_default().to_owned())
}

/// Boots an image and returns what it printed and its exit code; two minutes are enough for any.
pub fn boot(emulator: &Emulator, image: &Path) -> Result<Output, Problem> {
    let mut boot = command::program_at_root("timeout");
    boot.args(["120", &emulator.program, "-M", &emulator.machine, "-nographic", "-monitor", "none"]);
    boot.args(["-serial", "stdio", "-semihosting-config", "enable=on,target=native"]);
    boot.arg(match emulator.load {
        Load::Kernel => "-kernel",
        Load::Bios => "-bios",
    });
    boot.arg(image);
    Ok(boot.output()?)
}

/// Writes the board's memory.x, which `image.x` includes, to a folder.
pub fn write_memory_map(board: &Target, folder: &Path) -> Outcome {
    let region = |kind: RegionKind| board.regions.iter().find(|region| region.kind == kind).ok_or("no such region");
    let (flash, ram) = (region(RegionKind::Flash)?, region(RegionKind::Ram)?);
    let memory = format!(
        "MEMORY\n{{\n  FLASH : ORIGIN = {:#x}, LENGTH = {:#x}\n  RAM   : ORIGIN = {:#x}, LENGTH = {:#x}\n}}\n\
         stack_bytes = {STACK_BYTES:#x};\n",
        flash.origin, flash.bytes, ram.origin, ram.bytes,
    );
    std::fs::create_dir_all(folder)?;
    Ok(std::fs::write(folder.join("memory.x"), memory)?)
}

/// Compiles and links the demonstration; no C library is needed.
fn link(board: &Target, emulator: &Emulator, library: &Path, model: &Generated) -> Result<PathBuf, Problem> {
    let folder = model.folder.join(&board.name);
    write_memory_map(board, &folder)?;
    let image = folder.join("demo.elf");
    let root = repository::root();
    let mut gcc = command::program_at_root(compiler(board).program);
    gcc.args(["-std=c99", "-Os", "-g", "-ffreestanding", "-fno-builtin", "-fshort-enums", "-nostdlib"]);
    gcc.args(["-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"]);
    gcc.args(options(board)).arg(format!("-DUART_ADDRESS={:#x}u", emulator.uart_address));
    gcc.arg("-I").arg(root.join("runtime/ffi/include")).arg("-I").arg(&model.folder);
    gcc.args(model.program.iter().map(|file| root.join("firmware/c").join(file)));
    gcc.arg(start_file(board)).arg(root.join("firmware/c/memory.c"));
    gcc.args(model.sources.iter().map(|file| model.folder.join(file))).arg(library);
    // Relocations stay in the image, so that references between symbols can be read from it.
    gcc.args(["-Wl,--gc-sections", "-Wl,--emit-relocs", "-lgcc", "-L"]).arg(&folder);
    gcc.arg("-T").arg(root.join("firmware/boards/image.x")).arg("-o").arg(&image);
    command::read(&mut gcc)?;
    Ok(image)
}
