//! What a quantisation found and decided, as data.

use serde::Serialize;

/// One combination of settings and how it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// Choice of ranges.
    pub method: &'static str,
    /// Channels were brought to one range.
    pub equalized: bool,
    /// Biases were corrected.
    pub bias_corrected: bool,
    /// Weights were rounded together and biases fitted, layer after layer, to the inputs each layer really gets.
    pub weights_fitted: bool,
    /// Signal-to-quantisation-noise ratio of the outputs in decibels, over the samples. Before a softmax: of what it reads,
    /// without the mean of each row.
    pub output_sqnr_db: f64,
    /// The same on samples that ranges and weights were not made from: of each half of the samples, with the other half's;
    /// measured where it decides whether weights are fitted.
    pub unseen_sqnr_db: Option<f64>,
}

/// Values of a tensor over all samples, in equal bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistogramLine {
    /// Lower end of the first bin.
    pub low: f64,
    /// Upper end of the last bin.
    pub high: f64,
    /// Values in each bin.
    pub counts: Vec<u64>,
}

/// One operator's output, float against integer, over the samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerLine {
    /// Where the operator came from.
    pub origin: String,
    /// Operator.
    pub operator: &'static str,
    /// Name of its output.
    pub tensor: String,
    /// Element type of the output.
    pub element_type: &'static str,
    /// Scale of the output.
    pub scale: f32,
    /// Zero point of the output.
    pub zero_point: i32,
    /// Least and greatest float value.
    pub range: (f32, f32),
    /// Least and greatest value that can be stored: what lies beyond is clipped.
    pub stored_range: (f32, f32),
    /// Signal-to-quantisation-noise ratio in decibels; errors of earlier operators count.
    pub sqnr_db: f64,
    /// Share of stored values at either end of the type.
    pub share_at_ends: f64,
    /// Float values.
    pub histogram: HistogramLine,
}

/// What a quantisation found and decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuantizeReport {
    /// Samples calibrated with.
    pub samples: usize,
    /// The settings taken.
    pub chosen: Trial,
    /// All that were tried, in order.
    pub trials: Vec<Trial>,
    /// Pairs of layers whose channels were equalised.
    pub equalized_pairs: usize,
    /// Every operator.
    pub layers: Vec<LayerLine>,
}
