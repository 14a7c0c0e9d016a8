//! Flash made of RAM: for boards whose flash cannot be written, and for tests.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Memory that behaves as NOR flash: an erase sets a whole sector to ones, a write can only clear bits. It forgets when
/// power goes, and what it holds before the first erase is what the memory held.
pub struct RamFlash<'m> {
    memory: &'m mut [u8],
}

impl<'m> RamFlash<'m> {
    /// Bytes of a sector.
    pub const SECTOR_BYTES: usize = 4096;

    /// Flash over whole sectors of `memory`; what is left over is not used.
    pub fn new(memory: &'m mut [u8]) -> Self {
        let whole = memory.len().wrapping_sub(memory.len() % Self::SECTOR_BYTES);
        Self { memory: memory.get_mut(..whole).unwrap_or_default() }
    }

    fn range(&mut self, from: usize, bytes: usize) -> Result<&mut [u8], NorFlashErrorKind> {
        let end = from.checked_add(bytes).ok_or(NorFlashErrorKind::OutOfBounds)?;
        self.memory.get_mut(from..end).ok_or(NorFlashErrorKind::OutOfBounds)
    }
}

impl ErrorType for RamFlash<'_> {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for RamFlash<'_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        let held = self.range(offset as usize, bytes.len())?;
        bytes.iter_mut().zip(held).for_each(|(to, from)| *to = *from);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.memory.len()
    }
}

impl NorFlash for RamFlash<'_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = Self::SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        self.range(from as usize, to.wrapping_sub(from) as usize)?.fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        let held = self.range(offset as usize, bytes.len())?;
        held.iter_mut().zip(bytes).for_each(|(to, from)| *to &= from);
        Ok(())
    }
}
