//! The timing pin: lamp 0 of MPS2 and MPS3 boards. QEMU's RISC-V machine has neither pin nor lamp; there it is a bit that
//! nobody sees.

use crate::generated::LAMPS_ADDRESS;
use core::convert::Infallible;
use core::ptr;
use mote_firmware::embedded_hal::digital::{ErrorType, OutputPin, StatefulOutputPin};

/// The lamp, off at the start.
pub struct Lamp {
    is_high: bool,
}

impl Lamp {
    pub(crate) fn new() -> Self {
        let mut lamp = Self { is_high: false };
        lamp.set(false);
        lamp
    }

    fn set(&mut self, is_high: bool) {
        self.is_high = is_high;
        if let Some(address) = LAMPS_ADDRESS {
            // SAFETY: target.toml names the register, in which each bit is a lamp. Source: Arm application notes AN385
            // and AN505, FPGA system control and I/O, LED0.
            unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(address), u32::from(is_high)) }
        }
    }
}

impl ErrorType for Lamp {
    type Error = Infallible;
}

impl OutputPin for Lamp {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}

impl StatefulOutputPin for Lamp {
    fn is_set_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.is_high)
    }

    fn is_set_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.is_high)
    }
}
