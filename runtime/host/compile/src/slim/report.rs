//! What slimming did, for people and tools.

use std::fmt;

/// Kind of a rewrite, in the order they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewriteKind {
    /// An operator that changes nothing was removed, or two of a kind were merged.
    Identity,
    /// Explicit padding went into a convolution.
    Padding,
    /// An operator whose result nobody reads was removed.
    DeadOperator,
    /// Channels were dropped, folded into biases, or made constant.
    Channels,
}

impl fmt::Display for RewriteKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Identity => "identity removal",
            Self::Padding => "padding folding",
            Self::DeadOperator => "dead operator removal",
            Self::Channels => "channel slimming",
        })
    }
}

/// One rewrite of one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Kind.
    pub kind: RewriteKind,
    /// The operator's origin (for TFLite: `#3 CONV_2D`).
    pub origin: String,
    /// What was done, for people.
    pub what: String,
    /// Multiply-accumulates of one inference that went away.
    pub macs_saved: u64,
    /// Bytes of weights (not biases) that went away.
    pub weight_bytes_saved: u64,
}

impl Rewrite {
    /// A rewrite that removes no arithmetic.
    pub(super) fn structural(kind: RewriteKind, origin: &str, what: String) -> Self {
        Self { kind, origin: origin.into(), what, macs_saved: 0, weight_bytes_saved: 0 }
    }
}

/// Proved range of the 32-bit sum of an operator with weights, over all inputs, channels and positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccumulatorBound {
    /// The operator's origin.
    pub origin: String,
    /// Smallest possible sum, bias included.
    pub low: i64,
    /// Largest possible sum, bias included.
    pub high: i64,
}

impl AccumulatorBound {
    /// True when no sum leaves 32 bits: |sum| < 2³¹.
    pub fn fits_32_bits(&self) -> bool {
        self.low > -(1 << 31) && self.high < 1 << 31
    }

    /// Bits of a two's complement integer that holds every sum, sign included.
    pub fn bits(&self) -> u32 {
        let magnitude = self.high.max(!self.low).max(0) as u64;
        65 - magnitude.leading_zeros()
    }
}

/// What [`super::slim`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlimReport {
    /// All rewrites, in order.
    pub rewrites: Vec<Rewrite>,
    /// Multiply-accumulates of the source, as [`mote_graph::Graph::macs`] counts them.
    pub source_macs: u64,
    /// Multiply-accumulates of the result.
    pub macs: u64,
    /// Weight bytes of the source, as [`mote_graph::Graph::weight_bytes`] counts them.
    pub source_weight_bytes: u64,
    /// Weight bytes of the result.
    pub weight_bytes: u64,
    /// Proved sums of the result's integer operators with weights, in order; empty when channels were not analysed.
    pub accumulators: Vec<AccumulatorBound>,
    /// Inputs on which source and result were run and compared; 0 when nothing was rewritten.
    pub checked_inputs: usize,
}
