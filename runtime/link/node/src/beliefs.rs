//! What a device believes, kept in a journal of its own: written down first, believed then.

use embedded_storage::nor_flash::NorFlash;
use mote_slots::{Journal, Region, StorageError};
use mote_trust::{TRUSTED_BYTES, TrustError, Trusted};

/// Bytes of a record in the journal of beliefs.
pub const TRUST_RECORD_BYTES: usize = 1024;

/// Why nothing new is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeliefsError {
    /// The document is refused.
    Trust(TrustError),
    /// It could not be written down.
    Storage(StorageError),
}

/// A device's beliefs and the journal they are in.
#[derive(Clone, Copy, Debug)]
pub struct Beliefs {
    journal: Journal<TRUST_RECORD_BYTES>,
    trusted: Trusted,
}

impl Beliefs {
    /// Reads the beliefs of `region` (erase units for at least two records of [`TRUST_RECORD_BYTES`]); without any, those in
    /// the first root, which came with the device.
    ///
    /// # Errors
    /// The region does not fit the flash, or the first root is none.
    pub fn open<F: NorFlash>(flash: &mut F, region: Region, first_root: &[u8]) -> Result<Self, BeliefsError> {
        let mut stored = [0; Journal::<TRUST_RECORD_BYTES>::PAYLOAD_BYTES];
        let (journal, found) = Journal::open(flash, region, &mut stored).map_err(BeliefsError::Storage)?;
        let stored = found.payload_bytes.and_then(|bytes| stored.get(..bytes)).and_then(Trusted::from_bytes);
        let trusted = match stored {
            Some(trusted) => trusted,
            None => Trusted::new(first_root).map_err(BeliefsError::Trust)?,
        };
        Ok(Self { journal, trusted })
    }

    /// What is believed.
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// Takes the next root.
    ///
    /// # Errors
    /// It is refused or could not be written down; the old one stands.
    pub fn take_root<F: NorFlash>(&mut self, flash: &mut F, document: &[u8]) -> Result<(), BeliefsError> {
        let next = self.trusted.next_root(document).map_err(BeliefsError::Trust)?;
        self.adopt(flash, next)
    }

    /// Takes a timestamp.
    ///
    /// # Errors
    /// It is refused or could not be written down; the old one stands.
    pub fn take_timestamp<F: NorFlash>(
        &mut self,
        flash: &mut F,
        document: &[u8],
        now_seconds: u64,
    ) -> Result<(), BeliefsError> {
        let next = self.trusted.next_timestamp(document, now_seconds).map_err(BeliefsError::Trust)?;
        self.adopt(flash, next)
    }

    fn adopt<F: NorFlash>(&mut self, flash: &mut F, next: Trusted) -> Result<(), BeliefsError> {
        const { assert!(TRUSTED_BYTES <= Journal::<TRUST_RECORD_BYTES>::PAYLOAD_BYTES) };
        self.journal.append(flash, &next.to_bytes()).map_err(BeliefsError::Storage)?;
        self.trusted = next;
        Ok(())
    }
}
