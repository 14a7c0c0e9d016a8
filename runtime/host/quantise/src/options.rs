//! What the caller decides about a quantisation.

use mote_format::Numerics;

/// How an activation's range is chosen from the values it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Smallest to largest value.
    MinMax,
    /// Leaves out this share of the values at either end (0.001 is one in a thousand).
    Percentile(f64),
    /// Least mean square of rounding and clipping error.
    MeanSquaredError,
    /// Least information lost: Kullback-Leibler divergence of the clipped and rounded distribution (the method of
    /// Migacz, "8-bit inference with TensorRT", 2017).
    Entropy,
}

impl Method {
    /// Name as options spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min-max",
            Self::Percentile(_) => "percentile",
            Self::MeanSquaredError => "mse",
            Self::Entropy => "entropy",
        }
    }
}

/// Which settings are tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Search {
    /// The best of all methods, with and without equalisation and bias correction, by the outputs' signal-to-noise ratio
    /// on the samples.
    Best,
    /// These settings and no other.
    Only {
        /// Choice of ranges.
        method: Method,
        /// Channels of a tensor brought to one range.
        equalize: bool,
        /// Biases corrected for the weights' rounding.
        correct_bias: bool,
    },
}

/// What the caller decides about a quantisation.
#[derive(Clone, Copy, Debug)]
pub struct QuantizeOptions {
    /// Settings.
    pub search: Search,
    /// Rounding the result is measured with.
    pub numerics: Numerics,
    /// Graph inputs and outputs stay float32, converted at either end.
    pub float_ports: bool,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        Self { search: Search::Best, numerics: Numerics::Tflm, float_ports: false }
    }
}
