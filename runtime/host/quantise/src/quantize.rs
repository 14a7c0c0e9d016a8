//! The whole way from a float graph to an int8 graph.

use crate::Sample;
use crate::calibrate::{Observations, calibrate};
use crate::equalize::equalize;
use crate::error::QuantizeError;
use crate::groups::unsupported;
use crate::measure::{Energy, FloatRuns};
use crate::options::{Method, QuantizeOptions, Search};
use crate::prepare::fuse_activations;
use crate::report::{LayerLine, QuantizeReport, Trial};
use crate::rewrite::{Settings, rewrite};
use mote_graph::{Graph, Operator, TensorId};

/// Share of values that a percentile leaves out when all methods are tried.
const PERCENTILE: f64 = 0.0001;

/// A quantised graph with its report.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// int8 graph.
    pub graph: Graph,
    /// What was found and decided.
    pub report: QuantizeReport,
}

/// Quantises `graph` to int8 after what its tensors do on `samples`.
///
/// Graph inputs and outputs become int8 unless the options keep them float. The result depends on the samples' order
/// only through float sums.
///
/// # Errors
/// No samples; operators that int8 cannot express, all of them; values that are no numbers; a graph that does not compile.
pub fn quantize(graph: &Graph, samples: &[Sample], options: &QuantizeOptions) -> Result<Quantized, QuantizeError> {
    let blockers = unsupported(graph);
    if !blockers.is_empty() {
        return Err(QuantizeError::Unsupported(blockers));
    }
    let plain = Variant::new(fuse_activations(graph), samples, false)?;
    let variants = match options.search {
        Search::Only { equalize: false, .. } => vec![plain],
        Search::Only { .. } => vec![plain.equalized(samples)?],
        Search::Best => {
            let equalized = plain.equalized(samples)?;
            if equalized.pairs > 0 { vec![plain, equalized] } else { vec![plain] }
        }
    };
    let mut trials = Vec::new();
    let mut best: Option<(usize, usize, Graph)> = None;
    for (index, variant) in variants.iter().enumerate() {
        let outputs = decisive_outputs(&variant.graph);
        let runs = FloatRuns::of(&variant.graph, samples, outputs)?;
        for (method, correct_bias) in settings(options.search) {
            let settings = Settings { method, correct_bias, float_ports: options.float_ports };
            let result = rewrite(&variant.graph, &variant.observations, settings);
            let energies = runs.compare(&variant.graph, &result, samples, options.numerics)?;
            let trial = Trial {
                method: method.name(),
                equalized: variant.equalized,
                bias_corrected: correct_bias,
                output_sqnr_db: energies.iter().map(Energy::sqnr_db).fold(f64::INFINITY, f64::min),
            };
            let better =
                best.as_ref().is_none_or(|&(_, at, _)| trial.output_sqnr_db > trials_at(&trials, at).output_sqnr_db);
            trials.push(trial);
            if better {
                best = Some((index, trials.len() - 1, result));
            }
        }
    }
    let Some((variant, chosen, graph)) = best else { return Err(QuantizeError::NoSamples) };
    let variant = &variants[variant];
    let layers = layers(variant, &graph, samples, options)?;
    let report = QuantizeReport {
        samples: samples.len(),
        chosen: trials[chosen].clone(),
        trials,
        equalized_pairs: variant.pairs,
        layers,
    };
    Ok(Quantized { graph, report })
}

fn trials_at(trials: &[Trial], at: usize) -> &Trial {
    &trials[at]
}

/// A float graph ready to be rewritten, with what its tensors did.
struct Variant {
    graph: Graph,
    observations: Observations,
    equalized: bool,
    pairs: usize,
}

impl Variant {
    fn new(graph: Graph, samples: &[Sample], equalized: bool) -> Result<Self, QuantizeError> {
        let observations = calibrate(&graph, samples)?;
        Ok(Self { graph, observations, equalized, pairs: 0 })
    }

    fn equalized(&self, samples: &[Sample]) -> Result<Self, QuantizeError> {
        let mut graph = self.graph.clone();
        let pairs = equalize(&mut graph, &self.observations);
        Ok(Self { pairs, ..Self::new(graph, samples, true)? })
    }
}

fn settings(search: Search) -> Vec<(Method, bool)> {
    match search {
        Search::Only { method, correct_bias, .. } => vec![(method, correct_bias)],
        Search::Best => [Method::MinMax, Method::Percentile(PERCENTILE), Method::MeanSquaredError, Method::Entropy]
            .into_iter()
            .flat_map(|method| [(method, false), (method, true)])
            .collect(),
    }
}

/// The tensors by which settings are compared: graph outputs, or what a final softmax or logistic reads, since those
/// hide most differences.
fn decisive_outputs(graph: &Graph) -> Vec<TensorId> {
    let before = |&output: &TensorId| {
        let mut id = output;
        while let Some(producer) = graph.producer(id) {
            let node = &graph.nodes[producer];
            match (&node.operator, node.inputs.first()) {
                (Operator::Reshape | Operator::Softmax { .. } | Operator::Unary(_), Some(&input)) => id = input,
                _ => break,
            }
        }
        id
    };
    graph.outputs.iter().map(before).collect()
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
    let runs = FloatRuns::of(&variant.graph, samples, tensors)?;
    let energies = runs.compare(&variant.graph, quantized, samples, options.numerics)?;
    let line = |(node, energy): (&&mote_graph::Node, &Energy)| {
        let id = node.outputs[0];
        let tensor = &quantized.tensors[id];
        let quantization = tensor.quantization.as_ref()?;
        let observed = variant.observations.get(id)?.as_ref()?;
        Some(LayerLine {
            origin: node.origin.clone(),
            operator: node.operator.name(),
            tensor: tensor.name.clone(),
            scale: quantization.scale(0),
            zero_point: quantization.zero_point(),
            range: (observed.histogram.minimum, observed.histogram.maximum),
            sqnr_db: energy.sqnr_db(),
            share_at_ends: energy.at_ends as f64 / energy.all.max(1) as f64,
        })
    };
    Ok(nodes.iter().zip(&energies).filter_map(line).collect())
}
