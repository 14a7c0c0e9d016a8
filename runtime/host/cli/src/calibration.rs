//! `--calibrate`: a float source model becomes int8 before it is compiled.

use crate::inputs;
use crate::load::{CompileSettings, Source, compile_source};
use crate::render::table::Table;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use mote_engine::{Model, operators};
use mote_quantise::{Method, QuantizeOptions, QuantizeReport, Search, quantize};
use std::path::PathBuf;

/// Share of values that `--ranges percentile` leaves out at either end.
const PERCENTILE: f64 = 0.0001;

/// Operators listed by their error; the rest is in `--json`.
const WORST_SHOWN: usize = 8;

/// Settings of a post-training quantisation.
#[derive(Args, Clone, Debug, Default)]
pub struct QuantizeSettings {
    /// Quantise a float model to int8 after what it does on these inputs: .npy, .npz or raw float bytes. A hundred
    /// varied samples are usual.
    #[arg(long, value_name = "DATA")]
    pub calibrate: Option<PathBuf>,
    /// Use only the first N samples.
    #[arg(long, value_name = "N", requires = "calibrate")]
    pub samples: Option<usize>,
    /// How ranges are chosen. `best` tries all, with and without equalisation and bias correction.
    #[arg(long, value_enum, default_value_t, requires = "calibrate")]
    pub ranges: Ranges,
    /// Keep float inputs and outputs.
    #[arg(long, requires = "calibrate")]
    pub float_ports: bool,
}

/// Choice of ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Ranges {
    /// All of them; the one whose outputs are nearest to the float model's.
    #[default]
    Best,
    /// Smallest to largest value.
    MinMax,
    /// All but one value in ten thousand at either end.
    Percentile,
    /// Least mean square of the error.
    Mse,
    /// Least divergence of the distribution.
    Entropy,
}

impl Ranges {
    fn search(self) -> Search {
        let method = match self {
            Self::Best => return Search::Best,
            Self::MinMax => Method::MinMax,
            Self::Percentile => Method::Percentile(PERCENTILE),
            Self::Mse => Method::MeanSquaredError,
            Self::Entropy => Method::Entropy,
        };
        Search::Only { method, equalize: true, correct_bias: true }
    }
}

/// Quantises the source's graph in place when samples are given.
pub fn apply(
    source: &mut Source,
    settings: &QuantizeSettings,
    compile: &CompileSettings,
) -> Result<Option<QuantizeReport>> {
    let Some(path) = &settings.calibrate else { return Ok(None) };
    let graph = &source.imported.graph;
    let float = |id: &usize| graph.tensors[*id].element_type == mote_graph::ElementType::F32;
    ensure!(graph.inputs.iter().any(float), "the model takes no float input: it is quantised already");
    // The float model, compiled, says what its inputs look like.
    let bytes = compile_source(source, compile)?.bytes;
    let model = Model::parse(&bytes, operators::native()).context("the float model")?;
    let (names, _) = crate::commands::run::port_names(&model);
    let mut feed = inputs::read(&model, &names, path)?;
    feed.inferences.truncate(settings.samples.unwrap_or(usize::MAX));
    let options = QuantizeOptions {
        search: settings.ranges.search(),
        numerics: crate::load::numerics(source, compile),
        float_ports: settings.float_ports,
    };
    let bar = indicatif::ProgressBar::new_spinner().with_message("quantising");
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let quantized = quantize(graph, &feed.inferences, &options);
    bar.finish_and_clear();
    let quantized = quantized?;
    source.imported.graph = quantized.graph;
    Ok(Some(quantized.report))
}

/// How a model was quantised, in words for its passport.
pub fn summary(report: &QuantizeReport) -> String {
    let chosen = &report.chosen;
    let also = |flag: bool, what: &str| if flag { format!(", {what}") } else { String::new() };
    format!(
        "post-training int8, {} samples, ranges by {}{}{}",
        report.samples,
        chosen.method,
        also(chosen.equalized, "equalised"),
        also(chosen.bias_corrected, "biases corrected"),
    )
}

/// The outcome for people: what was tried, and the operators furthest from float.
pub fn describe(report: &QuantizeReport) -> String {
    let mut tried = Table::new(&["<ranges", "<equalised", "<biases corrected", "output SQNR dB", "<"]);
    let word = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    for trial in &report.trials {
        let mark = if *trial == report.chosen { "taken" } else { "" };
        let sqnr = format!("{:.1}", trial.output_sqnr_db);
        tried.row([trial.method.into(), word(trial.equalized), word(trial.bias_corrected), sqnr, mark.into()]);
    }
    let mut worst: Vec<_> = report.layers.iter().collect();
    worst.sort_by(|a, b| a.sqnr_db.total_cmp(&b.sqnr_db));
    let mut layers = Table::new(&["<operator", "SQNR dB", "least", "greatest", "scale", "at ends"]);
    for layer in worst.iter().take(WORST_SHOWN) {
        layers.row([
            layer.origin.clone(),
            format!("{:.1}", layer.sqnr_db),
            format!("{:.3}", layer.range.0),
            format!("{:.3}", layer.range.1),
            format!("{:.5}", layer.scale),
            format!("{:.2} %", 100.0 * layer.share_at_ends),
        ]);
    }
    format!(
        "{}\n{}\n\n  furthest from float of {} operators:\n{}\n",
        summary(report),
        tried.to_text(),
        report.layers.len(),
        layers.to_text()
    )
}
