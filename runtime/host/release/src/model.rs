//! A release from model files.

use crate::SecretKey;
use crate::sign::{SignError, sign};
use mote_engine::{Model, ModelError, operators};
use mote_trust::document::{Packing, Packings, Release, Texts};
use mote_trust::{Digest, Role, sha256};

/// Why no release was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// A file is no model.
    #[error("{0} is not a model Mote runs: {1}")]
    Model(String, String),
    /// A file holds more than its model.
    #[error("{0} has {1} bytes after its end")]
    Trailing(String, usize),
    /// Files of different models.
    #[error("{0} is another model than {1}: the packings of a release are made from one source")]
    Different(String, String),
    /// Two files of one packing.
    #[error("{0} has the same packing as another file")]
    Repeated(String),
    /// Nothing a device could test itself with.
    #[error(
        "{0} has no golden vectors: a device could not test it before use; compile it again without leaving them out"
    )]
    NoGolden(String),
    /// Chunks that no device takes.
    #[error("chunks of {0} bytes: take a power of two from 256 to 65536")]
    ChunkBytes(u32),
    /// No hardware named.
    #[error("name the hardware the release is for, at least one")]
    NoHardware,
    /// Signing failed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// What people say about a release; the rest comes from the files.
#[derive(Clone, Debug)]
pub struct ReleaseFacts {
    /// Security epoch.
    pub security_epoch: u32,
    /// Seconds since 1970.
    pub created: u64,
    /// Hardware it is for.
    pub hardware: Vec<String>,
    /// Bytes of a chunk.
    pub chunk_bytes: u32,
}

/// A file of a release with its name for messages.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    /// Name.
    pub name: &'a str,
    /// Bytes of the model file.
    pub bytes: &'a [u8],
}

/// The table of a file's chunks: their SHA-256, one after the other.
pub fn chunk_table(file: &[u8], chunk_bytes: u32) -> Vec<u8> {
    file.chunks(chunk_bytes.max(1) as usize).flat_map(|chunk| sha256(&[chunk])).collect()
}

/// Makes and signs a release of one model in one or more packings.
///
/// # Errors
/// A file is not runnable, or the files do not belong together.
pub fn release(files: &[Packed<'_>], facts: &ReleaseFacts, keys: &[&SecretKey]) -> Result<Vec<u8>, ReleaseError> {
    if !facts.chunk_bytes.is_power_of_two() || !(256..=65536).contains(&facts.chunk_bytes) {
        return Err(ReleaseError::ChunkBytes(facts.chunk_bytes));
    }
    if facts.hardware.is_empty() {
        return Err(ReleaseError::NoHardware);
    }
    let first = files.first().ok_or_else(|| ReleaseError::Model("(no file)".into(), "name a model file".into()))?;
    let first_model = read(first)?;
    let passport = first_model.passport().ok_or_else(|| ReleaseError::NoGolden(first.name.into()))?;
    let golden: Vec<_> = passport.golden.iter().collect();
    if golden.is_empty() {
        return Err(ReleaseError::NoGolden(first.name.into()));
    }
    let mut packings: Vec<Packing> = Vec::new();
    let mut codes = std::collections::BTreeSet::new();
    for file in files {
        let model = read(file)?;
        let same = model.passport().is_some_and(|other| {
            (other.name, other.version, other.source_sha256)
                == (passport.name, passport.version, passport.source_sha256)
        });
        if !same {
            return Err(ReleaseError::Different(file.name.into(), first.name.into()));
        }
        let header = model.header();
        let packing = header.packing as u8;
        if packings.iter().any(|other| other.packing == packing) {
            return Err(ReleaseError::Repeated(file.name.into()));
        }
        let mut records = model.file().operators();
        while let Some(record) = records.next_record() {
            codes.extend(record.map(|record| record.code));
        }
        packings.push(Packing {
            packing,
            file_bytes: header.file_bytes,
            file_sha256: sha256(&[file.bytes]),
            chunk_bytes: facts.chunk_bytes,
            table_sha256: sha256(&[&chunk_table(file.bytes, facts.chunk_bytes)]),
            arena_bytes: header.arena_bytes,
            state_bytes: header.state_bytes,
            stack_bytes: passport.stack_bytes,
        });
    }
    let encoding = |error: minicbor::encode::Error<std::convert::Infallible>| {
        ReleaseError::Sign(SignError::Encoding(error.to_string()))
    };
    let hardware = minicbor::to_vec(&facts.hardware).map_err(encoding)?;
    let packings = minicbor::to_vec(&packings).map_err(encoding)?;
    let operators: Vec<u8> = codes.into_iter().flat_map(u16::to_le_bytes).collect();
    let histograms: Vec<_> = passport.histograms.iter().collect();
    let body = Release {
        name: passport.name,
        version: passport.version,
        security_epoch: facts.security_epoch,
        created: facts.created,
        hardware: Texts::new(&hardware),
        format_major: mote_format::MAJOR,
        operators: &operators,
        packings: Packings::new(&packings),
        golden_vectors: golden.len() as u32,
        golden_sha256: digest_of(golden.iter().map(|vector| {
            let input = match vector.input {
                mote_format::GoldenInput::Seed(seed) => seed.to_le_bytes().to_vec(),
                mote_format::GoldenInput::Bytes(bytes) => bytes.to_vec(),
            };
            [input, vector.output_crc.to_le_bytes().to_vec(), vector.operator_crcs.to_vec()]
        })),
        histograms_sha256: (!histograms.is_empty()).then(|| {
            digest_of(
                histograms
                    .iter()
                    .map(|histogram| [histogram.tensor.to_le_bytes().to_vec(), histogram.counts.to_vec(), Vec::new()]),
            )
        }),
    };
    Ok(sign(Role::Release, &body, keys)?)
}

/// SHA-256 over records of three fields, each with its length before it.
fn digest_of(records: impl Iterator<Item = [Vec<u8>; 3]>) -> Digest {
    let mut bytes = Vec::new();
    for field in records.flatten() {
        bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&field);
    }
    sha256(&[&bytes])
}

fn read<'a>(file: &Packed<'a>) -> Result<Model<'a>, ReleaseError> {
    let fail = |error: ModelError| ReleaseError::Model(file.name.into(), error.to_string());
    let model = Model::parse(file.bytes, operators::generic()).map_err(fail)?;
    let trailing = file.bytes.len().saturating_sub(model.header().file_bytes as usize);
    if trailing > 0 {
        return Err(ReleaseError::Trailing(file.name.into(), trailing));
    }
    Ok(model)
}
