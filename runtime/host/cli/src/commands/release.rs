//! `mote release`: models signed for devices.

use super::keys::{secrets, trusted};
use crate::render::table::{Table, thousands};
use crate::{Answer, Output};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use mote_release::trust::document::{Packing, Release};
use mote_release::trust::{Chunks, Envelope, KeyId, Role, sha256};
use mote_release::{Packed, ReleaseFacts, chunk_table, explain, release};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Longest file that is read as a signed document.
const MAX_DOCUMENT_BYTES: u64 = 16 * 1024;

/// Arguments of `mote release`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sign a model for devices: one .mote file, or several packings of one model.
    Make(MakeArguments),
    /// Show what a release says. Believes nothing of it.
    Show {
        /// The release.
        release: PathBuf,
    },
    /// Check a release against a root and its model files. Exits with 1 when devices would refuse it.
    Verify {
        /// The release.
        release: PathBuf,
        /// The root document that devices trust.
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// Model files of the release.
        models: Vec<PathBuf>,
    },
}

#[derive(Args)]
struct MakeArguments {
    /// Compiled models.
    #[arg(required = true)]
    models: Vec<PathBuf>,
    /// Hardware it is for, as devices name theirs; may be repeated.
    #[arg(long, value_name = "NAME", required = true)]
    hardware: Vec<String>,
    /// Security epoch: raise it when older releases must never run again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    security_epoch: u32,
    /// Bytes of a chunk: a power of two, a multiple or a part of the erase unit of the devices' flash.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    chunk_bytes: u32,
    /// When it was made, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS")]
    created: Option<u64>,
    /// Secret release keys. Others can sign later with `mote keys sign`.
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// Where the release goes. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Does what the subcommand says.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    match &arguments.command {
        Command::Make(arguments) => make(arguments, output),
        Command::Show { release } => show(release, &[], None, output),
        Command::Verify { release, root, models } => show(release, models, Some(root), output),
    }
}

fn make(arguments: &MakeArguments, output: Output) -> Result<Answer> {
    let names: Vec<String> = arguments.models.iter().map(|path| path.display().to_string()).collect();
    let files: Result<Vec<Vec<u8>>> = arguments.models.iter().map(|path| crate::load::bytes(path)).collect();
    let files = files?;
    let packed: Vec<_> = names.iter().zip(&files).map(|(name, bytes)| Packed { name, bytes }).collect();
    let facts = ReleaseFacts {
        security_epoch: arguments.security_epoch,
        created: arguments.created.map_or_else(now, Ok)?,
        hardware: arguments.hardware.clone(),
        chunk_bytes: arguments.chunk_bytes,
    };
    let keys = secrets(&arguments.keys)?;
    let bytes = release(&packed, &facts, &keys.iter().collect::<Vec<_>>())?;
    write_new(&arguments.out, &bytes)?;
    show(&arguments.out, &[], None, output)
}

/// Whether a file is what a release says, in words; none when it is.
fn fault_of(packing: &Packing, file: &[u8]) -> Option<&'static str> {
    if file.len() != packing.file_bytes as usize || sha256(&[file]) != packing.file_sha256 {
        return Some("is another file");
    }
    let table = chunk_table(file, packing.chunk_bytes);
    (sha256(&[&table]) != packing.table_sha256).then_some("has other chunks than the release's table")
}

fn show(path: &Path, models: &[PathBuf], root: Option<&Path>, output: Output) -> Result<Answer> {
    let bytes = document(path)?;
    let fail = |error| anyhow::anyhow!("{} is refused: {}", path.display(), explain(error));
    let envelope = Envelope::read(&bytes, Role::Release).map_err(fail)?;
    let body: Release<'_> = envelope.unverified().map_err(fail)?;
    let mut faults = Vec::new();
    if let Some(root) = root {
        faults.extend(trusted(root)?.signed(&bytes, Role::Release).err().map(explain));
    }
    for model in models {
        let file = crate::load::bytes(model)?;
        let found: Vec<_> = body.packings.iter().map(|packing| fault_of(&packing, &file)).collect();
        if !found.iter().any(Option::is_none) {
            let worst = found.into_iter().flatten().last().unwrap_or("is another file");
            faults.push(format!("{} {worst}", model.display()));
        }
    }
    let hardware: Vec<&str> = body.hardware.iter().collect();
    let signers: Vec<String> = envelope.signatures().map(|signature| key_id(signature.key)).collect();
    let packings: Vec<Packing> = body.packings.iter().collect();
    let summary = json!({
        "name": body.name, "version": body.version, "security_epoch": body.security_epoch, "created": body.created,
        "hardware": hardware, "format_major": body.format_major,
        "operators": body.operator_codes().collect::<Vec<_>>(), "golden_vectors": body.golden_vectors,
        "has_histograms": body.histograms_sha256.is_some(), "digest": hex(&envelope.digest()),
        "document_bytes": bytes.len(), "signatures": signers, "verified": root.map(|_| faults.is_empty()),
        "faults": faults,
        "packings": packings.iter().map(|packing| json!({
            "packing": packing.packing, "file_bytes": packing.file_bytes, "file_sha256": hex(&packing.file_sha256),
            "chunk_bytes": packing.chunk_bytes, "chunks": Chunks::of(packing).count(),
            "arena_bytes": packing.arena_bytes, "state_bytes": packing.state_bytes,
        })).collect::<Vec<_>>(),
    });
    output.print(summary, || {
        let mut table = Table::new(&["packing", "file bytes", "chunks", "chunk bytes", "arena bytes", "<sha256"]);
        for packing in &packings {
            let sha: String = hex(&packing.file_sha256).chars().take(16).collect();
            table.row([
                packing.packing.to_string(),
                thousands(packing.file_bytes),
                Chunks::of(packing).count().to_string(),
                thousands(packing.chunk_bytes),
                thousands(packing.arena_bytes),
                sha,
            ]);
        }
        let mut lines = vec![
            format!(
                "{} {}, security epoch {}, for {}",
                body.name,
                body.version,
                body.security_epoch,
                hardware.join(" ")
            ),
            format!(
                "digest {}, {} bytes, {} golden vectors",
                hex(&envelope.digest()),
                bytes.len(),
                body.golden_vectors
            ),
            format!("signed by {}", if signers.is_empty() { "nobody".into() } else { signers.join(" ") }),
            table.to_text(),
        ];
        if root.is_some() && faults.is_empty() {
            lines.push("devices believe it".into());
        }
        lines.extend(faults.iter().map(|fault| format!("refused: {fault}")));
        lines.join("\n")
    })?;
    Ok(if faults.is_empty() { Answer::Yes } else { Answer::No })
}

/// Reads a file that should be a signed document.
pub fn document(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        let bytes = std::fs::metadata(path)?.len();
        if bytes > MAX_DOCUMENT_BYTES {
            return Err(std::io::Error::other("it is too long for a signed document"));
        }
        std::fs::read(path)
    };
    read().with_context(|| format!("reading {}", path.display()))
}

/// Writes a new file; one that is there already is never touched.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let write = |mut file: std::fs::File| file.write_all(bytes).and_then(|()| file.sync_all());
    file.and_then(write).with_context(|| format!("writing {}", path.display()))
}

/// Seconds since 1970.
pub fn now() -> Result<u64> {
    Ok(std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .context("this machine's clock is before 1970")?
        .as_secs())
}

/// A length of time in words.
pub fn seconds(count: u64) -> String {
    match count / 86_400 {
        0 => format!("{} hours", count / 3_600),
        days => format!("{days} days"),
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key's id as hexadecimal digits.
pub fn key_id(id: KeyId) -> String {
    hex(&id.0)
}
