//! A library stands beside another Rust static library in one program: linked for real, with everything of both.

use std::path::Path;

use super::{Library, Tools};
use crate::report::{Outcome, Problem, failed};
use crate::repository;
use crate::toolchain::Toolchain;
use crate::{command, repository::target_dir};

/// Another library: with a panic handler, panics, and helpers of the compiler of its own.
const OTHER: &str = r#"#![no_std]
#[panic_handler]
fn handle_panic(_: &core::panic::PanicInfo<'_>) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern "C" fn other_ratio(values: &[u64; 4], index: usize, divisor: u64) -> u64 { values[index] / divisor }
#[unsafe(no_mangle)]
pub extern "C" fn other_copy(to: &mut [u8; 256], from: &[u8; 256]) { *to = *from; }
"#;

const PROGRAM: &str = r#"#include "mote.h"
uint64_t other_ratio(const uint64_t *values, size_t index, uint64_t divisor);
void start(void);
void start(void)
{
    static const uint64_t values[4] = {1, 2, 3, 4};
    static mote_model_t model;
    (void)other_ratio(values, mote_api_version(), 1);
    (void)mote_model_parse_with((const uint8_t *)values, sizeof values, 0, 0, &model);
}
"#;

/// Links both, without collecting what is unused. What rustc made must clash: else the check would show nothing.
pub fn check(toolchain: Toolchain, library: &Library) -> Outcome {
    if toolchain != Toolchain::Rustup {
        println!(
            "SKIPPED: two Rust libraries in one program for {} (the core library is built by cargo here)",
            library.triple
        );
        return Ok(());
    }
    let folder = target_dir().join("dist").join("clash").join(&library.triple);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("other.rs"), OTHER)?;
    std::fs::write(folder.join("program.c"), PROGRAM)?;
    let other = folder.join("libother.a");
    let mut rustc = command::program_at_root("rustc");
    rustc.args(["--edition", "2024", "--crate-type", "staticlib", "-C", "panic=abort", "-O", "--target"]);
    rustc.arg(&library.triple).arg(folder.join("other.rs")).arg("-o").arg(&other);
    command::read(&mut rustc)?;
    // GNU's linker for RISC-V ends with a fault when it takes all of what rustc makes: there, the other library comes in by
    // need, and the test of the test is left to Arm.
    let is_arm = library.triple.starts_with("thumb");
    let link = |ours: &Path| -> Result<String, Problem> {
        let mut gcc = Tools::of(&library.triple).command("gcc");
        gcc.args(machine(&library.triple)).args(["-std=c99", "-ffreestanding", "-nostdlib", "-Wl,-e,start"]);
        gcc.arg("-I").arg(repository::root().join("runtime/ffi/include")).arg(folder.join("program.c"));
        gcc.arg("-Wl,--whole-archive").arg(ours);
        if !is_arm {
            gcc.arg("-Wl,--no-whole-archive");
        }
        gcc.arg(&other).args(["-Wl,--no-whole-archive", "-lgcc"]);
        command::read(gcc.arg("-o").arg(folder.join("program.elf")))
    };
    link(&library.path())?;
    match link(&library.archive) {
        Err(Problem::Failed(reason)) if reason.contains("multiple definition") => Ok(()),
        _ if !is_arm => Ok(()),
        _ => failed("what rustc makes clashes with nothing either: the check of clashes shows nothing"),
    }
}

/// Options that make GCC compile for a triple.
fn machine(triple: &str) -> Vec<String> {
    let words: &[&str] = match triple.split('-').next().unwrap_or_default() {
        "thumbv6m" => &["-mcpu=cortex-m0", "-mthumb"],
        "thumbv7m" => &["-mcpu=cortex-m3", "-mthumb"],
        "thumbv7em" => &["-mcpu=cortex-m4", "-mthumb"],
        "thumbv8m.base" => &["-mcpu=cortex-m23", "-mthumb"],
        "thumbv8m.main" => &["-mcpu=cortex-m33", "-mthumb"],
        "riscv32imc" => &["-march=rv32imc", "-mabi=ilp32"],
        _ => &["-march=rv32imac", "-mabi=ilp32"],
    };
    let float: &[&str] = if triple.ends_with("hf") { &["-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"] } else { &[] };
    words.iter().chain(float).map(|&word| word.to_owned()).collect()
}
