//! Exact slimming: a graph that computes the same bytes with less work.
//!
//! Integer graphs lose channels whose value is the same for every input (constant or saturated) and channels nothing
//! reads; their part in later layers goes into biases. All graphs lose operators that do nothing, operators whose
//! result nobody reads, and explicit padding in front of convolutions. No rewrite rounds differently: every channel
//! that stays holds the source's values at every position, which [`Slimmed::kept_channels`] lets a tool compare layer
//! by layer. Source and result are run on extreme and random inputs before the result is handed out.
//!
//! Not here: lowering and planning. Border-dependent constants are not folded: such channels stay.

mod arithmetic;
mod classes;
mod dead;
mod elementwise;
mod fold;
mod identity;
mod intervals;
mod keep;
mod padding;
mod patterns;
mod report;
mod self_check;
mod ties;
mod view;
mod weighted;

pub use report::{AccumulatorBound, Rewrite, RewriteKind, SlimReport};

use mote_format::Numerics;
use mote_graph::{Graph, GraphError, TensorId, verify};
use std::collections::BTreeMap;
use thiserror::Error;

/// How to slim.
#[derive(Clone, Debug)]
pub struct SlimOptions {
    /// Whose rounding the model is compiled for.
    pub numerics: Numerics,
    /// False leaves out folding and dropping of channels; structural rewrites are always done.
    pub channels: bool,
    /// Seed of the random inputs of the self-check.
    pub seed: u64,
    /// Random inputs of the self-check, besides the fixed patterns; at least 8 are used.
    pub random_inputs: usize,
}

impl Default for SlimOptions {
    fn default() -> Self {
        Self { numerics: Numerics::Tflm, channels: true, seed: 1, random_inputs: 8 }
    }
}

/// Runs a graph once from its initial state: one byte vector per graph input in, one per graph output out.
pub type Evaluate<'a> = dyn FnMut(&Graph, &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> + 'a;

/// Where an activation of the slimmed graph comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptChannels {
    /// The tensor of the source graph.
    pub source: TensorId,
    /// For each index along the last axis, its index along the last axis of the source tensor; ascending. A scalar
    /// counts as one channel.
    pub channels: Vec<usize>,
}

/// Result of [`slim`].
#[derive(Clone, Debug)]
pub struct Slimmed {
    /// The graph, without unused tensors.
    pub graph: Graph,
    /// What was done.
    pub report: SlimReport,
    /// For every tensor of `graph` that is not a constant and stands for one of the source: which. Elements of kept
    /// channels equal the source's for every input.
    pub kept_channels: BTreeMap<TensorId, KeptChannels>,
}

/// Why a graph was not slimmed. The unslimmed graph is as good as before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SlimError {
    /// The source is not a valid graph.
    #[error("the source graph is not valid: {0}")]
    Source(GraphError),
    /// A rewrite broke the graph.
    #[error("{stage}: the rewritten graph is not valid: {error}")]
    Rewritten {
        /// The kind of rewrite.
        stage: RewriteKind,
        /// What is broken.
        error: GraphError,
    },
    /// A graph could not be run.
    #[error("self-check: {graph} graph does not run: {reason}")]
    Evaluation {
        /// `source`, or the kind of rewrite.
        graph: String,
        /// The evaluator's words.
        reason: String,
    },
    /// The slimmed graph gives other bytes than the source.
    #[error("self-check: input '{input}': output {output} differs at byte {byte} after {stage} ({rewrites})")]
    Differs {
        /// The first kind of rewrite after which the output differs.
        stage: RewriteKind,
        /// Its rewrites, for people.
        rewrites: String,
        /// Name of the input pattern.
        input: String,
        /// Index of the output.
        output: usize,
        /// First differing byte; the shorter length when lengths differ.
        byte: usize,
    },
    /// The sum of a rewritten operator could leave 32 bits.
    #[error("{origin}: accumulator between {low} and {high} is not proved to fit 32 bits after folding")]
    Accumulator {
        /// The operator.
        origin: String,
        /// Smallest possible sum.
        low: i64,
        /// Largest possible sum.
        high: i64,
    },
}

/// A graph after one kind of rewrite.
struct Stage {
    kind: RewriteKind,
    graph: Graph,
    /// The rewrites of this stage: a range of the report's list.
    rewrites: std::ops::Range<usize>,
}

/// Slims `graph`. `evaluate` runs the source, the result and (for tables of elementwise operators) one-node graphs.
///
/// # Errors
/// [`SlimError`]; the caller then compiles the source as it is.
pub fn slim(graph: &Graph, options: &SlimOptions, evaluate: &mut Evaluate<'_>) -> Result<Slimmed, SlimError> {
    verify(graph).map_err(SlimError::Source)?;
    let mut rewrites = Vec::new();
    let mut stages: Vec<Stage> = Vec::new();
    let mut current = graph.clone();
    let mut record = |kind: RewriteKind, before: usize, rewrites: &[Rewrite], graph: &Graph| {
        if rewrites.len() > before {
            verify(graph).map_err(|error| SlimError::Rewritten { stage: kind, error })?;
            stages.push(Stage { kind, graph: graph.clone(), rewrites: before..rewrites.len() });
        }
        Ok::<(), SlimError>(())
    };
    type Pass = fn(&mut Graph, &mut Vec<Rewrite>);
    let structural: [(RewriteKind, Pass); 3] = [
        (RewriteKind::Identity, identity::remove_identities),
        (RewriteKind::Padding, padding::fold_padding),
        (RewriteKind::DeadOperator, dead::remove_dead_operators),
    ];
    for (kind, pass) in structural {
        let before = rewrites.len();
        pass(&mut current, &mut rewrites);
        record(kind, before, &rewrites, &current)?;
    }
    let mut kept = fold::all_channels(graph);
    let mut bounds = Vec::new();
    let integer = current.nodes.iter().any(|node| view::View::of(&current, node).is_some());
    if integer && options.channels {
        let before = rewrites.len();
        bounds = fold::slim_channels(&mut current, options, evaluate, &mut kept, &mut rewrites)?;
        record(RewriteKind::Channels, before, &rewrites, &current)?;
    }
    let (slimmed, sources) = dead::drop_unused_tensors(&current);
    let checked_inputs = match stages.is_empty() {
        true => 0,
        false => self_check::check(graph, &stages, &rewrites, &slimmed, options, evaluate)?,
    };
    let report = SlimReport {
        source_macs: graph.macs(),
        macs: slimmed.macs(),
        source_weight_bytes: graph.weight_bytes(),
        weight_bytes: slimmed.weight_bytes(),
        rewrites,
        accumulators: bounds,
        checked_inputs,
    };
    let kept_channels = sources
        .iter()
        .enumerate()
        .filter(|&(id, &source)| slimmed.tensors[id].data.is_none() && source < graph.tensors.len())
        .map(|(id, &source)| (id, KeptChannels { source, channels: std::mem::take(&mut kept[source]) }))
        .collect();
    Ok(Slimmed { graph: slimmed, report, kept_channels })
}
