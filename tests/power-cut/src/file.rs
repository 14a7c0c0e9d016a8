//! A file whose writes reach the medium when they like, until they are synced.

use crate::Random;
use mote_slots::BlockFile;
use std::io;

/// Bytes that reach the medium together.
const BLOCK_BYTES: usize = 512;

/// A file on a disk that loses power: of the blocks written since the last sync, any may be there.
#[derive(Clone, Debug)]
pub struct SyncedFile {
    /// What is on the medium for certain.
    durable: Vec<u8>,
    /// What a program reads.
    current: Vec<u8>,
    /// Calls that change something, and the one at which power goes.
    calls: usize,
    cut_at: Option<usize>,
    is_off: bool,
    random: Random,
}

impl SyncedFile {
    /// An erased file.
    pub fn new(bytes: usize, seed: u64) -> Self {
        let erased = vec![0xFF; bytes];
        let random = Random::new(seed);
        Self { durable: erased.clone(), current: erased, calls: 0, cut_at: None, is_off: false, random }
    }

    /// Power goes at the `call`-th write or sync from now on.
    pub fn plan_cut(&mut self, call: usize) {
        (self.calls, self.cut_at) = (0, Some(call));
    }

    /// Writes and syncs since the start, or since the cut was planned.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Power comes back: each block that was not synced is old, new, or half of each.
    pub fn power_on(&mut self) {
        let blocks = self.durable.chunks_mut(BLOCK_BYTES).zip(self.current.chunks(BLOCK_BYTES));
        for (durable, current) in blocks.filter(|(durable, current)| durable != current) {
            let kept = match self.random.below(3) {
                0 => 0,
                1 => current.len(),
                _ => self.random.below(current.len()),
            };
            durable[..kept].copy_from_slice(&current[..kept]);
        }
        self.current.clone_from(&self.durable);
        (self.is_off, self.cut_at, self.calls) = (false, None, 0);
    }

    fn call(&mut self) -> io::Result<()> {
        if self.cut_at == Some(self.calls) {
            self.is_off = true;
        }
        self.calls += 1;
        if self.is_off { Err(io::Error::other("power is off")) } else { Ok(()) }
    }
}

impl BlockFile for SyncedFile {
    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        if self.is_off {
            return Err(io::Error::other("power is off"));
        }
        bytes.copy_from_slice(&self.current[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // A cut during the write: what it writes is among what may be there.
        let result = self.call();
        if result.is_ok() || self.cut_at == Some(self.calls - 1) {
            self.current[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        result
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call()?;
        self.durable.clone_from(&self.current);
        Ok(())
    }
}
