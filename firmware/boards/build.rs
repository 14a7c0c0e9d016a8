//! Makes memory map, addresses and operator set of an image from `targets/<name>/target.toml` and two variables:
//!
//! * `MOTE_BOARD`: the board's name;
//! * `MOTE_OPERATORS`: operators to link, by their names in model files, separated by commas; all when absent. With
//!   `:reference` behind a name its reference kernel is linked: the same bits from the least code, slowly.
//!
//! Switches for the code: `uart`, `boot`, and `physical` for boards that no emulator plays.

use mote_target::{Boot, Counter, Target, Uart};
use std::path::Path;
use std::{env, fs};

/// Room for a model where no region of the board holds its address.
const MODEL_BYTES: u64 = 0x20_0000;

/// Memory of emulated boards that plays a flash; real boards have one.
const RAM_FLASH_BYTES: u64 = 64 * 1024;

const UARTS: [Uart; 5] = [Uart::Cmsdk, Uart::Ns16550, Uart::NrfUart, Uart::Stm32Usart, Uart::Semihosting];
const BOOTS: [Boot; 3] = [Boot::Direct, Boot::Rp2040Boot2, Boot::Rp2350ImageDefinition];

/// Operators with an entry for the processor's own kernels.
const NATIVE: [&str; 3] = ["conv2d_i8", "depthwise_conv2d_i8", "fully_connected_i8"];

fn main() {
    println!("cargo::rerun-if-env-changed=MOTE_BOARD");
    println!("cargo::rerun-if-env-changed=MOTE_OPERATORS");
    println!("cargo::rerun-if-changed=image.x");
    let name = env::var("MOTE_BOARD").expect("MOTE_BOARD names the board: cargo xtask boards sets it");
    let board = mote_target::find(&name).unwrap_or_else(|error| panic!("{error}"));
    let triple = env::var("TARGET").expect("cargo sets TARGET");
    assert_eq!(triple, board.triple, "{name} is built with --target {}", board.triple);
    let port = Port::of(&board);
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |file: &str, text: String| fs::write(Path::new(&out).join(file), text).expect("OUT_DIR is writable");
    write("board.rs", constants(&board, &port));
    write("operators.rs", operators(&env::var("MOTE_OPERATORS").unwrap_or_default()));
    let map = board.memory_x().unwrap_or_else(|| panic!("{name} has no flash and memory to link for"));
    let ram_flash_bytes = if board.emulator.is_some() { RAM_FLASH_BYTES } else { 0 };
    write("memory.x", format!("{map}ram_flash_bytes = {ram_flash_bytes:#x};\n"));
    // Beside the map, where images of other crates find it too.
    write("image.x", include_str!("image.x").into());
    println!("cargo::rustc-link-search={out}");
    println!("cargo::rustc-link-arg-bins=-T{out}/image.x");
    // Relocations stay in the file (not in flash), so that references between symbols can be read from it.
    println!("cargo::rustc-link-arg-bins=--emit-relocs");
    if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        // The crate's own script: where log texts stand, outside of all memory.
        println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    }
    switches(&board, &port);
}

/// Where text goes, and what the chip wants at the start of its flash.
struct Port {
    uart: Uart,
    uart_address: u64,
    boot: Boot,
}

impl Port {
    fn of(board: &Target) -> Self {
        match (&board.emulator, &board.physical) {
            (Some(emulator), _) => {
                Self { uart: emulator.uart, uart_address: emulator.uart_address, boot: Boot::Direct }
            }
            (None, Some(physical)) => {
                Self { uart: physical.uart, uart_address: physical.uart_address, boot: physical.boot }
            }
            (None, None) => panic!("{}: there is no board support, only a description", board.name),
        }
    }
}

fn switches(board: &Target, port: &Port) {
    let all = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    println!("cargo::rustc-check-cfg=cfg(uart, values({}))", all(&UARTS.map(Uart::name)));
    println!("cargo::rustc-check-cfg=cfg(boot, values({}))", all(&BOOTS.map(Boot::name)));
    println!("cargo::rustc-check-cfg=cfg(physical)");
    println!("cargo::rustc-cfg=uart=\"{}\"", port.uart.name());
    println!("cargo::rustc-cfg=boot=\"{}\"", port.boot.name());
    println!("cargo::rustc-check-cfg=cfg(processor, values(\"v6m\", \"v7m\", \"v8m\", \"riscv\"))");
    println!("cargo::rustc-cfg=processor=\"{}\"", processor(&board.triple));
    match &board.emulator {
        None => println!("cargo::rustc-cfg=physical"),
        Some(emulator) => {
            let systick = emulator.counter == Counter::Systick;
            assert_eq!(board.triple.starts_with("thumb"), systick, "{}: not its processor's counter", board.name);
        }
    }
}

/// What fault registers and stack guards a processor has.
fn processor(triple: &str) -> &'static str {
    match triple.split_once('-').map_or(triple, |(first, _)| first) {
        "thumbv6m" => "v6m",
        first if first.starts_with("thumbv7") => "v7m",
        first if first.starts_with("thumbv8m") => "v8m",
        _ => "riscv",
    }
}

fn constants(board: &Target, port: &Port) -> String {
    let model_address = board.model_address().expect("a board with an emulator or a probe has a place for models");
    let model_bytes = board.model_room_bytes().unwrap_or(MODEL_BYTES);
    let lamps = board.emulator.as_ref().and_then(|emulator| emulator.lamps_address);
    let watchdog = board.emulator.as_ref().and_then(|emulator| emulator.watchdog);
    let watchdog = watchdog.map(|watchdog| (watchdog.address, watchdog.clock_hz));
    format!(
        "/// Name of the board.\npub const NAME: &str = {0:?};\n\
         #[used]\n#[unsafe(link_section = \".mote_board\")]\nstatic NAME_IN_IMAGE: [u8; {1}] = *b{0:?};\n\
         #[allow(dead_code)]\npub(crate) const UART_ADDRESS: usize = {2:#x};\n\
         pub(crate) const MODEL_ADDRESS: usize = {model_address:#x};\n\
         pub(crate) const MODEL_BYTES: usize = {model_bytes:#x};\n\
         pub(crate) const CLOCK_HZ: u32 = {3};\n\
         pub(crate) const LAMPS_ADDRESS: Option<usize> = {lamps:?};\n\
         pub(crate) const WATCHDOG: Option<(usize, u32)> = {watchdog:?};\n",
        board.name,
        board.name.len(),
        port.uart_address,
        board.physical.as_ref().map_or(board.clock_hz, |physical| physical.reset_clock_hz),
    )
}

fn operators(list: &str) -> String {
    let names: Vec<String> = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let (name, kernels) = match name.split_once(":reference") {
                Some((name, _)) => (name, "_REFERENCE"),
                None => (name, if NATIVE.contains(&name) { "_NATIVE" } else { "" }),
            };
            format!("&operators::{}{kernels}", name.replace("conv2d", "conv_2d").to_uppercase())
        })
        .collect();
    match names.is_empty() {
        true => "operators::native()".into(),
        false => format!("{{ static SET: OperatorSet<'static> = &[{}]; SET }}", names.join(", ")),
    }
}
