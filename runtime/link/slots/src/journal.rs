//! A log of records of one size, each a whole snapshot.

use crate::{Region, StorageError, flash};
use embedded_storage::nor_flash::NorFlash;
use mote_numbers::Crc32;

/// First bytes of a record.
const MAGIC: [u8; 2] = *b"MJ";
/// Layout of records; readers skip records of another.
const VERSION: u8 = 1;
/// Sequence, erases, magic, version, reserved byte, length.
const HEAD_BYTES: usize = 16;
const CRC_BYTES: usize = 4;

/// What a journal held when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Payload of the newest record, in bytes at the start of the caller's buffer; none if there is no whole record.
    pub payload_bytes: Option<usize>,
    /// Places that hold neither a record nor erased flash: cut writes, or damage.
    pub damaged_records: u32,
}

/// A log of records of `RECORD` bytes over at least two sectors: erase units, or as many together as hold a record.
///
/// Records are written in ascending places; a full sector is followed by the next one in the ring, which is erased just
/// before. The sector with the newest record is never erased, so a cut at any instant leaves either that record or its
/// successor. A record is read back after it is written; a place that does not keep it is left behind.
#[derive(Clone, Copy, Debug)]
pub struct Journal<const RECORD: usize> {
    region: Region,
    sector_bytes: u32,
    /// Number of the newest record, from 1; 0 when there is none.
    sequence: u32,
    /// Sectors erased in the journal's life.
    erases: u32,
    /// Sector of the newest record, which is never erased.
    newest_sector: Option<u32>,
    /// Where the next record goes: sector, and place in it. A place beyond the sector means the next sector.
    sector: u32,
    place: u32,
}

/// What is at a place.
enum Place {
    Blank,
    Record { sequence: u32, erases: u32, payload_bytes: usize },
    Damaged,
}

impl<const RECORD: usize> Journal<RECORD> {
    /// Most bytes of payload in a record.
    pub const PAYLOAD_BYTES: usize = RECORD.saturating_sub(HEAD_BYTES + CRC_BYTES);

    /// Finds the newest record of `region` and copies its payload into `payload`. Writes nothing.
    ///
    /// # Errors
    /// The region or the flash's units do not fit, or `payload` is shorter than the record's. Flash that cannot be read
    /// is not an error here: it counts as damaged.
    pub fn open<F: NorFlash>(flash: &mut F, region: Region, payload: &mut [u8]) -> Result<(Self, Found), StorageError> {
        region.check(flash, 2)?;
        // Erase units smaller than a record are taken together.
        let sector_bytes = RECORD.checked_next_multiple_of(F::ERASE_SIZE).and_then(|bytes| u32::try_from(bytes).ok());
        let sector_bytes = sector_bytes.ok_or(StorageError::Unit)?;
        if region.bytes / 2 < sector_bytes {
            return Err(StorageError::Layout);
        }
        let divides = |unit: usize| RECORD.checked_rem(unit) == Some(0) && unit <= flash::MAX_UNIT_BYTES;
        if !divides(F::WRITE_SIZE) || !divides(F::READ_SIZE) || RECORD <= 32 {
            return Err(StorageError::Unit);
        }
        let mut journal =
            Self { region, sector_bytes, sequence: 0, erases: 0, newest_sector: None, sector: 0, place: u32::MAX };
        // An empty journal starts with the first sector: its predecessor is the last.
        journal.sector = journal.sectors().saturating_sub(1);
        let mut found = Found { payload_bytes: None, damaged_records: 0 };
        let mut record = [0; RECORD];
        for sector in 0..journal.sectors() {
            for place in 0..journal.places() {
                match journal.read(flash, sector, place, &mut record) {
                    Place::Blank => {}
                    Place::Damaged => found.damaged_records = found.damaged_records.saturating_add(1),
                    Place::Record { sequence, erases, payload_bytes } if sequence > journal.sequence => {
                        (journal.sequence, journal.erases) = (sequence, erases);
                        journal.newest_sector = Some(sector);
                        (journal.sector, journal.place) = (sector, place.saturating_add(1));
                        let source = record.get(HEAD_BYTES..).and_then(|rest| rest.get(..payload_bytes));
                        let target = payload.get_mut(..payload_bytes);
                        let (Some(source), Some(target)) = (source, target) else {
                            return Err(StorageError::RecordTooLong);
                        };
                        target.copy_from_slice(source);
                        found.payload_bytes = Some(payload_bytes);
                    }
                    Place::Record { .. } => {}
                }
            }
        }
        journal.skip_used(flash, &mut record);
        Ok((journal, found))
    }

    /// Number of the newest record; 0 when there is none.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Sectors erased in the journal's life.
    pub fn erases(&self) -> u32 {
        self.erases
    }

    /// Writes a record. When this returns, it is the newest; when it fails or is cut, the old one still is, or the new
    /// one is whole.
    ///
    /// # Errors
    /// The payload is too long, or no place keeps the record.
    pub fn append<F: NorFlash>(&mut self, flash: &mut F, payload: &[u8]) -> Result<(), StorageError> {
        if payload.len() > Self::PAYLOAD_BYTES {
            return Err(StorageError::RecordTooLong);
        }
        let sequence = self.sequence.checked_add(1).ok_or(StorageError::WornOut)?;
        let mut fresh_sectors = 0;
        loop {
            if self.place >= self.places() {
                // Every sector but the newest record's may be tried once.
                let next = self.sector.saturating_add(1);
                let next = if next >= self.sectors() { 0 } else { next };
                if self.newest_sector == Some(next) || fresh_sectors >= self.sectors() {
                    return Err(StorageError::WornOut);
                }
                fresh_sectors += 1;
                self.sector = next;
                self.erases = self.erases.saturating_add(1);
                if flash::erase(flash, self.place_offset(next, 0)?, self.sector_bytes).is_err() {
                    continue;
                }
                self.place = 0;
            }
            let place = self.place;
            self.place = place.saturating_add(1);
            let offset = self.place_offset(self.sector, place)?;
            let record = self.encode(sequence, payload);
            if flash::write(flash, offset, &record).is_ok() {
                let mut kept = [0; RECORD];
                if flash::read(flash, offset, &mut kept).is_ok() && kept == record {
                    self.sequence = sequence;
                    self.newest_sector = Some(self.sector);
                    return Ok(());
                }
            }
        }
    }

    fn sectors(&self) -> u32 {
        self.region.bytes.checked_div(self.sector_bytes).unwrap_or(0)
    }

    fn places(&self) -> u32 {
        u32::try_from(RECORD).ok().and_then(|record| self.sector_bytes.checked_div(record)).unwrap_or(0)
    }

    fn place_offset(&self, sector: u32, place: u32) -> Result<u32, StorageError> {
        let record = u32::try_from(RECORD).map_err(|_| StorageError::Unit)?;
        let at = sector.checked_mul(self.sector_bytes).zip(place.checked_mul(record));
        let at = at.and_then(|(sector, place)| sector.checked_add(place)).ok_or(StorageError::OutOfRange)?;
        self.region.at(at, record)
    }

    /// Moves on to the first blank place of the sector behind which nothing was written.
    fn skip_used<F: NorFlash>(&mut self, flash: &mut F, record: &mut [u8; RECORD]) {
        let first = self.place;
        for place in (first..self.places()).rev() {
            if !matches!(self.read(flash, self.sector, place, record), Place::Blank) {
                self.place = place.saturating_add(1);
                return;
            }
        }
    }

    fn read<F: NorFlash>(&self, flash: &mut F, sector: u32, place: u32, record: &mut [u8; RECORD]) -> Place {
        let is_read = self.place_offset(sector, place).and_then(|offset| flash::read(flash, offset, record));
        if is_read.is_err() {
            return Place::Damaged;
        }
        if record.iter().all(|&byte| byte == 0xFF) {
            return Place::Blank;
        }
        decode(record).unwrap_or(Place::Damaged)
    }

    fn encode(&self, sequence: u32, payload: &[u8]) -> [u8; RECORD] {
        let mut record = [0; RECORD];
        let length = u32::try_from(payload.len()).unwrap_or(0).to_le_bytes();
        let head = sequence.to_le_bytes().into_iter().chain(self.erases.to_le_bytes()).chain(MAGIC);
        let head = head.chain([VERSION, 0]).chain(length);
        for (place, byte) in record.iter_mut().zip(head.chain(payload.iter().copied())) {
            *place = byte;
        }
        if let Some((covered, crc)) = record.split_last_chunk_mut::<CRC_BYTES>() {
            *crc = Crc32::of(covered).to_le_bytes();
        }
        record
    }
}

fn decode(record: &[u8]) -> Option<Place> {
    let (covered, crc) = record.split_last_chunk::<CRC_BYTES>()?;
    let (sequence, rest) = covered.split_first_chunk::<4>()?;
    let (erases, rest) = rest.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (length, payload) = rest.split_first_chunk::<4>()?;
    let payload_bytes = u32::from_le_bytes(*length) as usize;
    let sequence = u32::from_le_bytes(*sequence);
    let is_ours = *kind == [MAGIC[0], MAGIC[1], VERSION, 0] && payload_bytes <= payload.len() && sequence != 0;
    let is_whole = is_ours && Crc32::of(covered) == u32::from_le_bytes(*crc);
    is_whole.then_some(Place::Record { sequence, erases: u32::from_le_bytes(*erases), payload_bytes })
}

#[cfg(test)]
mod tests;
