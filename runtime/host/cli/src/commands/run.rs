//! `mote run`: a model on arrays, an image or a recording.

use crate::answering::{Answering, EngineSettings, Outcome};
use crate::arrays::{self, Array, extension};
use crate::inputs::{self, Feed, Stacking};
use crate::ports::Ports;
use crate::render::table::shape as shape_text;
use crate::runner::{output_array, progress};
use crate::{Answer, Output};
use anyhow::{Context, Result, ensure};
use clap::Args;
use mote_engine::{Model, operators};
use mote_format::TensorRecord;
use mote_format::write::Names;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `mote run`.
#[derive(Args)]
pub struct Arguments {
    /// A model.mote file, or a source model: float ones run in tract, quantised ones are compiled on the spot.
    pub model: PathBuf,
    /// .npy, .npz (arrays by input name), .png, .jpg, .bmp, .wav, or raw tensor bytes. Integer arrays are stored values,
    /// float arrays are quantised; a leading axis of N means N inferences in order, state carrying over.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// .npy (one output), .npz (arrays by output name), or raw bytes under any other name.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write float outputs: stored integers become real values.
    #[arg(long)]
    pub dequantize: bool,
    /// Run on the slow, clear reference kernels.
    #[arg(long)]
    pub reference: bool,
    #[command(flatten)]
    pub engine: EngineSettings,
}

/// Runs the model and writes or shows its outputs.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let path = &arguments.model;
    let answering = Answering::open(path, &arguments.engine, Some(&arguments.input))?;
    let set = if arguments.reference { operators::reference() } else { operators::native() };
    let ports = answering.ports(set, path)?;
    let feed = inputs::read_for(&ports, &arguments.input)?;
    let count = feed.inferences.len();
    let Outcome { records, bytes: raw } = answering.infer_all(set, path, &feed, &progress("running", count))?;

    let arrays: Vec<(String, Array)> = ports
        .output_names
        .iter()
        .zip(records.iter().zip(&raw))
        .map(|(name, (record, bytes))| {
            let array = output_array(record, bytes, count, feed.stacking);
            let array = if arguments.dequantize { to_real(record, array) } else { array };
            (name.clone(), array)
        })
        .collect();
    if let Some(path) = &arguments.output {
        match extension(path).as_str() {
            "npy" | "npz" => arrays::write(path, &arrays)?,
            _ => {
                ensure!(raw.len() == 1, "{} outputs: name a .npz file", raw.len());
                std::fs::write(path, &raw[0]).with_context(|| format!("writing {}", path.display()))?;
            }
        }
    }
    let value = json!({
        "engine": answering.engine(),
        "why": answering.why,
        "inferences": count,
        "outputs": arrays.iter().enumerate().map(|(index, (name, array))| json!({
            "name": name,
            "shape": array.shape,
            "crc32": format!("{:08x}", mote_numbers::Crc32::of(&raw[index])),
        })).collect::<Vec<_>>(),
        "written": arguments.output,
    });
    output.print(value, || {
        let outcome = Outcome { records, bytes: raw };
        describe(&answering, &ports, &arrays, &outcome, &feed, arguments)
    })?;
    Ok(Answer::Yes)
}

/// Names of inputs and outputs: the passport's, else `input0`, `output0`.
pub fn port_names(model: &Model<'_>) -> (Vec<String>, Vec<String>) {
    let names = Names::decode(model.file().names()).unwrap_or_default();
    let passport = model.passport();
    let pick = |from_passport: Option<&str>, tensor: Option<u16>, fallback: String| {
        let from_names = tensor.and_then(|t| names.tensors.get(t as usize).map(String::as_str));
        from_passport.filter(|n| !n.is_empty()).or(from_names).map(String::from).unwrap_or(fallback)
    };
    let inputs: Vec<_> = passport.map(|p| p.inputs.iter().map(|port| port.name).collect()).unwrap_or_default();
    let outputs: Vec<_> = passport.map(|p| p.outputs.iter().map(|port| port.name).collect()).unwrap_or_default();
    let input = |i| pick(inputs.get(i).copied(), model.file().input(i), format!("input{i}"));
    let output = |i| pick(outputs.get(i).copied(), model.file().output(i), format!("output{i}"));
    ((0..model.input_count()).map(input).collect(), (0..model.output_count()).map(output).collect())
}

fn to_real(record: &TensorRecord, array: Array) -> Array {
    let crate::arrays::Elements::Integer(values, _) = &array.elements else { return array };
    if record.scale <= 0.0 {
        return array;
    }
    let real = |&v: &i64| mote_engine::dequantize(v as i32, record.scale, record.zero_point);
    Array { shape: array.shape, elements: crate::arrays::Elements::F32(values.iter().map(real).collect()) }
}

fn describe(
    answering: &Answering,
    ports: &Ports,
    arrays: &[(String, Array)],
    outcome: &Outcome,
    feed: &Feed,
    arguments: &Arguments,
) -> String {
    let mut lines = vec![format!("  answered by {}: {}", answering.engine(), answering.why)];
    for (index, (name, array)) in arrays.iter().enumerate() {
        let crc = mote_numbers::Crc32::of(&outcome.bytes[index]);
        lines.push(format!("  {name}  {}  crc32 {crc:08x}", shape_text(&array.shape)));
        if feed.stacking == Stacking::Single {
            let labels = if index == 0 { ports.labels.as_slice() } else { &[] };
            lines.extend(top(outcome.records[index], &outcome.bytes[index], labels));
        }
    }
    match &arguments.output {
        Some(path) => lines.push(format!("  {} inferences, written to {}", feed.inferences.len(), path.display())),
        None => lines.push(format!("  {} inferences; --output FILE.npy keeps them", feed.inferences.len())),
    }
    lines.join("\n")
}

/// The largest few scores of an output, with labels where there are any.
fn top(record: TensorRecord, bytes: &[u8], labels: &[String]) -> Vec<String> {
    let port = mote_engine::Port { record, bytes };
    let mut scores: Vec<(usize, f32)> = (0..record.shape.elements()).filter_map(|i| Some((i, port.real(i)?))).collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    let line = |&(i, score): &(usize, f32)| {
        let label = labels.get(i).cloned().unwrap_or_else(|| format!("[{i}]"));
        format!("    {label:<16} {score:>10.5}")
    };
    scores.iter().take(5).map(line).collect()
}
