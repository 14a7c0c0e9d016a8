//! The spare slot while it is filled: chunks, their table behind them, and where to go on after a reset.

use crate::state::Candidate;
use embedded_storage::nor_flash::NorFlash;
use mote_slots::{SlotIndex, StorageError, Store};
use mote_trust::{Chunks, Digest};
use sha2::{Digest as _, Sha256};

/// What to fetch next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// The table, from this byte on.
    Table(u32),
    /// The chunk of this number.
    Chunk(u32),
    /// Nothing: every chunk is there.
    End,
}

fn unit_bytes<F: NorFlash>() -> u32 {
    u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX).max(1)
}

impl Candidate {
    /// The chunks of the file.
    pub(crate) fn chunks(&self) -> Chunks {
        Chunks::new(self.file_bytes, self.chunk_bytes)
    }

    /// First byte of the table in the slot.
    fn table_at<F: NorFlash>(&self) -> u32 {
        self.file_bytes.checked_next_multiple_of(unit_bytes::<F>()).unwrap_or(u32::MAX)
    }

    /// Bytes of the table to ask for from `offset` on.
    pub(crate) fn table_piece_bytes(&self, offset: u32) -> u32 {
        self.chunks().table_bytes().saturating_sub(offset).min(self.chunk_bytes)
    }

    /// Where to go on: with what is missing, one piece early. The last good chunk may have been cut while it was written
    /// and read well only for now, so it is written again.
    /// Without any good chunk it may be the table that was cut, unless `is_table_sure`.
    pub(crate) fn resume<F: NorFlash>(
        &self,
        store: &Store,
        flash: &mut F,
        slot: SlotIndex,
        is_table_sure: bool,
    ) -> Cursor {
        if !self.is_table_whole(store, flash, slot) {
            return Cursor::Table(0);
        }
        let count = self.chunks().count();
        let good = (0..count).find(|index| !self.is_chunk_whole(store, flash, slot, *index)).unwrap_or(count);
        match good.checked_sub(1) {
            Some(last) => Cursor::Chunk(self.first_of_unit::<F>(last)),
            None if is_table_sure => Cursor::Chunk(0),
            None => Cursor::Table(0),
        }
    }

    /// The first chunk of the erase unit that chunk `index` is in: where to begin again when it cannot be written.
    pub(crate) fn first_of_unit<F: NorFlash>(&self, index: u32) -> u32 {
        let group = unit_bytes::<F>().checked_div(self.chunk_bytes).unwrap_or(1).max(1);
        index.saturating_sub(index.checked_rem(group).unwrap_or(0))
    }

    fn is_chunk_whole<F: NorFlash>(&self, store: &Store, flash: &mut F, slot: SlotIndex, index: u32) -> bool {
        let Some((start, bytes)) = self.chunks().range(index) else { return false };
        let entry = self.entry(store, flash, slot, index);
        entry.is_ok_and(|entry| hash(store, flash, slot, start, bytes).is_ok_and(|found| found == entry))
    }

    /// Whether the table in the slot is the release's.
    pub(crate) fn is_table_whole<F: NorFlash>(&self, store: &Store, flash: &mut F, slot: SlotIndex) -> bool {
        let found = hash(store, flash, slot, self.table_at::<F>(), self.chunks().table_bytes());
        found.is_ok_and(|found| found == self.table_sha256)
    }

    /// Whether the file in the slot is the release's.
    pub(crate) fn is_file_whole<F: NorFlash>(&self, store: &Store, flash: &mut F, slot: SlotIndex) -> bool {
        hash(store, flash, slot, 0, self.file_bytes).is_ok_and(|found| found == self.file_sha256)
    }

    /// A chunk's entry of the table.
    pub(crate) fn entry<F: NorFlash>(
        &self,
        store: &Store,
        flash: &mut F,
        slot: SlotIndex,
        index: u32,
    ) -> Result<Digest, StorageError> {
        let mut entry = [0; 32];
        let at = index.checked_mul(Chunks::ENTRY_BYTES).and_then(|at| at.checked_add(self.table_at::<F>()));
        store.read(flash, slot, at.ok_or(StorageError::OutOfRange)?, &mut entry)?;
        Ok(entry)
    }

    /// Writes a piece of the table.
    pub(crate) fn write_table<F: NorFlash>(
        &self,
        store: &Store,
        flash: &mut F,
        slot: SlotIndex,
        offset: u32,
        bytes: &[u8],
    ) -> Result<(), StorageError> {
        let at = self.table_at::<F>().checked_add(offset).ok_or(StorageError::OutOfRange)?;
        write(store, flash, slot, at, bytes)
    }

    /// Writes a chunk that was checked.
    pub(crate) fn write_chunk<F: NorFlash>(
        &self,
        store: &Store,
        flash: &mut F,
        slot: SlotIndex,
        index: u32,
        bytes: &[u8],
    ) -> Result<(), StorageError> {
        let (start, _) = self.chunks().range(index).ok_or(StorageError::OutOfRange)?;
        write(store, flash, slot, start, bytes)
    }
}

/// Erases the units that begin within the piece and writes it.
fn write<F: NorFlash>(
    store: &Store,
    flash: &mut F,
    slot: SlotIndex,
    at: u32,
    bytes: &[u8],
) -> Result<(), StorageError> {
    let length = u32::try_from(bytes.len()).map_err(|_| StorageError::OutOfRange)?;
    let end = at.checked_add(length).ok_or(StorageError::OutOfRange)?;
    let unit = unit_bytes::<F>();
    let mut start = at.checked_next_multiple_of(unit).ok_or(StorageError::OutOfRange)?;
    while start < end {
        store.erase_unit(flash, slot, start)?;
        start = start.checked_add(unit).ok_or(StorageError::OutOfRange)?;
    }
    store.write(flash, slot, at, bytes)
}

/// SHA-256 of bytes of a slot.
pub(crate) fn hash<F: NorFlash>(
    store: &Store,
    flash: &mut F,
    slot: SlotIndex,
    at: u32,
    bytes: u32,
) -> Result<Digest, StorageError> {
    let mut hash = Sha256::new();
    let mut buffer = [0; 256];
    let (mut at, mut left) = (at, bytes);
    while left > 0 {
        let piece = left.min(buffer.len() as u32);
        let part = buffer.get_mut(..piece as usize).ok_or(StorageError::OutOfRange)?;
        store.read(flash, slot, at, part)?;
        hash.update(&*part);
        at = at.checked_add(piece).ok_or(StorageError::OutOfRange)?;
        left = left.saturating_sub(piece);
    }
    Ok(hash.finalize().into())
}
