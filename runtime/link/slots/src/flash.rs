//! Flash operations with offsets in their errors.

use crate::StorageError;
use embedded_storage::nor_flash::NorFlash;

/// Largest write unit of flash that is supported, in bytes (STM32H7 has 32).
pub const MAX_UNIT_BYTES: usize = 64;

pub fn read<F: NorFlash>(flash: &mut F, offset: u32, bytes: &mut [u8]) -> Result<(), StorageError> {
    flash.read(offset, bytes).map_err(|_| StorageError::Read(offset))
}

pub fn erase<F: NorFlash>(flash: &mut F, offset: u32, bytes: u32) -> Result<(), StorageError> {
    let end = offset.checked_add(bytes).ok_or(StorageError::OutOfRange)?;
    flash.erase(offset, end).map_err(|_| StorageError::Erase(offset))
}

/// Writes any number of bytes at an aligned offset; the last unit is filled up with erased bytes.
pub fn write<F: NorFlash>(flash: &mut F, offset: u32, bytes: &[u8]) -> Result<(), StorageError> {
    let unit = F::WRITE_SIZE;
    let tail_bytes = bytes.len().checked_rem(unit).ok_or(StorageError::Unit)?;
    let (whole, tail) = bytes.split_at_checked(bytes.len() - tail_bytes).ok_or(StorageError::OutOfRange)?;
    if !whole.is_empty() {
        flash.write(offset, whole).map_err(|_| StorageError::Write(offset))?;
    }
    if tail.is_empty() {
        return Ok(());
    }
    let mut last = [0xFF; MAX_UNIT_BYTES];
    let at = u32::try_from(whole.len()).ok().and_then(|bytes| offset.checked_add(bytes));
    let at = at.ok_or(StorageError::OutOfRange)?;
    let last = last.get_mut(..unit).ok_or(StorageError::Unit)?;
    for (place, byte) in last.iter_mut().zip(tail) {
        *place = *byte;
    }
    flash.write(at, last).map_err(|_| StorageError::Write(at))
}
