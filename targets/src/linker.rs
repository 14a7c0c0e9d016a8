//! Memory maps for linkers.

use crate::target::{Region, RegionKind, Target};

/// Largest stack of an image.
const STACK_BYTES: u64 = 32 * 1024;

impl Target {
    /// Where an image finds its model: in the emulator's memory, or where `mote flash` puts it.
    pub fn model_address(&self) -> Option<u64> {
        let emulated = self.emulator.as_ref().map(|emulator| emulator.model_address);
        emulated.or(self.physical.as_ref().map(|physical| physical.model_address))
    }

    /// Bytes from the model's address to the end of its region; none where no region holds it.
    pub fn model_room_bytes(&self) -> Option<u64> {
        let address = self.model_address()?;
        self.regions.iter().find(|region| region.contains(address)).map(|region| region.end() - address)
    }

    /// Bytes at the end of main memory that are the stack: what is reserved for the application, at most 32 KiB.
    pub fn stack_bytes(&self) -> u64 {
        self.reserved.ram_bytes.min(STACK_BYTES)
    }

    /// The first region of a kind.
    pub fn region(&self, kind: RegionKind) -> Option<&Region> {
        self.regions.iter().find(|region| region.kind == kind)
    }

    /// The text of `memory.x`: `FLASH` up to the model, `RAM`, `stack_bytes`. None for targets with an operating system,
    /// whose linker needs no map.
    ///
    /// An image that is too long is thus refused by the linker, and never overwrites a model or is overwritten by one.
    pub fn memory_x(&self) -> Option<String> {
        let (flash, ram) = (self.region(RegionKind::Flash)?, self.region(RegionKind::Ram)?);
        let end = self.model_address().filter(|&address| flash.contains(address)).unwrap_or(flash.end());
        Some(format!(
            "/* {}, made from its target.toml. */\n\
             MEMORY\n{{\n  FLASH : ORIGIN = {:#x}, LENGTH = {:#x}\n  RAM   : ORIGIN = {:#x}, LENGTH = {:#x}\n}}\n\
             stack_bytes = {:#x};\n",
            self.title,
            flash.origin,
            end - flash.origin,
            ram.origin,
            ram.bytes,
            self.stack_bytes(),
        ))
    }
}
