//! Makes memory map, addresses and operator set of an image from `targets/<name>/target.toml` and two variables:
//!
//! * `MOTE_BOARD`: the board's name;
//! * `MOTE_OPERATORS`: operators to link, by their names in model files, separated by commas; all when absent.

use mote_target::{Counter, Emulator, Region, RegionKind, Target, Uart};
use std::path::Path;
use std::{env, fs};

/// Bytes at the end of main memory that are the stack.
const STACK_BYTES: u64 = 32 * 1024;

fn main() {
    println!("cargo::rerun-if-env-changed=MOTE_BOARD");
    println!("cargo::rerun-if-env-changed=MOTE_OPERATORS");
    println!("cargo::rerun-if-changed=image.x");
    let name = env::var("MOTE_BOARD").expect("MOTE_BOARD names the board: cargo xtask boards sets it");
    let board = mote_target::find(&name).unwrap_or_else(|error| panic!("{error}"));
    let triple = env::var("TARGET").expect("cargo sets TARGET");
    assert_eq!(triple, board.triple, "{name} is built with --target {}", board.triple);
    let emulator = board.emulator.as_ref().expect("boards here are emulated ones");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |file: &str, text: String| fs::write(Path::new(&out).join(file), text).expect("OUT_DIR is writable");
    write("board.rs", constants(&board, emulator));
    write("operators.rs", operators(&env::var("MOTE_OPERATORS").unwrap_or_default()));
    write("memory.x", memory(&board));
    println!("cargo::rustc-link-search={out}");
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    println!("cargo::rustc-link-arg-bins=-T{folder}/image.x");
    println!("cargo::rustc-check-cfg=cfg(uart, values(\"cmsdk\", \"ns16550\"))");
    println!(
        "cargo::rustc-cfg=uart=\"{}\"",
        match emulator.uart {
            Uart::Cmsdk => "cmsdk",
            Uart::Ns16550 => "ns16550",
        }
    );
    let arm = triple.starts_with("thumb");
    assert_eq!(arm, emulator.counter == Counter::Systick, "{name}: the counter is not one of its processor");
}

fn region(board: &Target, kind: RegionKind) -> &Region {
    let found = board.regions.iter().find(|region| region.kind == kind);
    found.unwrap_or_else(|| panic!("{}: no region of kind {kind:?}", board.name))
}

fn constants(board: &Target, emulator: &Emulator) -> String {
    let model_bytes = board
        .regions
        .iter()
        .find(|region| (region.origin..region.origin + region.bytes).contains(&emulator.model_address))
        .map_or(0x20_0000, |region| region.origin + region.bytes - emulator.model_address);
    format!(
        "/// Name of the board.\npub const NAME: &str = {:?};\n\
         pub(crate) const UART_ADDRESS: usize = {:#x};\n\
         pub(crate) const MODEL_ADDRESS: usize = {:#x};\n\
         pub(crate) const MODEL_BYTES: usize = {model_bytes:#x};\n",
        board.name, emulator.uart_address, emulator.model_address,
    )
}

fn operators(list: &str) -> String {
    let names: Vec<String> = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| format!("&operators::{}", name.replace("conv2d", "conv_2d").to_uppercase()))
        .collect();
    match names.is_empty() {
        true => "operators::generic()".into(),
        false => format!("{{ static SET: OperatorSet<'static> = &[{}]; SET }}", names.join(", ")),
    }
}

fn memory(board: &Target) -> String {
    let (flash, ram) = (region(board, RegionKind::Flash), region(board, RegionKind::Ram));
    format!(
        "MEMORY\n{{\n  FLASH : ORIGIN = {:#x}, LENGTH = {:#x}\n  RAM   : ORIGIN = {:#x}, LENGTH = {:#x}\n}}\n\
         stack_bytes = {STACK_BYTES:#x};\n",
        flash.origin, flash.bytes, ram.origin, ram.bytes,
    )
}
