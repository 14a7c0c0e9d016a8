//! What the caller decides about a compilation.

use crate::custom::CustomOptions;
use mote_format::Numerics;

/// What an application should know of a graph input or output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortOptions {
    /// Class labels in order; empty when there are none.
    pub labels: Vec<String>,
    /// How raw data becomes this tensor, in words a tool may know (`image/255`, `wav`); empty when unknown.
    pub preprocessing: String,
}

/// A measured figure for the passport.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricOption {
    /// Plain name: `accuracy`, `mse`.
    pub name: String,
    /// Value.
    pub value: f64,
    /// Samples it was measured on.
    pub samples: u32,
}

/// What the caller decides about a compilation.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    /// Rounding to compile for.
    pub numerics: Numerics,
    /// Remove what provably cannot change the result.
    pub slim: bool,
    /// Name of the model; empty takes the graph's.
    pub name: String,
    /// Version of the model, the author's.
    pub version: String,
    /// SHA-256 of the source model file.
    pub source_sha256: [u8; 32],
    /// Graph inputs in order; fewer than there are leaves the rest empty.
    pub inputs: Vec<PortOptions>,
    /// Graph outputs in order.
    pub outputs: Vec<PortOptions>,
    /// Measured figures.
    pub metrics: Vec<MetricOption>,
    /// How the source was quantised, in words.
    pub quantizer: String,
    /// Write names of tensors and operators, for tools.
    pub keep_names: bool,
    /// Golden vectors: inputs generated from the seeds 0 .. this.
    pub golden_vectors: u32,
    /// Give every tensor memory of its own, so that all of them can be read after a run.
    pub keep_every_tensor: bool,
    /// Custom operators.
    pub custom: CustomOptions,
}

impl Default for CompileOptions {
    /// TFLM's rounding, slimming, names, four golden vectors.
    fn default() -> Self {
        Self {
            numerics: Numerics::Tflm,
            slim: true,
            name: String::new(),
            version: String::new(),
            source_sha256: [0; 32],
            inputs: Vec::new(),
            outputs: Vec::new(),
            metrics: Vec::new(),
            quantizer: String::new(),
            keep_names: true,
            golden_vectors: 4,
            keep_every_tensor: false,
            custom: CustomOptions::default(),
        }
    }
}
