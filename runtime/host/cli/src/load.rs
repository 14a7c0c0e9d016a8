//! Models from files: sources to import, compiled models to run.

use crate::arrays::extension;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use mote_compile::{CompileOptions, Compiled, PortOptions, compile};
use mote_engine::Numerics;
use mote_import::{ImportOptions, Imported, import_tflite};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A source model.
pub struct Source {
    /// Imported graph with the doctor's report.
    pub imported: Imported,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// Settings of a compilation that every command with a source model takes.
#[derive(Args, Clone, Debug, Default)]
pub struct CompileSettings {
    /// Whose rounding the results equal bit for bit.
    #[arg(long, value_enum, default_value_t)]
    pub numerics: NumericsArgument,
    /// Leave constant and dead channels in.
    #[arg(long)]
    pub no_slim: bool,
    /// Leave out names of tensors and operators.
    #[arg(long)]
    pub strip_names: bool,
    /// File with the class labels of the first output, one a line.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// How a picture or recording becomes the first input, e.g. image/255 or image-128 or wav/32768.
    #[arg(long, value_name = "RULE")]
    pub preprocess: Option<String>,
    /// Version of the model, written into its passport.
    #[arg(long, value_name = "VERSION", default_value = "0.0.0")]
    pub model_version: String,
}

/// Whose rounding a model is compiled for.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum NumericsArgument {
    /// TensorFlow Lite Micro's reference kernels.
    #[default]
    Tflm,
    /// LiteRT's reference kernels.
    Litert,
}

impl From<NumericsArgument> for Numerics {
    fn from(argument: NumericsArgument) -> Self {
        match argument {
            NumericsArgument::Tflm => Numerics::Tflm,
            NumericsArgument::Litert => Numerics::Litert,
        }
    }
}

/// Reads a whole file.
pub fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// Name of a model by its file.
pub fn name_of(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Imports a source model.
///
/// # Errors
/// The file cannot be read, is of no known kind, or the doctor's report with every blocker.
pub fn source(path: &Path) -> Result<Source> {
    let bytes = bytes(path)?;
    match extension(path).as_str() {
        "mote" => bail!("{} is compiled already: pass the source model (.tflite)", path.display()),
        "onnx" => bail!("{}: ONNX is not imported by this version: convert it to .tflite", path.display()),
        _ => {}
    }
    let options = ImportOptions { name: name_of(path), ..ImportOptions::default() };
    let imported = import_tflite(&bytes, &options)?;
    Ok(Source { imported, sha256: Sha256::digest(&bytes).into() })
}

/// Compiles a source model.
pub fn compile_source(source: &Source, settings: &CompileSettings) -> Result<Compiled> {
    let options = options(source, settings)?;
    Ok(compile(&source.imported.graph, &options)?)
}

/// Compile options for `source` under `settings`.
pub fn options(source: &Source, settings: &CompileSettings) -> Result<CompileOptions> {
    let labels = match &settings.labels {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?,
        None => String::new(),
    };
    let preprocessing = settings.preprocess.clone().unwrap_or_default();
    let input = PortOptions { preprocessing, ..PortOptions::default() };
    let output = PortOptions { labels: labels.lines().map(String::from).collect(), ..PortOptions::default() };
    Ok(CompileOptions {
        numerics: settings.numerics.into(),
        slim: !settings.no_slim,
        name: source.imported.graph.name.clone(),
        version: settings.model_version.clone(),
        source_sha256: source.sha256,
        inputs: vec![input],
        outputs: vec![output],
        keep_names: !settings.strip_names,
        ..CompileOptions::default()
    })
}

/// The bytes of a compiled model: the file's own, or those of a source model compiled on the spot with defaults.
pub fn compiled(path: &Path) -> Result<Vec<u8>> {
    if extension(path) == "mote" {
        return bytes(path);
    }
    let source = source(path)?;
    Ok(compile_source(&source, &CompileSettings::default())?.bytes)
}
