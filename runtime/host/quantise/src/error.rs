//! What can stop a quantisation.

use mote_compile::CompileError;

/// Why a graph was not quantised.
#[derive(Debug, thiserror::Error)]
pub enum QuantizeError {
    /// No sample to calibrate with.
    #[error("no samples to calibrate with: give at least one, a hundred varied ones are usual")]
    NoSamples,
    /// Operators that int8 cannot express, all of them.
    #[error("{} of the operators cannot be quantised to int8:\n{}", .0.len(), .0.join("\n"))]
    Unsupported(Vec<String>),
    /// A tensor took a value that is no number.
    #[error("tensor '{tensor}' becomes {value} on sample {sample}: look at the model's input scaling")]
    NotFinite {
        /// Name of the tensor.
        tensor: String,
        /// The value.
        value: f32,
        /// Index of the sample.
        sample: usize,
    },
    /// The float graph, or the quantised one, does not compile or run.
    #[error(transparent)]
    Compile(#[from] CompileError),
}
