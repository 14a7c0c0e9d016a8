//! Packages as zip archives, the same bytes for the same content.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::files;
use crate::report::Problem;
use zip::write::FileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Writes every file of `folder` below `top`, and returns the archive's length in bytes.
pub fn write(folder: &Path, top: &str, archive: &Path) -> Result<u64, Problem> {
    let mut zip = ZipWriter::new(File::create(archive)?);
    let options = FileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for file in files(folder)? {
        let inside = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        zip.start_file(format!("{top}{inside}"), options)?;
        zip.write_all(&std::fs::read(&file)?)?;
    }
    zip.finish()?;
    Ok(std::fs::metadata(archive)?.len())
}
