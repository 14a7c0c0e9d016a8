//! What a target file says, field by field.

use serde::{Deserialize, Serialize};

use crate::physical::Physical;

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
    /// Limits tighter than the memory itself; none when the memory is the limit.
    pub budgets: Option<Budgets>,
    /// How an emulator boots it; none for boards that are not emulated.
    pub emulator: Option<Emulator>,
    /// How its programs run on another processor's Linux; none for boards without Linux.
    pub user_mode: Option<UserMode>,
    /// How a real board is built for and flashed; none where there is no board support.
    pub physical: Option<Physical>,
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
    /// First register of the lamps, of which bit 0 is the timing pin; none where the machine has none.
    pub lamps_address: Option<u64>,
    /// Watchdog of Arm's Cortex-M system design kit; none where the machine has none.
    pub watchdog: Option<Watchdog>,
}

/// A watchdog and its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Watchdog {
    /// First register.
    pub address: u64,
    /// What it counts, in hertz.
    pub clock_hz: u32,
}

/// How QEMU's user mode runs a Linux program of this target; a plugin counts the instructions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserMode {
    /// QEMU's program.
    pub program: String,
    /// Processor that it plays.
    pub cpu: String,
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
#[serde(rename_all = "kebab-case")]
pub enum Uart {
    /// The UART of Arm's Cortex-M system design kit.
    Cmsdk,
    /// The 16550 of PCs.
    Ns16550,
    /// The UART of Nordic's nRF51 series, which the nRF52 series kept beside its UARTE.
    NrfUart,
    /// The USART of ST's STM32F4 series.
    Stm32Usart,
    /// No port: text goes to the debugger by semihosting.
    Semihosting,
}

impl Uart {
    /// The name in target files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cmsdk => "cmsdk",
            Self::Ns16550 => "ns16550",
            Self::NrfUart => "nrf-uart",
            Self::Stm32Usart => "stm32-usart",
            Self::Semihosting => "semihosting",
        }
    }
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
    /// First address; 0 for storage, which has none.
    pub origin: u64,
    /// Length.
    pub bytes: u64,
}

impl Region {
    /// The address after the last.
    pub const fn end(&self) -> u64 {
        self.origin.saturating_add(self.bytes)
    }

    /// Whether an address lies inside.
    pub const fn contains(&self, address: u64) -> bool {
        self.origin <= address && address < self.end()
    }
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
    /// Files of an operating system.
    Storage,
}

/// Geometry of the flash, in bytes. Where there is no flash: of what stands for it.
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

/// Limits for a model on this target, where they are tighter than its memory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// Arena and state.
    pub arena_bytes: Option<u64>,
    /// The model file.
    pub model_bytes: Option<u64>,
}
