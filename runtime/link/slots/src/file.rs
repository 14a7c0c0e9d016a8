//! Flash in a file: the slots of a Linux device or a phone.

use crate::std::fs::{File, OpenOptions};
use crate::std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use crate::std::path::Path;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

/// Bytes of an erase unit: a page of memory, and of most file systems.
const ERASE_BYTES: usize = 4096;

/// A file as blocks of bytes; what is written may be lost until [`BlockFile::sync`] has returned.
pub trait BlockFile {
    /// Reads exactly `bytes` at `offset`.
    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything written is on the medium.
    fn sync(&mut self) -> io::Result<()>;
}

impl BlockFile for File {
    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(offset))?;
        self.read_exact(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// NOR flash on a file: erase units of 4096 bytes, any write. Every operation is durable before it returns, so that
/// operations reach the medium in the order they were made; within one, a cut may leave any of its blocks.
#[derive(Debug)]
pub struct FileFlash<B> {
    file: B,
    bytes: usize,
}

/// An operation on the file failed.
#[derive(Debug)]
pub enum FileFlashError {
    /// The operating system's error.
    Io(io::Error),
    /// Offset or length is not a whole unit.
    NotAligned,
    /// Beyond the end.
    OutOfBounds,
}

impl NorFlashError for FileFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Io(_) => NorFlashErrorKind::Other,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
        }
    }
}

impl FileFlash<File> {
    /// Opens the flash in `path`, or makes it, erased. A new file is made beside its name, synced, and then given the
    /// name, so that it is there whole or not at all.
    ///
    /// # Errors
    /// The operating system's, or the file has another length.
    pub fn open(path: &Path, bytes: usize) -> io::Result<Self> {
        let open = || OpenOptions::new().read(true).write(true).open(path);
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path, bytes)?;
                open()?
            }
            other => other?,
        };
        if file.metadata()?.len() != bytes as u64 {
            let what = "the file that holds the slots has another length than the configuration says";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(Self { file, bytes })
    }
}

fn make(path: &Path, bytes: usize) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    let erased = [0xFF; ERASE_BYTES];
    let mut left = bytes;
    while left > 0 {
        let piece = left.min(erased.len());
        file.write_all(erased.get(..piece).unwrap_or(&erased))?;
        left -= piece;
    }
    file.sync_all()?;
    crate::std::fs::rename(&new, path)?;
    // The name is durable with its folder.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

impl<B: BlockFile> FileFlash<B> {
    /// Flash over any file of `bytes` bytes.
    pub fn new(file: B, bytes: usize) -> Self {
        Self { file, bytes }
    }

    /// The file.
    pub fn into_inner(self) -> B {
        self.file
    }

    fn check(&self, offset: u32, bytes: usize, unit: usize) -> Result<(), FileFlashError> {
        let end = (offset as usize).checked_add(bytes).ok_or(FileFlashError::OutOfBounds)?;
        if end > self.bytes {
            return Err(FileFlashError::OutOfBounds);
        }
        let is_aligned = (offset as usize).is_multiple_of(unit) && bytes.is_multiple_of(unit);
        if is_aligned { Ok(()) } else { Err(FileFlashError::NotAligned) }
    }
}

impl<B> ErrorType for FileFlash<B> {
    type Error = FileFlashError;
}

impl<B: BlockFile> ReadNorFlash for FileFlash<B> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.check(offset, bytes.len(), 1)?;
        self.file.read_at(offset.into(), bytes).map_err(FileFlashError::Io)
    }

    fn capacity(&self) -> usize {
        self.bytes
    }
}

impl<B: BlockFile> NorFlash for FileFlash<B> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = ERASE_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let bytes = to.checked_sub(from).ok_or(FileFlashError::OutOfBounds)? as usize;
        self.check(from, bytes, Self::ERASE_SIZE)?;
        for offset in (from..to).step_by(Self::ERASE_SIZE) {
            self.file.write_at(offset.into(), &[0xFF; ERASE_BYTES]).map_err(FileFlashError::Io)?;
        }
        self.file.sync().map_err(FileFlashError::Io)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.check(offset, bytes.len(), 1)?;
        self.file.write_at(offset.into(), bytes).map_err(FileFlashError::Io)?;
        self.file.sync().map_err(FileFlashError::Io)
    }
}
