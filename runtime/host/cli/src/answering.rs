//! Which engine answers for a model file, and why.
//!
//! Mote's engine runs compiled models and quantised sources. Float sources run in tract, as they are; where one of the two
//! does not take a model, the other answers. Every command that uses this says which it was.

use crate::arrays::{self, Array, Elements, extension};
use crate::inputs::Feed;
use crate::load::{self, FixedInputs};
use crate::ports::{self, Ports};
use crate::runner::infer_all;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use mote_engine::OperatorSet;
use mote_format::TensorRecord;
use mote_reference::{DeclaredInput, FloatModel, LoadOptions, Tensor, declared_inputs};
use std::collections::BTreeMap;
use std::path::Path;

/// Settings of commands that run models.
#[derive(Args, Clone, Debug, Default)]
pub struct EngineSettings {
    /// Which engine answers. `auto`: Mote's for .mote files and quantised sources, tract for float sources; the other one
    /// where a source is refused.
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineArgument,
    /// Extents of an input whose file leaves them open, as NAME=1,3,48,192; may be repeated. Without it they are those of
    /// the array that is given.
    #[arg(long, value_name = "NAME=SHAPE", value_parser = load::shape_argument)]
    pub shape: Vec<(String, Vec<usize>)>,
}

/// Choice of the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineArgument {
    /// By the kind of the model.
    #[default]
    Auto,
    /// Mote's; sources are compiled on the spot.
    Mote,
    /// tract, for .onnx and float .tflite.
    Tract,
}

/// A model with the engine that runs it.
pub struct Answering {
    running: Running,
    /// Why this engine, for people.
    pub why: String,
}

enum Running {
    Mote(Vec<u8>),
    Tract(Box<FloatModel>),
}

/// Outputs of all inferences.
pub struct Outcome {
    /// What each output is.
    pub records: Vec<TensorRecord>,
    /// `bytes[k]` are the bytes of output k of all inferences, one after the other.
    pub bytes: Vec<Vec<u8>>,
}

impl Answering {
    /// Opens `path`. `data` is what the model will be run on: it gives the extents that an `.onnx` file leaves open.
    ///
    /// # Errors
    /// The file cannot be read, or no engine takes it: then the reasons of both.
    pub fn open(path: &Path, settings: &EngineSettings, data: Option<&Path>) -> Result<Self> {
        let kind = extension(path);
        if kind == "mote" {
            if settings.engine == EngineArgument::Tract {
                bail!("{}: tract runs .onnx and float .tflite files, no compiled models", path.display());
            }
            return Ok(Self { running: Running::Mote(load::bytes(path)?), why: "a compiled model".into() });
        }
        let mote = || -> Result<Running> {
            let fixed = FixedInputs { shape: settings.shape.clone(), value: Vec::new() };
            Ok(Running::Mote(load::compiled(path, &fixed)?))
        };
        if settings.engine == EngineArgument::Mote {
            return Ok(Self { running: mote()?, why: "compiled on the spot, as --engine asks".into() });
        }
        let tract = float_model(path, settings, data)?;
        if settings.engine == EngineArgument::Tract {
            let model = tract.with_context(|| format!("loading {}", path.display()))?;
            return Ok(Self { running: Running::Tract(Box::new(model)), why: "as --engine asks".into() });
        }
        match tract {
            Ok(model) if !model.is_quantized() => {
                let why = "a float model; the integer engine runs what `mote compile --calibrate` makes of it".into();
                Ok(Self { running: Running::Tract(Box::new(model)), why })
            }
            Ok(model) => match mote() {
                Ok(running) => Ok(Self { running, why: "a quantised source, compiled on the spot".into() }),
                Err(error) => {
                    let why = format!("the integer engine does not take it: {}", first_line(&error));
                    Ok(Self { running: Running::Tract(Box::new(model)), why })
                }
            },
            Err(mote_reference::Error::Quantized { .. }) => {
                Ok(Self { running: mote()?, why: "a quantised source, compiled on the spot".into() })
            }
            Err(refused) => match mote() {
                Ok(running) => Ok(Self { running, why: format!("compiled on the spot with float kernels: {refused}") }),
                Err(error) => Err(error.context(format!("neither engine takes {}: {refused}", path.display()))),
            },
        }
    }

    /// `mote` or `tract`.
    pub fn engine(&self) -> &'static str {
        match self.running {
            Running::Mote(_) => "mote",
            Running::Tract(_) => "tract",
        }
    }

    /// Inputs and outputs.
    pub fn ports(&self, operators: OperatorSet<'_>, path: &Path) -> Result<Ports> {
        match &self.running {
            Running::Mote(bytes) => Ok(Ports::of_model(&load::runnable(bytes, operators, path)?)),
            Running::Tract(model) => Ports::of_float(model),
        }
    }

    /// Runs every inference in order; the state of a compiled model carries over.
    pub fn infer_all(
        &self,
        operators: OperatorSet<'_>,
        path: &Path,
        feed: &Feed,
        progress: &ProgressBar,
    ) -> Result<Outcome> {
        match &self.running {
            Running::Mote(bytes) => {
                let model = load::runnable(bytes, operators, path)?;
                let bytes = infer_all(&model, feed, progress)?;
                Ok(Outcome { records: (0..model.output_count()).filter_map(|k| model.output(k)).collect(), bytes })
            }
            Running::Tract(model) => infer_all_float(model, feed, progress),
        }
    }
}

/// Every inference through tract. All inferences give outputs of the first one's shape.
fn infer_all_float(model: &FloatModel, feed: &Feed, progress: &ProgressBar) -> Result<Outcome> {
    let inputs = Ports::of_float(model)?.inputs;
    let (mut records, mut bytes) = (Vec::new(), vec![Vec::new(); model.outputs().len()]);
    for inference in progress.wrap_iter(feed.inferences.iter()) {
        let tensor = |(record, bytes): (&TensorRecord, &Vec<u8>)| {
            let shape = record.shape.extents().iter().map(|&extent| extent as usize).collect();
            let array = Array::from_bytes(record.element_type, shape, bytes);
            let elements = match array.elements {
                Elements::F32(values) => mote_reference::Elements::Real(values),
                Elements::Integer(values, _) => mote_reference::Elements::Integer(values),
            };
            Tensor { shape: array.shape, elements }
        };
        let outputs = model.run(&inputs.iter().zip(inference).map(tensor).collect::<Vec<_>>())?;
        for (index, (output, port)) in outputs.iter().zip(model.outputs()).enumerate() {
            let record = ports::record(port.element_type, &output.shape);
            let record = record.with_context(|| format!("output '{}'", port.name))?;
            match records.get(index) {
                None => records.push(record),
                Some(first) if *first == record => {}
                Some(_) => bail!("output '{}' changes its shape from inference to inference", port.name),
            }
            bytes[index].extend(to_bytes(output, &record));
        }
    }
    progress.finish_and_clear();
    Ok(Outcome { records, bytes })
}

fn to_bytes(tensor: &Tensor, record: &TensorRecord) -> Vec<u8> {
    match &tensor.elements {
        mote_reference::Elements::Real(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        mote_reference::Elements::Integer(values) => {
            let width = record.element_type.bytes();
            values.iter().flat_map(|value| value.to_le_bytes().into_iter().take(width)).collect()
        }
    }
}

/// The source in tract, or tract's refusal.
fn float_model(
    path: &Path,
    settings: &EngineSettings,
    data: Option<&Path>,
) -> Result<Result<FloatModel, mote_reference::Error>> {
    let bytes = load::bytes(path)?;
    if extension(path) != "onnx" {
        return Ok(FloatModel::from_tflite(&bytes));
    }
    let mut shapes: BTreeMap<String, Vec<usize>> = settings.shape.iter().cloned().collect();
    let arrays = match data.map(|data| (data, extension(data))) {
        Some((data, kind)) if kind == "npy" || kind == "npz" => arrays::read(data)?,
        _ => Vec::new(),
    };
    let declared = match declared_inputs(&bytes) {
        Ok(declared) => declared,
        Err(error) => return Ok(Err(error)),
    };
    for input in declared.iter().filter(|input| input.extents.iter().any(Option::is_none)) {
        if let Some(shape) = shape_of_data(input, &arrays, declared.len()) {
            shapes.entry(input.name.clone()).or_insert(shape);
        }
    }
    Ok(FloatModel::from_onnx(&bytes, &LoadOptions { shapes }))
}

/// The shape of one inference for an input with open extents, as the array meant for it has it; an open first axis is 1
/// and counts inferences in the array.
fn shape_of_data(input: &DeclaredInput, arrays: &[(String, Array)], inputs: usize) -> Option<Vec<usize>> {
    let named = arrays.iter().find(|(name, _)| *name == input.name);
    let only = || arrays.iter().find(|(name, _)| inputs == 1 && (name == "x" || arrays.len() == 1));
    let (_, array) = named.or_else(only)?;
    let mut shape = match array.shape.len().checked_sub(input.extents.len())? {
        0 => array.shape.clone(),
        1 => array.shape[1..].to_vec(),
        _ => return None,
    };
    if let (Some(first), Some(None)) = (shape.first_mut(), input.extents.first()) {
        *first = 1;
    }
    let fits = shape.iter().zip(&input.extents).all(|(&found, declared)| declared.is_none_or(|extent| extent == found));
    fits.then_some(shape)
}

fn first_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::shape_argument;

    #[test]
    fn shapes_are_read() {
        assert_eq!(shape_argument("x:0=1,3,48"), Ok(("x:0".into(), vec![1, 3, 48])));
        for wrong in ["x", "x=", "x=1,0", "x=1,a", "x=-1"] {
            assert!(shape_argument(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn open_extents_come_from_the_data() {
        let input =
            |extents: &[Option<usize>]| DeclaredInput { name: "x".into(), extents: extents.to_vec(), is_real: true };
        let array = |shape: &[usize]| {
            let elements = Elements::F32(vec![0.0; shape.iter().product()]);
            vec![("x".to_owned(), Array { shape: shape.to_vec(), elements })]
        };
        let open = input(&[None, Some(3), None, None]);
        assert_eq!(shape_of_data(&open, &array(&[5, 3, 8, 4]), 1), Some(vec![1, 3, 8, 4]));
        assert_eq!(shape_of_data(&open, &array(&[5, 1, 3, 8, 4]), 1), Some(vec![1, 3, 8, 4]));
        assert_eq!(shape_of_data(&open, &array(&[5, 4, 8, 4]), 1), None);
    }
}
