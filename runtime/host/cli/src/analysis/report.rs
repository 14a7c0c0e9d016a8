//! Everything a report on a compilation says, as data; `render::report` makes a page of it.

use super::accuracy::{Accuracy, accuracy};
use super::distribution::{Distribution, WeightLine, weights};
use super::layers::{Comparison, Feeds, Layer, compare};
use super::release::{ReleaseLine, real_outputs, variants};
use super::side::Side;
use crate::load::{self, Source};
use anyhow::{Context, Result};
use clap::Args;
use mote_compile::{CompileOptions, CompileReport, compile};
use mote_engine::{Model, operators};
use mote_graph::{ElementType, Graph};
use mote_quantise::QuantizeReport;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Inferences that layers are compared on, and that changed weights are run on.
const COMPARED: usize = 64;
const RUN_FOR_RELEASE: usize = 32;

/// Settings of a report.
#[derive(Args, Clone, Debug, Default)]
pub struct ReportSettings {
    /// Write a report as one self-contained HTML page: graph, error by layer, distributions, arena, accuracy, what
    /// compression would save.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Labelled data for the report's accuracy, as for `mote eval`: .npz, .csv or a folder.
    #[arg(long, value_name = "DATA", requires = "report")]
    pub eval_data: Option<PathBuf>,
    /// Leave out the first N samples of it (those the model was calibrated on).
    #[arg(long, value_name = "N", default_value_t = 0, requires = "eval_data")]
    pub eval_skip: usize,
    /// The float model that an already quantised source was made from: the report compares against it.
    #[arg(long, value_name = "FILE", requires = "report", conflicts_with = "calibrate")]
    pub float: Option<PathBuf>,
}

/// One activation's values.
#[derive(Clone, Debug, Serialize)]
pub struct ActivationLine {
    /// Name.
    pub tensor: String,
    /// Operator that gives it.
    pub origin: String,
    /// Index of the operator in the compiled model.
    pub index: Option<usize>,
    /// Values in the source.
    pub distribution: Distribution,
    /// Least and greatest value that can be stored: what lies beyond is clipped.
    pub clip: Option<(f64, f64)>,
    /// Share of the values that are clipped.
    pub clipped_share: Option<f64>,
    /// Signal over error in decibels.
    pub sqnr_db: Option<f64>,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct ModelReport {
    /// Name of the model.
    pub name: String,
    /// What the errors are counted against; none without data.
    pub compared_with: Option<&'static str>,
    /// Layers against the source; none without data.
    pub layers: Option<Comparison>,
    /// Weights by operator.
    pub weights: Vec<WeightLine>,
    /// Activations by layer.
    pub activations: Vec<ActivationLine>,
    /// Float (where there is one) and compiled model on labelled data.
    pub accuracy: Vec<Accuracy>,
    /// What pruning and clustering would save; empty for models without int8 weights.
    pub release: Vec<ReleaseLine>,
    /// Inferences the outputs of the release variants were compared on.
    pub release_inferences: usize,
}

/// What a report is made from.
pub struct Subject<'s> {
    /// The source as it is compiled: quantised by now.
    pub source: &'s Source,
    /// The float graph it was quantised from.
    pub float: Option<&'s Graph>,
    /// Options it was compiled with.
    pub options: &'s CompileOptions,
    /// The compiled file.
    pub file: &'s [u8],
    /// Report of its compilation.
    pub report: &'s CompileReport,
    /// Report of its quantisation.
    pub quantization: Option<&'s QuantizeReport>,
    /// Samples it was calibrated with.
    pub calibration: Option<&'s Path>,
}

/// Runs everything that `settings` and data allow.
pub fn collect(subject: &Subject<'_>, settings: &ReportSettings) -> Result<ModelReport> {
    let graph = &subject.source.imported.graph;
    let model = Model::parse(subject.file, operators::native()).context("the compiled model")?;
    let other =
        settings.float.as_ref().map(|path| load::source(path, &[], &load::FixedInputs::default())).transpose()?;
    let float = subject.float.or(other.as_ref().map(|source| &source.imported.graph));
    let plain = CompileOptions {
        slim: false,
        keep_every_tensor: true,
        golden_vectors: 0,
        keep_names: true,
        ..subject.options.clone()
    };
    let reference = compile(float.unwrap_or(graph), &plain)?.bytes;
    let kernels = if float.is_some() { operators::native() } else { operators::reference() };
    let reference = Model::parse(&reference, kernels).context("the source model")?;
    let data = subject.calibration.or(settings.eval_data.as_deref());
    let feeds = data.map(|path| Feeds::read(&model, &reference, path)).transpose()?;
    let named = |(&tensor, channels): (&usize, &Vec<usize>)| (graph.tensors[tensor].name.clone(), channels.clone());
    let kept: HashMap<String, Vec<usize>> = subject.report.kept_channels.iter().map(named).collect();
    let (ours, source) = (Side::new(&model), Side::new(&reference));
    let layers = feeds.as_ref().map(|feeds| compare(&ours, &source, &kept, feeds, COMPARED)).transpose()?;

    let labelled = settings.eval_data.as_deref();
    let mut figures = Vec::new();
    if let Some(path) = labelled {
        if float.is_some() {
            figures.push(accuracy(&reference, "float", path, settings.eval_skip, true)?);
        }
        figures.push(accuracy(&model, "compiled", path, settings.eval_skip, true)?);
    }
    let int8 = graph.tensors.iter().any(|tensor| tensor.element_type == ElementType::I8 && tensor.data.is_some());
    let first = |inferences: &[Vec<Vec<u8>>]| inferences.iter().take(RUN_FOR_RELEASE).cloned().collect::<Vec<_>>();
    let inputs = feeds.as_ref().map(|feeds| first(&feeds.ours.inferences)).unwrap_or_default();
    let expected = match (&feeds, float) {
        (Some(feeds), Some(_)) => real_outputs(&reference, &first(&feeds.source.inferences))?,
        _ => Vec::new(),
    };
    let figure = |model: &Model<'_>| -> Result<Option<(String, f64)>> {
        let Some(path) = labelled else { return Ok(None) };
        let found = accuracy(model, "", path, settings.eval_skip, false)?;
        Ok(found.figures.first().and_then(|figure| Some((figure.name.to_owned(), figure.value?))))
    };
    let release = if int8 { variants(graph, subject.options, &inputs, &expected, figure)? } else { Vec::new() };
    Ok(ModelReport {
        name: graph.name.clone(),
        compared_with: layers.as_ref().map(|_| if float.is_some() { "the float model" } else { "the source" }),
        activations: layers.iter().flat_map(|found| &found.layers).map(activation).collect(),
        layers,
        weights: weights(graph),
        accuracy: figures,
        release,
        release_inferences: inputs.len(),
    })
}

fn activation(layer: &Layer) -> ActivationLine {
    ActivationLine {
        tensor: layer.tensor.clone(),
        origin: layer.operator.clone(),
        index: layer.index,
        distribution: Distribution::of_histogram(&layer.values.histogram),
        clip: layer.values.range,
        clipped_share: layer.difference.saturated_share,
        sqnr_db: layer.difference.sqnr_db,
    }
}
