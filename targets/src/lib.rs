//! Facts about boards and device classes: one `<name>/target.toml` each, compiled in.
//!
//! Used by the compiler and the command line to answer what fits before anything is flashed, and by firmware builds for
//! memory maps. Not here: code that runs on a board.

use serde::{Deserialize, Serialize};
use thiserror::Error;

static SOURCES: &[&str] = include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// A board or device class.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Short name, as in `--board nrf52840`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Core.
    pub cpu: String,
    /// Instruction-set features beyond the core's base.
    pub features: Vec<String>,
    /// Rust target triple.
    pub triple: String,
    /// Core clock in hertz.
    pub clock_hz: u64,
    /// 1: run in CI; 2: built in CI; 3: described.
    pub tier: u8,
    /// Memory regions.
    #[serde(rename = "region")]
    pub regions: Vec<Region>,
    /// Flash geometry.
    pub flash: FlashGeometry,
    /// Memory left to the application, not offered to models.
    pub reserved: Reserved,
    /// How an emulator boots it; none for boards that are not emulated.
    pub emulator: Option<Emulator>,
}

/// How QEMU boots a target, and how instructions are counted there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Emulator {
    /// QEMU's program.
    pub program: String,
    /// Its machine.
    pub machine: String,
    /// How the image is handed over.
    pub load: Load,
    /// Kind of the serial port.
    pub uart: Uart,
    /// First register of the serial port.
    pub uart_address: u64,
    /// What counts instructions.
    pub counter: Counter,
    /// Nanoseconds of emulated time for each instruction, as a power of two.
    pub icount_shift: u32,
    /// Where the emulator puts the model file.
    pub model_address: u64,
}

/// How QEMU takes an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Load {
    /// `-kernel`.
    Kernel,
    /// `-bios`: nothing runs before the image.
    Bios,
}

/// Serial ports that board support can write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Uart {
    /// The UART of Arm's Cortex-M system design kit.
    Cmsdk,
    /// The 16550 of PCs.
    Ns16550,
}

/// Clocks that advance by a fixed amount with each instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counter {
    /// The 24-bit system timer of Cortex-M on emulated time.
    Systick,
    /// RISC-V's counter of retired instructions.
    Minstret,
}

/// A memory region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: RegionKind,
    /// First address.
    pub origin: u64,
    /// Length.
    pub bytes: u64,
}

/// Kinds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RegionKind {
    /// Code and constants.
    Flash,
    /// Main memory.
    Ram,
    /// Tightly coupled memory.
    Tcm,
    /// Memory on an external bus.
    External,
}

/// Geometry of the flash, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FlashGeometry {
    /// Programming page.
    pub page_bytes: u32,
    /// Smallest erase.
    pub erase_bytes: u32,
    /// Smallest write.
    pub write_bytes: u32,
}

/// Memory kept for the application: its code, stack and buffers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Flash.
    pub flash_bytes: u64,
    /// RAM.
    pub ram_bytes: u64,
}

/// What a model needs against what a target offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Target's name.
    pub target: String,
    /// RAM the model needs: arena and state.
    pub ram_needed_bytes: u64,
    /// Largest RAM region less the reserve.
    pub ram_available_bytes: u64,
    /// Flash the model file needs.
    pub flash_needed_bytes: u64,
    /// Flash less the reserve.
    pub flash_available_bytes: u64,
}

impl Fit {
    /// True when RAM and flash both suffice.
    pub fn fits(&self) -> bool {
        self.ram_needed_bytes <= self.ram_available_bytes && self.flash_needed_bytes <= self.flash_available_bytes
    }
}

impl Target {
    /// Whether a model with this arena, state and file size fits beside the reserve.
    pub fn fit(&self, arena_and_state_bytes: u64, file_bytes: u64) -> Fit {
        let of_kind = |kind| self.regions.iter().filter(move |r| r.kind == kind).map(|r| r.bytes);
        let ram = of_kind(RegionKind::Ram).max().unwrap_or(0);
        let flash: u64 = of_kind(RegionKind::Flash).sum();
        Fit {
            target: self.name.clone(),
            ram_needed_bytes: arena_and_state_bytes,
            ram_available_bytes: ram.saturating_sub(self.reserved.ram_bytes),
            flash_needed_bytes: file_bytes,
            flash_available_bytes: flash.saturating_sub(self.reserved.flash_bytes),
        }
    }
}

/// A board that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no board '{name}': known are {known}")]
pub struct UnknownTarget {
    /// Name asked for.
    pub name: String,
    /// Names there are.
    pub known: String,
}

/// All targets, by name.
pub fn all() -> Vec<Target> {
    let parse = |source: &&str| toml::from_str(source).expect("target files are checked by this crate's tests");
    let mut targets: Vec<Target> = SOURCES.iter().map(parse).collect();
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    targets
}

/// The target called `name`.
///
/// # Errors
/// No such target, with the names there are.
pub fn find(name: &str) -> Result<Target, UnknownTarget> {
    let targets = all();
    let known = targets.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
    targets.into_iter().find(|t| t.name == name).ok_or(UnknownTarget { name: name.into(), known })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_parses_and_has_flash_and_ram() {
        let targets = all();
        assert!(targets.len() >= 8);
        for target in targets {
            let fit = target.fit(0, 0);
            assert!(fit.ram_available_bytes > 0 && fit.flash_available_bytes > 0, "{}", target.name);
            assert_eq!(find(&target.name).unwrap(), target);
        }
    }

    #[test]
    fn emulated_targets_keep_models_apart_from_image_and_memory() {
        let emulated: Vec<Target> = all().into_iter().filter(|target| target.emulator.is_some()).collect();
        assert!(emulated.len() >= 8);
        for target in emulated {
            let Some(emulator) = &target.emulator else { continue };
            let ram = target.regions.iter().filter(|region| region.kind == RegionKind::Ram);
            let inside =
                |region: &Region| (region.origin..region.origin + region.bytes).contains(&emulator.model_address);
            assert!(!ram.into_iter().any(inside), "{}: the model would be overwritten", target.name);
            assert_eq!(target.tier, 1, "{}", target.name);
            assert_eq!(emulator.model_address % 16, 0, "{}: models are aligned", target.name);
        }
    }

    #[test]
    fn fit_counts_the_reserve() {
        let board = find("nrf52840").unwrap();
        assert!(board.fit(256 * 1024 - 32768, 1024).fits());
        assert!(!board.fit(256 * 1024 - 32768 + 1, 1024).fits());
        assert!(find("nonesuch").unwrap_err().to_string().contains("nrf52840"));
    }
}
