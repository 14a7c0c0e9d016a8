//! The whole way from a float graph to an int8 graph.

use crate::Sample;
use crate::error::QuantizeError;
use crate::groups::unsupported;
use crate::measure::{Energy, FloatRuns};
use crate::options::{Method, QuantizeOptions, Search};
use crate::prepare::fuse_activations;
use crate::report::{LayerLine, QuantizeReport, Trial};
use crate::rewrite::Settings;
use crate::trial::Variant;
use mote_graph::{ElementType, Graph, TensorId};

/// Share of values that a percentile leaves out when all methods are tried.
const PERCENTILE: f64 = 0.0001;

/// Combinations, the best ones, that weights are fitted for.
const FITTED: usize = 2;

/// What fitted weights must gain on unseen samples, in decibels: less is chance.
const LEAST_GAIN_DB: f64 = 0.5;

/// A quantised graph with its report.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// int8 graph.
    pub graph: Graph,
    /// What was found and decided.
    pub report: QuantizeReport,
}

/// Told what is being tried, how much is done, and of how much (which may grow).
pub type Progress<'p> = &'p mut dyn FnMut(&str, usize, usize);

/// As [`quantize_with`], without telling anybody.
///
/// # Errors
/// As of [`quantize_with`].
pub fn quantize(graph: &Graph, samples: &[Sample], options: &QuantizeOptions) -> Result<Quantized, QuantizeError> {
    quantize_with(graph, samples, options, &mut |_, _, _| ())
}

/// Quantises `graph` to int8 after what its tensors do on `samples`.
///
/// Graph inputs and outputs become int8 unless the options keep them float. The same graph, samples in the same order and
/// options give the same bytes.
///
/// # Errors
/// No samples; operators that int8 cannot express, all of them; values that are no numbers; a graph that does not compile.
pub fn quantize_with(
    graph: &Graph,
    samples: &[Sample],
    options: &QuantizeOptions,
    progress: Progress<'_>,
) -> Result<Quantized, QuantizeError> {
    let blockers = unsupported(graph);
    if !blockers.is_empty() {
        return Err(QuantizeError::Unsupported(blockers));
    }
    progress("looking at the float model", 0, 1);
    let plain = Variant::new(fuse_activations(graph), samples)?;
    let variants = match options.search {
        Search::Only { equalize: false, .. } => vec![plain],
        Search::Only { .. } => vec![plain.equalized(samples)?],
        Search::Best => {
            let equalized = plain.equalized(samples)?;
            if equalized.pairs > 0 { vec![plain, equalized] } else { vec![plain] }
        }
    };
    let numerics = options.numerics;
    let all: Vec<(usize, Settings)> =
        (0..variants.len()).flat_map(|index| settings(options).into_iter().map(move |one| (index, one))).collect();
    let mut trials: Vec<Trial> = Vec::new();
    for (done, &(index, settings)) in all.iter().enumerate() {
        progress(settings.method.name(), done, all.len() + FITTED);
        let variant = &variants[index];
        let graph = variant.quantized(settings, false, samples, numerics)?;
        trials.push(Trial {
            method: settings.method.name(),
            equalized: variant.pairs > 0,
            bias_corrected: settings.correct_bias,
            weights_fitted: false,
            output_sqnr_db: variant.score(&graph, samples, numerics)?,
            unseen_sqnr_db: None,
        });
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| trials[b].output_sqnr_db.total_cmp(&trials[a].output_sqnr_db).then(a.cmp(&b)));
    let (mut chosen, mut fitted) = (order[0], None);
    if options.search == Search::Best {
        let (index, settings) = all[chosen];
        progress("unseen samples", all.len(), all.len() + FITTED);
        let mut reached = variants[index].unseen(settings, false, samples, numerics)? + LEAST_GAIN_DB;
        trials[chosen].unseen_sqnr_db = Some(reached - LEAST_GAIN_DB);
        for (done, &at) in order.iter().take(FITTED).enumerate() {
            progress("fitted weights", all.len() + done, all.len() + FITTED);
            let (index, settings) = all[at];
            let variant = &variants[index];
            let unseen = variant.unseen(settings, true, samples, numerics)?;
            let graph = variant.quantized(settings, true, samples, numerics)?;
            let output_sqnr_db = variant.score(&graph, samples, numerics)?;
            trials.push(Trial {
                bias_corrected: true,
                weights_fitted: true,
                output_sqnr_db,
                unseen_sqnr_db: Some(unseen),
                ..trials[at].clone()
            });
            if unseen > reached {
                (reached, chosen, fitted) = (unseen, at, Some((trials.len() - 1, graph)));
            }
        }
    }
    let (index, settings) = all[chosen];
    let variant = &variants[index];
    let (trial, graph) = match fitted {
        Some((trial, graph)) => (trial, graph),
        None => (chosen, variant.quantized(settings, false, samples, numerics)?),
    };
    let layers = layers(variant, &graph, samples, options)?;
    let report = QuantizeReport {
        samples: samples.len(),
        chosen: trials[trial].clone(),
        trials,
        equalized_pairs: variant.pairs,
        layers,
    };
    Ok(Quantized { graph, report })
}

fn settings(options: &QuantizeOptions) -> Vec<Settings> {
    let float_ports = options.float_ports;
    let one = |method, correct_bias| Settings { method, correct_bias, float_ports };
    match options.search {
        Search::Only { method, correct_bias, .. } => vec![one(method, correct_bias)],
        Search::Best => [Method::MinMax, Method::Percentile(PERCENTILE), Method::MeanSquaredError, Method::Entropy]
            .into_iter()
            .flat_map(|method| [one(method, false), one(method, true)])
            .collect(),
    }
}

/// A line for every operator whose output is quantised.
fn layers(
    variant: &Variant,
    quantized: &Graph,
    samples: &[Sample],
    options: &QuantizeOptions,
) -> Result<Vec<LayerLine>, QuantizeError> {
    let nodes: Vec<_> = variant.graph.nodes.iter().filter(|node| !node.outputs.is_empty()).collect();
    let tensors: Vec<TensorId> = nodes.iter().map(|node| node.outputs[0]).collect();
    let runs = FloatRuns::plain(&variant.graph, samples, tensors)?;
    let energies = runs.compare(&variant.graph, quantized, samples, options.numerics)?;
    let line = |(node, energy): (&&mote_graph::Node, &Energy)| {
        let id = node.outputs[0];
        let tensor = &quantized.tensors[id];
        let quantization = tensor.quantization.as_ref()?;
        let observed = variant.observations.get(id)?.as_ref()?;
        let (least, greatest) = match tensor.element_type {
            ElementType::I16 => (i32::from(i16::MIN), i32::from(i16::MAX)),
            _ => (i32::from(i8::MIN), i32::from(i8::MAX)),
        };
        let real = |stored: i32| quantization.scale(0) * (stored - quantization.zero_point()) as f32;
        Some(LayerLine {
            origin: node.origin.clone(),
            operator: node.operator.name(),
            tensor: tensor.name.clone(),
            element_type: tensor.element_type.name(),
            scale: quantization.scale(0),
            zero_point: quantization.zero_point(),
            range: (observed.histogram.minimum, observed.histogram.maximum),
            stored_range: (real(least), real(greatest)),
            sqnr_db: energy.sqnr_db(),
            share_at_ends: energy.at_ends as f64 / energy.all.max(1) as f64,
            histogram: observed.histogram.line(),
        })
    };
    Ok(nodes.iter().zip(&energies).filter_map(line).collect())
}
