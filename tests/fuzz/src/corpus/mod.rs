//! Inputs in folders: those kept with the sources, and those that failed.

pub mod malformed;

use std::io;
use std::path::{Path, PathBuf};

/// The corpus of a target, kept with the sources.
pub fn folder(target: &str) -> PathBuf {
    repository().join("tests/fuzz/corpus").join(target)
}

/// The repository this program was built from.
pub fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// All files of a folder, by name; none if there is no such folder.
pub fn read(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    paths.retain(|path| path.is_file());
    paths.into_iter().map(|path| std::fs::read(&path).map(|bytes| (path, bytes))).collect()
}

/// Saves an input that failed, under a name made of its content; returns the path.
pub fn save_failure(folder: &Path, target: &str, input: &[u8]) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{target}-{:016x}", fingerprint(input)));
    std::fs::write(&path, input)?;
    Ok(path)
}

/// FNV-1a with 64 bits: only to give files different names.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
