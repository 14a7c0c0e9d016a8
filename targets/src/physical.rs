//! How a real board is built for and flashed.

use serde::{Deserialize, Serialize};

use crate::target::Uart;

/// A board on a desk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Physical {
    /// Name of the chip in probe-rs, for `--chip`.
    pub probe_chip: String,
    /// Where the image's text goes.
    pub uart: Uart,
    /// First register of the serial port; 0 without one.
    pub uart_address: u64,
    /// Clock of the core after reset, which board support leaves as it is, in hertz.
    pub reset_clock_hz: u64,
    /// Where `mote flash` writes the model file: the start of an erase unit behind the image.
    pub model_address: u64,
    /// What the chip's own boot code wants to find in the flash.
    pub boot: Boot,
}

/// What boot code wants at the start of the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boot {
    /// Vectors, or code on RISC-V.
    Direct,
    /// 256 bytes that set the flash interface up, then vectors (RP2040).
    Rp2040Boot2,
    /// An image definition within the first 4 KiB (RP2350).
    Rp2350ImageDefinition,
}

impl Boot {
    /// The name in target files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Rp2040Boot2 => "rp2040-boot2",
            Self::Rp2350ImageDefinition => "rp2350-image-definition",
        }
    }
}
