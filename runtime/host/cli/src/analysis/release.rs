//! What pruning and clustering of weights would save in a compressed release, and what they would cost: each variant is
//! compiled and run, and its file deflated. An estimate for a choice, without any retraining.

use super::distribution::has_weights;
use anyhow::Result;
use miniz_oxide::deflate::compress_to_vec;
use mote_compile::{CompileOptions, compile};
use mote_engine::{Model, Port, operators};
use mote_graph::{ElementType, Graph};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Effort of the compression, of 10.
const DEFLATE_LEVEL: u8 = 9;

/// Rounds of Lloyd's algorithm; it converges on 256 values long before.
const CLUSTER_ROUNDS: usize = 40;

/// A change of the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// None.
    Nothing,
    /// The smallest magnitudes of each tensor become 0; their share in percent.
    Prune(u32),
    /// Each tensor keeps so many different stored values.
    Cluster(usize),
}

impl Change {
    /// The variants of a report.
    pub const ALL: [Self; 6] =
        [Self::Nothing, Self::Prune(30), Self::Prune(50), Self::Prune(70), Self::Cluster(32), Self::Cluster(16)];

    /// In words.
    pub fn name(self) -> String {
        match self {
            Self::Nothing => "as compiled".into(),
            Self::Prune(percent) => format!("smallest {percent} % pruned"),
            Self::Cluster(levels) => format!("{levels} levels a tensor"),
        }
    }
}

/// One variant.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseLine {
    /// What was changed.
    pub change: String,
    /// Model file without names and golden vectors.
    pub file_bytes: usize,
    /// The same deflated.
    pub deflated_bytes: usize,
    /// Share of int8 weights that are 0.
    pub zero_share: f64,
    /// Signal over error of the outputs against the reference, in decibels; none without data, or when nothing differs.
    pub output_sqnr_db: Option<f64>,
    /// Share of inferences whose largest output is where the unchanged model has it; none without data.
    pub same_answer_share: Option<f64>,
    /// First figure on the labelled data, when there is some.
    pub figure: Option<(String, f64)>,
}

/// `graph` with its int8 weights changed.
pub fn changed(graph: &Graph, change: Change) -> Graph {
    let mut result = graph.clone();
    let tensors: BTreeSet<usize> =
        graph.nodes.iter().filter(|node| has_weights(node)).filter_map(|node| node.inputs.get(1).copied()).collect();
    for id in tensors {
        let tensor = &mut result.tensors[id];
        let Some(values) = tensor.i8_data() else { continue };
        let values = match change {
            Change::Nothing => values,
            Change::Prune(percent) => prune(&values, percent),
            Change::Cluster(levels) => cluster(&values, levels),
        };
        tensor.data = Some(Arc::new(values.into_iter().map(|value| value as u8).collect()));
    }
    result
}

/// The smallest magnitudes to 0, at least `percent` of all (what is 0 already counts), and all of one magnitude alike.
fn prune(values: &[i8], percent: u32) -> Vec<i8> {
    let mut magnitudes: Vec<u8> = values.iter().map(|value| value.unsigned_abs()).collect();
    magnitudes.sort_unstable();
    let last = (values.len() * percent as usize / 100).checked_sub(1).and_then(|last| magnitudes.get(last));
    let bound = last.copied().unwrap_or(0);
    values.iter().map(|&value| if value.unsigned_abs() <= bound { 0 } else { value }).collect()
}

/// Each value to the nearest of `levels` means (Lloyd's algorithm over the counts of stored values, begun at quantiles).
fn cluster(values: &[i8], levels: usize) -> Vec<i8> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let quantile = |level: usize| sorted.get((2 * level + 1) * sorted.len() / (2 * levels)).copied();
    let mut centres: Vec<f64> = (0..levels).filter_map(quantile).map(f64::from).collect();
    centres.dedup();
    let mut counts = [0u64; 256];
    values.iter().for_each(|&value| counts[(i32::from(value) + 128) as usize] += 1);
    let nearest = |centres: &[f64], value: f64| {
        (0..centres.len()).min_by(|&a, &b| (centres[a] - value).abs().total_cmp(&(centres[b] - value).abs()))
    };
    for _ in 0..CLUSTER_ROUNDS {
        let mut sums = vec![(0.0, 0.0); centres.len()];
        for (slot, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let value = slot as f64 - 128.0;
            if let Some(at) = nearest(&centres, value) {
                sums[at].0 += value * count as f64;
                sums[at].1 += count as f64;
            }
        }
        let moved = |((sum, count), old): (&(f64, f64), &f64)| if *count > 0.0 { sum / count } else { *old };
        centres = sums.iter().zip(&centres).map(moved).collect();
    }
    let level = |value: i8| nearest(&centres, f64::from(value)).map_or(0.0, |at| centres[at]).round();
    values.iter().map(|&value| level(value) as i8).collect()
}

/// Compiles every variant of `graph`, runs it on `inputs`, and asks `figure` for its figure on labelled data. Errors are
/// counted against `reference` (real outputs by inference), or against the unchanged model's when that is empty.
pub fn variants(
    graph: &Graph,
    options: &CompileOptions,
    inputs: &[Vec<Vec<u8>>],
    reference: &[Vec<f64>],
    figure: impl Fn(&Model<'_>) -> Result<Option<(String, f64)>>,
) -> Result<Vec<ReleaseLine>> {
    let options = CompileOptions { golden_vectors: 0, keep_names: false, ..options.clone() };
    let mut lines = Vec::new();
    let mut plain: Vec<Vec<f64>> = Vec::new();
    for change in Change::ALL {
        let graph = changed(graph, change);
        let bytes = compile(&graph, &options)?.bytes;
        let model = Model::parse(&bytes, operators::native())?;
        let outputs = real_outputs(&model, inputs)?;
        if change == Change::Nothing {
            plain.clone_from(&outputs);
        }
        let expected = if reference.is_empty() { &plain } else { reference };
        lines.push(ReleaseLine {
            change: change.name(),
            file_bytes: bytes.len(),
            deflated_bytes: compress_to_vec(&bytes, DEFLATE_LEVEL).len(),
            zero_share: zero_share(&graph),
            output_sqnr_db: sqnr_db(expected, &outputs),
            same_answer_share: same_answers(&plain, &outputs),
            figure: figure(&model)?,
        });
    }
    Ok(lines)
}

fn zero_share(graph: &Graph) -> f64 {
    let weighted = graph.nodes.iter().filter(|node| has_weights(node)).filter_map(|node| node.inputs.get(1));
    let tensors = weighted.map(|&id| &graph.tensors[id]).filter(|tensor| tensor.element_type == ElementType::I8);
    let (mut zeros, mut all) = (0, 0);
    for data in tensors.filter_map(|tensor| tensor.data.as_ref()) {
        zeros += data.iter().filter(|&&byte| byte == 0).count();
        all += data.len();
    }
    zeros as f64 / all.max(1) as f64
}

/// All outputs of each inference in real values, one after the other.
pub fn real_outputs(model: &Model<'_>, inputs: &[Vec<Vec<u8>>]) -> Result<Vec<Vec<f64>>> {
    let mut memory = crate::runner::SessionMemory::for_model(model);
    let mut session = memory.session(model)?;
    let mut all = Vec::new();
    for one in inputs {
        let outputs = crate::runner::infer(&mut session, one, &mut mote_engine::Unobserved)?;
        let mut values = Vec::new();
        for (index, bytes) in outputs.iter().enumerate() {
            let Some(record) = model.output(index) else { continue };
            let port = Port { record, bytes };
            values.extend((0..record.shape.elements()).filter_map(|at| port.real(at)).map(f64::from));
        }
        all.push(values);
    }
    Ok(all)
}

fn sqnr_db(expected: &[Vec<f64>], found: &[Vec<f64>]) -> Option<f64> {
    let pairs = || expected.iter().flatten().zip(found.iter().flatten());
    let signal: f64 = pairs().map(|(expected, _)| expected * expected).sum();
    let error: f64 = pairs().map(|(expected, found)| (expected - found).powi(2)).sum();
    (error > 0.0 && signal > 0.0).then(|| 10.0 * (signal / error).log10())
}

fn same_answers(expected: &[Vec<f64>], found: &[Vec<f64>]) -> Option<f64> {
    let same = expected.iter().zip(found).filter(|(a, b)| crate::metrics::largest(a) == crate::metrics::largest(b));
    let several = expected.first().is_some_and(|outputs| outputs.len() > 1);
    several.then(|| same.count() as f64 / expected.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruning_takes_the_smallest_and_clustering_keeps_few() {
        let values: Vec<i8> = (-100..100).collect();
        let pruned = prune(&values, 30);
        assert_eq!(pruned.iter().filter(|&&value| value == 0).count(), 61);
        assert!(pruned.iter().all(|&value| value == 0 || value.unsigned_abs() > 30));
        assert_eq!(prune(&values, 0), values);
        let clustered = cluster(&values, 16);
        assert_eq!(clustered.iter().collect::<BTreeSet<_>>().len(), 16);
        assert!(values.iter().zip(&clustered).all(|(a, b)| a.abs_diff(*b) <= 13));
        // Fewer values than levels stay as they are.
        assert_eq!(cluster(&[3, 3, -9, 0], 16), [3, 3, -9, 0]);
        assert_eq!(cluster(&[], 16), [0i8; 0]);
    }
}
