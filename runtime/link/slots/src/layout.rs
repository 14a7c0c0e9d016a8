//! Where on the flash things lie.

use crate::StorageError;
use embedded_storage::nor_flash::NorFlash;

/// A range of flash, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First byte.
    pub offset: u32,
    /// Length.
    pub bytes: u32,
}

impl Region {
    /// One past the last byte; none when that is beyond 32 bits.
    pub fn end(self) -> Option<u32> {
        self.offset.checked_add(self.bytes)
    }

    /// The flash offset of `bytes` bytes at `at` within the region.
    pub(crate) fn at(self, at: u32, bytes: u32) -> Result<u32, StorageError> {
        match at.checked_add(bytes) {
            Some(end) if end <= self.bytes => self.offset.checked_add(at).ok_or(StorageError::OutOfRange),
            _ => Err(StorageError::OutOfRange),
        }
    }

    /// Checks that the region is whole erase units within the flash, at least `sectors` of them.
    pub(crate) fn check<F: NorFlash>(self, flash: &F, sectors: u32) -> Result<(), StorageError> {
        let unit = u32::try_from(F::ERASE_SIZE).map_err(|_| StorageError::Unit)?;
        let is_whole = |value: u32| value.checked_rem(unit) == Some(0);
        let least = unit.checked_mul(sectors).ok_or(StorageError::Layout)?;
        let end = self.end().ok_or(StorageError::Layout)?;
        if !is_whole(self.offset) || !is_whole(self.bytes) || self.bytes < least || end as usize > flash.capacity() {
            return Err(StorageError::Layout);
        }
        Ok(())
    }

    fn overlaps(self, other: Self) -> bool {
        let end = |region: Self| region.end().unwrap_or(u32::MAX);
        self.offset < end(other) && other.offset < end(self)
    }
}

/// One of the two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SlotIndex {
    /// The first.
    A = 0,
    /// The second.
    B = 1,
}

impl SlotIndex {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Where journal and slots lie. Every region is whole erase units; none overlaps another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// At least two erase units.
    pub journal: Region,
    /// The two slots, of any lengths.
    pub slots: [Region; 2],
}

impl Layout {
    /// A layout over a whole flash from `offset` on: two erase units of journal, the rest halved.
    ///
    /// # Errors
    /// [`StorageError::Layout`] when there is no room for one erase unit in each slot.
    pub fn over<F: NorFlash>(flash: &F, offset: u32) -> Result<Self, StorageError> {
        let unit = u32::try_from(F::ERASE_SIZE).map_err(|_| StorageError::Unit)?;
        let journal_bytes = unit.checked_mul(2).ok_or(StorageError::Layout)?;
        let start = offset.checked_add(journal_bytes).ok_or(StorageError::Layout)?;
        let capacity = u32::try_from(flash.capacity()).map_err(|_| StorageError::Layout)?;
        let units = capacity.saturating_sub(start).checked_div(unit).unwrap_or(0) / 2;
        let bytes = units.saturating_mul(unit);
        let second = start.saturating_add(bytes);
        let layout = Self {
            journal: Region { offset, bytes: journal_bytes },
            slots: [Region { offset: start, bytes }, Region { offset: second, bytes }],
        };
        layout.check(flash)?;
        Ok(layout)
    }

    /// The region of a slot.
    pub fn slot(&self, slot: SlotIndex) -> Region {
        let [a, b] = self.slots;
        match slot {
            SlotIndex::A => a,
            SlotIndex::B => b,
        }
    }

    pub(crate) fn check<F: NorFlash>(&self, flash: &F) -> Result<(), StorageError> {
        let [a, b] = self.slots;
        self.journal.check(flash, 2)?;
        a.check(flash, 1)?;
        b.check(flash, 1)?;
        if self.journal.overlaps(a) || self.journal.overlaps(b) || a.overlaps(b) {
            return Err(StorageError::Layout);
        }
        Ok(())
    }
}
