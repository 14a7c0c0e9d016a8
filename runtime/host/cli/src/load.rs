//! Models from files: sources to import, compiled models to run.

use crate::arrays::extension;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use mote_compile::{CompileOptions, Compiled, CustomOptions, PortOptions, compile};
use mote_engine::{Model, Numerics, OperatorSet};
use mote_format::parameters::{MAX_CUSTOM_NAME_BYTES, is_custom_name};
use mote_import::{ImportOptions, Imported, OnnxOptions, import_onnx, import_tflite};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Most scratch of a custom operator.
const MAX_SCRATCH_BYTES: usize = 1 << 24;

/// A source model.
pub struct Source {
    /// Imported graph with the doctor's report.
    pub imported: Imported,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How the framework rounds that the file was made for.
    pub numerics: Numerics,
}

/// Settings of a compilation that every command with a source model takes.
#[derive(Args, Clone, Debug, Default)]
pub struct CompileSettings {
    /// Whose rounding the results equal bit for bit [default: onnx for quantised .onnx sources, else tflm].
    #[arg(long, value_enum)]
    pub numerics: Option<NumericsArgument>,
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
    /// Let a custom operator of the source through, as NAME or NAME=SCRATCH_BYTES: the program on the device brings its
    /// code, and says there how much scratch it needs; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = custom_argument)]
    pub custom: Vec<CustomArgument>,
    /// Version of the model, written into its passport.
    #[arg(long, value_name = "VERSION", default_value = "0.0.0")]
    pub model_version: String,
    /// Inputs of the source.
    #[command(flatten)]
    pub fixed: FixedInputs,
}

/// What a source leaves open about its inputs.
#[derive(Args, Clone, Debug, Default)]
pub struct FixedInputs {
    /// Extents of an input of an .onnx source, as NAME=1,3,48,192; may be repeated. Needed where the file leaves an
    /// extent open (an open first one is 1).
    #[arg(long, value_name = "NAME=SHAPE", value_parser = shape_argument)]
    pub shape: Vec<(String, Vec<usize>)>,
    /// Value of an input of an .onnx source that is then a constant, as NAME=16000 or NAME=1,49; may be repeated.
    #[arg(long, value_name = "NAME=NUMBERS", value_parser = value_argument)]
    pub value: Vec<(String, Vec<f64>)>,
}

/// Splits NAME=1,2,3 into the name and the numbers, as `number` reads them.
fn listed<T>(text: &str, what: &str, number: impl Fn(&str) -> Option<T>) -> Result<(String, Vec<T>), String> {
    let (name, list) = text.rsplit_once('=').ok_or_else(|| format!("expected NAME={what}"))?;
    let numbers: Option<Vec<T>> = list.split(',').map(|text| number(text.trim())).collect();
    let numbers = numbers.ok_or_else(|| format!("'{list}' is no list like {what}"))?;
    Ok((name.to_owned(), numbers))
}

/// Reads NAME=1,3,48,192.
pub fn shape_argument(text: &str) -> Result<(String, Vec<usize>), String> {
    listed(text, "1,3,48,192", |text| text.parse().ok().filter(|&extent| extent > 0))
}

fn value_argument(text: &str) -> Result<(String, Vec<f64>), String> {
    listed(text, "16000", |text| text.parse().ok())
}

/// A custom operator that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomArgument {
    /// Its name in the source.
    pub name: String,
    /// Scratch the model gives it.
    pub scratch_bytes: usize,
}

fn custom_argument(text: &str) -> Result<CustomArgument, String> {
    let (name, bytes) = text.rsplit_once('=').unwrap_or((text, "0"));
    let scratch_bytes = bytes.parse().ok().filter(|&bytes| bytes <= MAX_SCRATCH_BYTES);
    let scratch_bytes = scratch_bytes
        .ok_or_else(|| format!("'{bytes}' is no number of scratch bytes from 0 to {MAX_SCRATCH_BYTES}"))?;
    if !is_custom_name(name) {
        return Err(format!("a name has 1 to {MAX_CUSTOM_NAME_BYTES} bytes of printable ASCII"));
    }
    Ok(CustomArgument { name: name.into(), scratch_bytes })
}

/// Whose rounding a model is compiled for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum NumericsArgument {
    /// TensorFlow Lite Micro's reference kernels.
    Tflm,
    /// LiteRT's reference kernels.
    Litert,
    /// One rounding, as onnxruntime does.
    Onnx,
}

impl From<NumericsArgument> for Numerics {
    fn from(argument: NumericsArgument) -> Self {
        match argument {
            NumericsArgument::Tflm => Numerics::Tflm,
            NumericsArgument::Litert => Numerics::Litert,
            NumericsArgument::Onnx => Numerics::Onnx,
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

/// Imports a source model, with the custom operators `custom` (TFLite) and the inputs `fixed` (ONNX).
///
/// # Errors
/// The file cannot be read, is of no known kind, or the doctor's report with every blocker.
pub fn source(path: &Path, custom: &[CustomArgument], fixed: &FixedInputs) -> Result<Source> {
    let bytes = bytes(path)?;
    let imported = match extension(path).as_str() {
        "mote" => bail!("{} is compiled already: pass the source model (.tflite or .onnx)", path.display()),
        "onnx" => {
            let (shapes, values) = (fixed.shape.clone(), fixed.value.clone());
            import_onnx(&bytes, &OnnxOptions { name: name_of(path), shapes, values, ..OnnxOptions::default() })?
        }
        _ => {
            let options = ImportOptions {
                name: name_of(path),
                custom_operators: custom.iter().map(|argument| argument.name.clone()).collect(),
                ..ImportOptions::default()
            };
            import_tflite(&bytes, &options)?
        }
    };
    // A float source has no rounding of its own; what it becomes is of the TFLite specification.
    let is_quantised =
        imported.graph.tensors.iter().any(|tensor| tensor.data.is_none() && tensor.quantization.is_some());
    let numerics = if extension(path) == "onnx" && is_quantised { Numerics::Onnx } else { Numerics::Tflm };
    Ok(Source { imported, sha256: Sha256::digest(&bytes).into(), numerics })
}

/// Compiles a source model.
pub fn compile_source(source: &Source, settings: &CompileSettings) -> Result<Compiled> {
    let options = options(source, settings)?;
    Ok(compile(&source.imported.graph, &options)?)
}

/// The rounding asked for, or that of the framework a quantised source was made for.
pub fn numerics(source: &Source, settings: &CompileSettings) -> Numerics {
    settings.numerics.map_or(source.numerics, Numerics::from)
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
    let scratch_bytes = settings.custom.iter().map(|custom| (custom.name.clone(), custom.scratch_bytes)).collect();
    Ok(CompileOptions {
        custom: CustomOptions { scratch_bytes, ..CustomOptions::default() },
        numerics: numerics(source, settings),
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
pub fn compiled(path: &Path, fixed: &FixedInputs) -> Result<Vec<u8>> {
    if extension(path) == "mote" {
        return bytes(path);
    }
    let source = source(path, &[], fixed)?;
    Ok(compile_source(&source, &CompileSettings::default())?.bytes)
}

/// A model to run, from the bytes of `path`.
///
/// # Errors
/// The engine refuses it; with what to do when the reason is a custom operator, whose code no command has.
pub fn runnable<'b>(bytes: &'b [u8], operators: OperatorSet<'b>, path: &Path) -> Result<Model<'b>> {
    Model::parse(bytes, operators).map_err(|error| {
        let hint = match error.custom_operator.as_str() {
            "" => String::new(),
            _ => "; this command has no code of custom operators: run the model in a program that brings it \
                  (mote_engine::operators::CustomOperator, in C mote_custom_operator_t)"
                .into(),
        };
        anyhow::Error::msg(format!("{error}{hint}")).context(format!("loading {}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::{CustomArgument, custom_argument};

    #[test]
    fn custom_operators_have_names_and_scratch() {
        let argument = |name: &str, scratch_bytes| Ok(CustomArgument { name: name.into(), scratch_bytes });
        assert_eq!(custom_argument("PEAKS"), argument("PEAKS", 0));
        assert_eq!(custom_argument("A=B=64"), argument("A=B", 64));
        for wrong in ["", "=4", "PEAKS=", "PEAKS=x", "PEAKS=-1", "PEAKS=16777217", "PE\nAKS", "PÉAKS"] {
            assert!(custom_argument(wrong).is_err(), "{wrong}");
        }
    }
}
