use super::Journal;
use crate::{Region, StorageError};
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};

const SECTORS: usize = 3;
const SECTOR: usize = 256;
const REGION: Region = Region { offset: 0, bytes: (SECTORS * SECTOR) as u32 };

/// Flash whose bad sectors forget what is written to them.
struct Flash {
    bytes: [u8; SECTORS * SECTOR],
    forgets: [bool; SECTORS],
    unreadable: Option<usize>,
}

impl Flash {
    fn new() -> Self {
        Self { bytes: [0xFF; SECTORS * SECTOR], forgets: [false; SECTORS], unreadable: None }
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let range = offset as usize..offset as usize + bytes.len();
        if self.unreadable.is_some_and(|at| range.contains(&at)) {
            return Err(NorFlashErrorKind::Other);
        }
        bytes.copy_from_slice(&self.bytes[range]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 8;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.bytes[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let range = offset as usize..offset as usize + bytes.len();
        assert!(self.bytes[range.clone()].iter().all(|&byte| byte == 0xFF), "a word is written twice");
        if !self.forgets[offset as usize / SECTOR] {
            self.bytes[range].copy_from_slice(bytes);
        }
        Ok(())
    }
}

fn open(flash: &mut Flash) -> (Journal<64>, Option<u32>, u32) {
    let mut payload = [0; Journal::<64>::PAYLOAD_BYTES];
    let (journal, found) = Journal::open(flash, REGION, &mut payload).unwrap();
    let value = found.payload_bytes.map(|bytes| {
        assert_eq!(bytes, 4);
        u32::from_le_bytes(*payload.first_chunk().unwrap())
    });
    (journal, value, found.damaged_records)
}

#[test]
fn the_newest_record_is_found_after_any_number_of_them() {
    let mut flash = Flash::new();
    assert_eq!(open(&mut flash).1, None);
    for value in 0..100u32 {
        let (mut journal, _, damaged) = open(&mut flash);
        assert_eq!(damaged, 0);
        journal.append(&mut flash, &value.to_le_bytes()).unwrap();
        assert_eq!(journal.sequence(), value + 1);
        assert_eq!(open(&mut flash).1, Some(value));
    }
    // Four records to a sector, each sector erased before its first.
    assert_eq!(open(&mut flash).0.erases(), 25);
}

#[test]
fn an_unreadable_or_damaged_newest_record_gives_way_to_the_one_before() {
    for damage in 0..64 {
        let mut flash = Flash::new();
        let (mut journal, ..) = open(&mut flash);
        for value in 0..2u32 {
            journal.append(&mut flash, &value.to_le_bytes()).unwrap();
        }
        let mut torn = Flash { bytes: flash.bytes, ..Flash::new() };
        torn.bytes[64 + damage] ^= 0x10;
        flash.unreadable = Some(64 + damage);
        for mut flash in [flash, torn] {
            let (mut journal, value, damaged) = open(&mut flash);
            assert_eq!((value, damaged), (Some(0), 1));
            journal.append(&mut flash, &7u32.to_le_bytes()).unwrap();
            assert_eq!(open(&mut flash).1, Some(7));
        }
    }
}

#[test]
fn a_sector_that_forgets_is_passed_over_and_the_newest_record_is_never_erased() {
    let mut flash = Flash::new();
    let (mut journal, ..) = open(&mut flash);
    flash.forgets[1] = true;
    for value in 0..50u32 {
        journal.append(&mut flash, &value.to_le_bytes()).unwrap();
        assert_eq!(open(&mut flash).1, Some(value));
    }
    flash.forgets = [true; SECTORS];
    for _ in 0..20 {
        assert_eq!(journal.append(&mut flash, &[1, 2, 3, 4]), Err(StorageError::WornOut));
        assert_eq!(open(&mut flash).1, Some(49));
        journal = open(&mut flash).0;
    }
}

#[test]
fn records_and_regions_that_do_not_fit_are_refused() {
    let mut flash = Flash::new();
    let (mut journal, ..) = open(&mut flash);
    let long = [0; Journal::<64>::PAYLOAD_BYTES + 1];
    assert_eq!(journal.append(&mut flash, &long), Err(StorageError::RecordTooLong));
    let mut payload = [0; 300];
    let mut refuse = |region, wanted| {
        assert_eq!(Journal::<64>::open(&mut flash, region, &mut payload).map(|_| ()), Err(wanted));
    };
    refuse(Region { offset: 0, bytes: 256 }, StorageError::Layout);
    refuse(Region { offset: 8, bytes: 512 }, StorageError::Layout);
    refuse(Region { offset: 512, bytes: 512 }, StorageError::Layout);
    refuse(Region { offset: u32::MAX - 255, bytes: 512 }, StorageError::Layout);
    assert_eq!(Journal::<60>::open(&mut flash, REGION, &mut payload).map(|_| ()), Err(StorageError::Unit));
}
