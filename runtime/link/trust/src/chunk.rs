//! Chunks of a model file, each checked before it goes anywhere.

use crate::document::Packing;
use crate::{Digest, sha256};

/// Why bytes are not the chunk they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// There is no chunk of this number.
    NoSuchChunk,
    /// Longer or shorter than the chunk.
    Length,
    /// Not the chunk's bytes.
    Damaged,
}

/// The chunks of a file: where they begin, how long they are, what they must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    file_bytes: u32,
    chunk_bytes: u32,
}

impl Chunks {
    /// Bytes of an entry of the table.
    pub const ENTRY_BYTES: u32 = 32;

    /// The chunks of a packing.
    pub fn of(packing: &Packing) -> Self {
        Self::new(packing.file_bytes, packing.chunk_bytes)
    }

    /// The chunks of a file.
    pub fn new(file_bytes: u32, chunk_bytes: u32) -> Self {
        Self { file_bytes, chunk_bytes }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.file_bytes.div_ceil(self.chunk_bytes.max(1))
    }

    /// Bytes of the table.
    pub fn table_bytes(&self) -> u32 {
        self.count().saturating_mul(Self::ENTRY_BYTES)
    }

    /// First byte and length of a chunk.
    pub fn range(&self, index: u32) -> Option<(u32, u32)> {
        let start = index.checked_mul(self.chunk_bytes)?;
        let left = self.file_bytes.checked_sub(start).filter(|left| *left > 0)?;
        Some((start, left.min(self.chunk_bytes)))
    }

    /// Checks a chunk against its entry of the table.
    ///
    /// # Errors
    /// It is not that chunk.
    pub fn check(&self, index: u32, bytes: &[u8], entry: &Digest) -> Result<(), ChunkError> {
        let (_, length) = self.range(index).ok_or(ChunkError::NoSuchChunk)?;
        if bytes.len() != length as usize {
            return Err(ChunkError::Length);
        }
        if sha256(&[bytes]) != *entry {
            return Err(ChunkError::Damaged);
        }
        Ok(())
    }
}
