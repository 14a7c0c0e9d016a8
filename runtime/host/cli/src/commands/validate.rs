//! `mote validate`: a compiled model against its source, layer by layer.

use super::validate_outputs;
use crate::analysis::layers::{Comparison, Feeds, compare};
use crate::analysis::side::Side;
use crate::answering::{Answering, EngineArgument, EngineSettings};
use crate::load::{self, Source};
use crate::render::{html, layers as render};
use crate::{Answer, Output};
use anyhow::{Context, Result};
use clap::Args;
use mote_compile::{CompileOptions, compile};
use mote_engine::{Model, operators};
use std::collections::HashMap;
use std::path::PathBuf;

/// Arguments of `mote validate`.
#[derive(Args)]
pub struct Arguments {
    /// The source model (.tflite or .onnx), quantised or float. A float one that only tract takes, or `--engine tract`, is
    /// compared at its outputs.
    pub source: PathBuf,
    /// The compiled model (.mote).
    pub model: PathBuf,
    /// Inputs: .npy, .npz or raw bytes, as for `mote run`.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Compare the first N inferences only.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Answer no when an output's signal to noise ratio is below this, in decibels. Without it any difference of
    /// quantised outputs from a quantised source is a no.
    #[arg(long, value_name = "DB")]
    pub min_sqnr: Option<f64>,
    /// Write table and plot as a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub engine: EngineSettings,
}

/// Runs both models on the same data and compares what they have in common.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let ours = load::bytes(&arguments.model)?;
    let ours = load::runnable(&ours, operators::native(), &arguments.model)?;
    let fixed = load::FixedInputs { shape: arguments.engine.shape.clone(), value: Vec::new() };
    let source = match load::source(&arguments.source, &[], &fixed) {
        Ok(source) if arguments.engine.engine != EngineArgument::Tract => source,
        other => {
            let settings = EngineSettings { engine: EngineArgument::Tract, ..arguments.engine.clone() };
            return match Answering::open(&arguments.source, &settings, Some(&arguments.data)) {
                Ok(in_tract) => answer(&validate_outputs::compare(&in_tract, &ours, arguments)?, arguments, output),
                Err(error) => Err(other.err().unwrap_or(error)),
            };
        }
    };
    let options = CompileOptions { numerics: ours.header().numerics, ..CompileOptions::default() };
    let kept = kept_channels(&source, &options)?;
    let plain = CompileOptions { slim: false, keep_every_tensor: true, ..options };
    let reference = compile(&source.imported.graph, &plain)?.bytes;
    let reference = Model::parse(&reference, operators::reference())?;
    let feeds = Feeds::read(&ours, &reference, &arguments.data)?;
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let comparison = compare(&Side::new(&ours), &Side::new(&reference), &kept, &feeds, limit)?;
    answer(&comparison, arguments, output)
}

fn answer(comparison: &Comparison, arguments: &Arguments, output: Output) -> Result<Answer> {
    if let Some(path) = &arguments.html {
        let page = page(&load::name_of(&arguments.model), comparison);
        std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
    }
    output.print(comparison, || render::to_text(comparison))?;
    let good = match arguments.min_sqnr {
        Some(bound) => comparison.outputs.iter().all(|l| l.difference.sqnr_db.is_none_or(|sqnr| sqnr >= bound)),
        None => comparison.same || !comparison.source_is_quantized,
    };
    Ok(if good { Answer::Yes } else { Answer::No })
}

/// For each tensor name of the source: the channels slimming keeps of it.
fn kept_channels(source: &Source, options: &CompileOptions) -> Result<HashMap<String, Vec<usize>>> {
    let graph = &source.imported.graph;
    let compiled = compile(graph, options)?;
    let named = compiled.report.kept_channels.into_iter();
    Ok(named.map(|(tensor, channels)| (graph.tensors[tensor].name.clone(), channels)).collect())
}

fn page(name: &str, comparison: &Comparison) -> String {
    let body = format!(
        "<h1>{}</h1>\n<p>Compiled model against its source, layer by layer.</p>\n{}{}",
        html::escape(name),
        html::figures(&render::figures(comparison)),
        render::to_html(comparison),
    );
    html::page(name, &body)
}
