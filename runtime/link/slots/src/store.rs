//! Slots and journal as one: what may be touched follows from the newest record.

use crate::{Found, Journal, Layout, Region, SlotIndex, StorageError, flash};
use embedded_storage::nor_flash::NorFlash;

/// Bytes of a record in the journal of the state.
pub const STATE_RECORD_BYTES: usize = 256;
/// Active slot, three reserved bytes, fills of both slots.
const HEAD_BYTES: usize = 12;
/// Most bytes of state that go with a record.
pub const MAX_STATE_BYTES: usize = Journal::<STATE_RECORD_BYTES>::PAYLOAD_BYTES - HEAD_BYTES;

/// What a record says about the slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The slot of the confirmed model; none before the first.
    pub active: Option<SlotIndex>,
    /// How often each slot was made ready to be filled: its flash was erased at most so often, repeats after bad
    /// chunks apart.
    pub fills: [u32; 2],
}

/// Flash with its slots and journal. The flash is borrowed for each call, so that it may be read in between.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    layout: Layout,
    journal: Journal<STATE_RECORD_BYTES>,
    snapshot: Snapshot,
}

impl Store {
    /// Reads the newest record; its state goes to the start of `state`, and its length into [`Found::payload_bytes`].
    /// Without a whole record the store is as new: no slot is protected. Writes nothing.
    ///
    /// # Errors
    /// The layout or the flash's units do not fit.
    pub fn open<F: NorFlash>(
        flash: &mut F,
        layout: Layout,
        state: &mut [u8; MAX_STATE_BYTES],
    ) -> Result<(Self, Found), StorageError> {
        layout.check(flash)?;
        let mut payload = [0; MAX_STATE_BYTES + HEAD_BYTES];
        let (journal, mut found) = Journal::open(flash, layout.journal, &mut payload)?;
        let mut snapshot = Snapshot::default();
        if let Some(bytes) = found.payload_bytes {
            found.payload_bytes = None;
            if let Some((head, rest)) = payload.get(..bytes).and_then(|payload| payload.split_first_chunk()) {
                snapshot = decode(head);
                for (place, byte) in state.iter_mut().zip(rest) {
                    *place = *byte;
                }
                found.payload_bytes = Some(rest.len());
            }
        }
        Ok((Self { layout, journal, snapshot }, found))
    }

    /// What the newest record says.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot
    }

    /// The journal, for its counters.
    pub fn journal(&self) -> &Journal<STATE_RECORD_BYTES> {
        &self.journal
    }

    /// Where things lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A transition: one record. When this returns, the state and the active slot are the new ones; when it fails or is
    /// cut, they are the old ones or the new ones, never a mixture.
    ///
    /// # Errors
    /// See [`Journal::append`].
    pub fn commit<F: NorFlash>(
        &mut self,
        flash: &mut F,
        active: Option<SlotIndex>,
        state: &[u8],
    ) -> Result<(), StorageError> {
        self.append(flash, Snapshot { active, ..self.snapshot }, state)
    }

    /// A transition after which the spare slot will be filled: its count of fills goes up in the same record.
    ///
    /// # Errors
    /// The slot is the confirmed model's, or see [`Journal::append`].
    pub fn commit_fill<F: NorFlash>(
        &mut self,
        flash: &mut F,
        slot: SlotIndex,
        state: &[u8],
    ) -> Result<(), StorageError> {
        self.spare(slot)?;
        let [a, b] = self.snapshot.fills;
        let fills = match slot {
            SlotIndex::A => [a.saturating_add(1), b],
            SlotIndex::B => [a, b.saturating_add(1)],
        };
        self.append(flash, Snapshot { fills, ..self.snapshot }, state)
    }

    fn append<F: NorFlash>(&mut self, flash: &mut F, snapshot: Snapshot, state: &[u8]) -> Result<(), StorageError> {
        let mut payload = [0; MAX_STATE_BYTES + HEAD_BYTES];
        let bytes = state.len().saturating_add(HEAD_BYTES);
        let payload = payload.get_mut(..bytes).ok_or(StorageError::RecordTooLong)?;
        for (place, byte) in payload.iter_mut().zip(encode(snapshot).into_iter().chain(state.iter().copied())) {
            *place = byte;
        }
        self.journal.append(flash, payload)?;
        self.snapshot = snapshot;
        Ok(())
    }

    /// Erases the unit of a spare slot that begins at byte `at` of it.
    ///
    /// # Errors
    /// The slot is the confirmed model's; `at` is no unit's first byte; the flash refuses.
    pub fn erase_unit<F: NorFlash>(&self, flash: &mut F, slot: SlotIndex, at: u32) -> Result<(), StorageError> {
        let region = self.spare(slot)?;
        let unit = u32::try_from(F::ERASE_SIZE).map_err(|_| StorageError::Unit)?;
        if at.checked_rem(unit) != Some(0) {
            return Err(StorageError::Unaligned);
        }
        flash::erase(flash, region.at(at, unit)?, unit)
    }

    /// Writes `bytes` at byte `at` of a spare slot whose flash is erased there, and reads them back.
    ///
    /// # Errors
    /// The slot is the confirmed model's; `at` is not a multiple of the write unit; the bytes do not fit; the flash
    /// refuses or keeps something else.
    pub fn write<F: NorFlash>(
        &self,
        flash: &mut F,
        slot: SlotIndex,
        at: u32,
        bytes: &[u8],
    ) -> Result<(), StorageError> {
        let region = self.spare(slot)?;
        let length = u32::try_from(bytes.len()).map_err(|_| StorageError::OutOfRange)?;
        let offset = region.at(at, length)?;
        if (at as usize).checked_rem(F::WRITE_SIZE) != Some(0) {
            return Err(StorageError::Unaligned);
        }
        flash::write(flash, offset, bytes)?;
        let mut kept = [0; flash::MAX_UNIT_BYTES];
        for (index, piece) in bytes.chunks(flash::MAX_UNIT_BYTES).enumerate() {
            let from = at.saturating_add((index.saturating_mul(flash::MAX_UNIT_BYTES)) as u32);
            let kept = kept.get_mut(..piece.len()).ok_or(StorageError::OutOfRange)?;
            self.read(flash, slot, from, kept)?;
            if kept != piece {
                return Err(StorageError::Write(region.at(from, 0)?));
            }
        }
        Ok(())
    }

    /// Reads bytes of either slot; `at` must be a multiple of the read unit, the length may be any.
    ///
    /// # Errors
    /// Bytes outside the slot, or words the flash cannot read.
    pub fn read<F: NorFlash>(
        &self,
        flash: &mut F,
        slot: SlotIndex,
        at: u32,
        bytes: &mut [u8],
    ) -> Result<(), StorageError> {
        let length = u32::try_from(bytes.len()).map_err(|_| StorageError::OutOfRange)?;
        let offset = self.layout.slot(slot).at(at, length)?;
        if (offset as usize).checked_rem(F::READ_SIZE) != Some(0) {
            return Err(StorageError::Unaligned);
        }
        let tail_bytes = bytes.len().checked_rem(F::READ_SIZE).ok_or(StorageError::Unit)?;
        let whole_bytes = bytes.len() - tail_bytes;
        let (whole, tail) = bytes.split_at_mut_checked(whole_bytes).ok_or(StorageError::OutOfRange)?;
        if !whole.is_empty() {
            flash::read(flash, offset, whole)?;
        }
        if !tail.is_empty() {
            let mut last = [0; flash::MAX_UNIT_BYTES];
            let last = last.get_mut(..F::READ_SIZE).ok_or(StorageError::Unit)?;
            flash::read(flash, offset.saturating_add(whole_bytes as u32), last)?;
            for (place, byte) in tail.iter_mut().zip(last) {
                *place = *byte;
            }
        }
        Ok(())
    }

    fn spare(&self, slot: SlotIndex) -> Result<Region, StorageError> {
        if self.snapshot.active == Some(slot) {
            return Err(StorageError::Protected);
        }
        Ok(self.layout.slot(slot))
    }
}

fn encode(snapshot: Snapshot) -> [u8; HEAD_BYTES] {
    let [a, b] = snapshot.fills.map(u32::to_le_bytes);
    let active = snapshot.active.map_or(0, |slot| slot as u8 + 1);
    let mut head = [0; HEAD_BYTES];
    for (place, byte) in head.iter_mut().zip([active, 0, 0, 0].into_iter().chain(a).chain(b)) {
        *place = byte;
    }
    head
}

fn decode(head: &[u8; HEAD_BYTES]) -> Snapshot {
    let [active, _, _, _, a @ .., _, _, _, _] = *head;
    let [_, _, _, _, _, _, _, _, b @ ..] = *head;
    let active = match active {
        1 => Some(SlotIndex::A),
        2 => Some(SlotIndex::B),
        _ => None,
    };
    Snapshot { active, fills: [u32::from_le_bytes(a), u32::from_le_bytes(b)] }
}
