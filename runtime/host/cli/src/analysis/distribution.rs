//! Distributions of weights and activations, in bins that a picture can show.

use mote_graph::{ElementType, Graph, Node, Operator, Tensor};
use mote_quantise::Histogram;
use serde::Serialize;

/// Bins of a picture.
const BINS: usize = 64;

/// Counts in equal bins.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Distribution {
    /// Lower end of the first bin.
    pub low: f64,
    /// Upper end of the last bin.
    pub high: f64,
    /// Counts.
    pub counts: Vec<u64>,
}

impl Distribution {
    /// Of `values` with their counts; all of one value stand in one bin.
    pub fn of(values: &[(f64, u64)]) -> Self {
        let ends = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &(value, _)| (low.min(value), high.max(value)));
        if values.is_empty() {
            return Self::default();
        }
        let (low, high) = if ends.0 < ends.1 { ends } else { (ends.0 - 0.5, ends.1 + 0.5) };
        let mut counts = vec![0; BINS];
        for &(value, count) in values {
            let bin = (value - low) / (high - low) * BINS as f64;
            counts[(bin as usize).min(BINS - 1)] += count;
        }
        Self { low, high, counts }
    }

    /// Of what a tensor did.
    pub fn of_histogram(histogram: &Histogram) -> Self {
        Self::of(&histogram.occupied())
    }
}

/// The weights of one operator.
#[derive(Clone, Debug, Serialize)]
pub struct WeightLine {
    /// Where the operator came from.
    pub origin: String,
    /// Name of the tensor.
    pub tensor: String,
    /// Extents.
    pub shape: Vec<usize>,
    /// Bytes.
    pub bytes: usize,
    /// Stored integers (of int8 weights) or real values.
    pub distribution: Distribution,
    /// Share of weights that are exactly 0.
    pub zero_share: f64,
    /// Share of weights of at most one hundredth of the tensor's largest magnitude.
    pub near_zero_share: f64,
    /// Share of int8 weights at −127, −128 or 127; none for others.
    pub at_ends_share: Option<f64>,
    /// Entropy of the stored bytes in bits per byte: what an ideal coder without context needs.
    pub entropy_bits: f64,
}

/// True for operators with constant weights in their second input.
pub fn has_weights(node: &Node) -> bool {
    matches!(
        node.operator,
        Operator::Conv2d { .. }
            | Operator::DepthwiseConv2d { .. }
            | Operator::TransposeConv2d { .. }
            | Operator::FullyConnected { .. }
    )
}

/// A line for every operator with weights.
pub fn weights(graph: &Graph) -> Vec<WeightLine> {
    let line = |node: &Node| {
        let tensor = &graph.tensors[*node.inputs.get(1)?];
        let values = values(tensor)?;
        let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let share = |holds: &dyn Fn(f64) -> bool| {
            values.iter().filter(|value| holds(**value)).count() as f64 / values.len().max(1) as f64
        };
        let counted: Vec<(f64, u64)> = values.iter().map(|&value| (value, 1)).collect();
        let int8 = tensor.element_type == ElementType::I8;
        Some(WeightLine {
            origin: node.origin.clone(),
            tensor: tensor.name.clone(),
            shape: tensor.shape.clone(),
            bytes: tensor.bytes(),
            distribution: Distribution::of(&counted),
            zero_share: share(&|value| value == 0.0),
            near_zero_share: share(&|value| value.abs() <= largest / 100.0),
            at_ends_share: int8.then(|| share(&|value| value.abs() >= 127.0)),
            entropy_bits: entropy(tensor.data.as_ref()?),
        })
    };
    graph.nodes.iter().filter(|node| has_weights(node)).filter_map(line).collect()
}

fn values(tensor: &Tensor) -> Option<Vec<f64>> {
    match tensor.element_type {
        ElementType::I8 => Some(tensor.i8_data()?.into_iter().map(f64::from).collect()),
        ElementType::F32 => Some(tensor.f32_data()?.into_iter().map(f64::from).collect()),
        _ => None,
    }
}

/// −Σ p·log2 p over the bytes.
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u64; 256];
    bytes.iter().for_each(|&byte| counts[byte as usize] += 1);
    let all = bytes.len().max(1) as f64;
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / all);
    shares.map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_the_counts() {
        assert_eq!(entropy(&[7; 100]), 0.0);
        assert!((entropy(&[0, 1, 2, 3]) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn every_value_is_in_a_bin() {
        let values: Vec<(f64, u64)> = (-100..=100).map(|value| (f64::from(value) / 7.0, 3)).collect();
        let distribution = Distribution::of(&values);
        assert_eq!(distribution.counts.iter().sum::<u64>(), 603);
        assert_eq!(Distribution::of(&[(2.0, 5)]).counts.iter().sum::<u64>(), 5);
        assert!(Distribution::of(&[]).counts.is_empty());
    }
}
