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
    /// Signal-to-quantisation-noise ratio of the outputs (before a softmax), in decibels.
    pub output_sqnr_db: f64,
}

/// One operator's output, float against int8, over the samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerLine {
    /// Where the operator came from.
    pub origin: String,
    /// Operator.
    pub operator: &'static str,
    /// Name of its output.
    pub tensor: String,
    /// Scale of the output.
    pub scale: f32,
    /// Zero point of the output.
    pub zero_point: i32,
    /// Least and greatest float value.
    pub range: (f32, f32),
    /// Signal-to-quantisation-noise ratio in decibels; errors of earlier operators count.
    pub sqnr_db: f64,
    /// Share of stored values at −128 or 127.
    pub share_at_ends: f64,
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
