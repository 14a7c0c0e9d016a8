//! `mote run`: a model on arrays, an image or a recording.

use crate::arrays::{self, Array, extension};
use crate::inputs::{self, Feed, Stacking};
use crate::load;
use crate::render::table::shape as shape_text;
use crate::runner::{infer_all, output_array, progress};
use crate::{Answer, Output};
use anyhow::{Context, Result, ensure};
use clap::Args;
use mote_engine::{Model, operators};
use mote_format::write::Names;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `mote run`.
#[derive(Args)]
pub struct Arguments {
    /// A model.mote file, or a source model to compile on the spot.
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
}

/// Runs the model and writes or shows its outputs.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let bytes = load::compiled(&arguments.model)?;
    let set = if arguments.reference { operators::reference() } else { operators::native() };
    let model = load::runnable(&bytes, set, &arguments.model)?;
    let (input_names, output_names) = port_names(&model);
    let feed = inputs::read(&model, &input_names, &arguments.input)?;
    let count = feed.inferences.len();
    let raw = infer_all(&model, &feed, &progress("running", count))?;

    let arrays: Vec<(String, Array)> = output_names
        .iter()
        .zip(&raw)
        .enumerate()
        .map(|(index, (name, bytes))| {
            let array = output_array(&model, index, bytes, count, feed.stacking);
            let array = if arguments.dequantize { to_real(&model, index, array) } else { array };
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
        "inferences": count,
        "outputs": arrays.iter().enumerate().map(|(index, (name, array))| json!({
            "name": name,
            "shape": array.shape,
            "crc32": format!("{:08x}", mote_numbers::Crc32::of(&raw[index])),
        })).collect::<Vec<_>>(),
        "written": arguments.output,
    });
    output.print(value, || describe(&model, &arrays, &raw, &feed, arguments))?;
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

fn to_real(model: &Model<'_>, index: usize, array: Array) -> Array {
    let record = model.output(index).expect("index is below the output count");
    let crate::arrays::Elements::Integer(values, _) = &array.elements else { return array };
    if record.scale <= 0.0 {
        return array;
    }
    let real = |&v: &i64| mote_engine::dequantize(v as i32, record.scale, record.zero_point);
    Array { shape: array.shape, elements: crate::arrays::Elements::F32(values.iter().map(real).collect()) }
}

fn describe(
    model: &Model<'_>,
    arrays: &[(String, Array)],
    raw: &[Vec<u8>],
    feed: &Feed,
    arguments: &Arguments,
) -> String {
    let mut lines = Vec::new();
    for (index, (name, array)) in arrays.iter().enumerate() {
        let crc = mote_numbers::Crc32::of(&raw[index]);
        lines.push(format!("  {name}  {}  crc32 {crc:08x}", shape_text(&array.shape)));
        if feed.stacking == Stacking::Single {
            lines.extend(top(model, index, &raw[index]));
        }
    }
    match &arguments.output {
        Some(path) => lines.push(format!("  {} inferences, written to {}", feed.inferences.len(), path.display())),
        None => lines.push(format!("  {} inferences; --output FILE.npy keeps them", feed.inferences.len())),
    }
    lines.join("\n")
}

/// The largest few scores of an output, with labels where the passport has them.
fn top(model: &Model<'_>, index: usize, bytes: &[u8]) -> Vec<String> {
    let record = model.output(index).expect("index is below the output count");
    let port = mote_engine::Port { record, bytes };
    let mut scores: Vec<(usize, f32)> = (0..record.shape.elements()).filter_map(|i| Some((i, port.real(i)?))).collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    let passport = model.passport();
    let labels: Vec<&str> =
        passport.and_then(|p| p.outputs.iter().nth(index)).map(|p| p.labels.lines().collect()).unwrap_or_default();
    let line = |&(i, score): &(usize, f32)| {
        let label = labels.get(i).map(|l| l.to_string()).unwrap_or_else(|| format!("[{i}]"));
        format!("    {label:<16} {score:>10.5}")
    };
    scores.iter().take(5).map(line).collect()
}
