//! Arguments of FULLY_CONNECTED.

use super::weighted::{WeightedF32, WeightedI8};
use crate::Span;

/// Output channels of one unit of work; the same on every target, so that progress counts alike everywhere.
pub const FULLY_CONNECTED_BLOCK: usize = 16;

/// The shape of a fully connected layer, whatever the element type: [rows, depth] → [rows, outputs].
#[derive(Clone, Copy, Debug)]
pub struct FullyConnectedShape {
    /// Input of rows × depth elements. Must not share bytes with the output.
    pub input: Span,
    /// Output of rows × outputs elements.
    pub output: Span,
    /// Vectors.
    pub rows: usize,
    /// Elements of one input vector.
    pub depth: usize,
    /// Elements of one output vector.
    pub outputs: usize,
}

impl FullyConnectedShape {
    /// Blocks of [`FULLY_CONNECTED_BLOCK`] outputs (the last may be shorter) of one row.
    #[inline(always)]
    pub fn blocks(&self) -> usize {
        self.outputs.div_ceil(FULLY_CONNECTED_BLOCK)
    }

    /// Independent slices of work: blocks of outputs of row 0, then of row 1, …
    pub fn units(&self) -> usize {
        self.rows.wrapping_mul(self.blocks())
    }
}

/// FULLY_CONNECTED on int8. Weights are [outputs, depth]. Needs no scratch.
#[derive(Clone, Copy, Debug)]
pub struct FullyConnectedI8 {
    /// Geometry, with 1-byte elements.
    pub shape: FullyConnectedShape,
    /// Weights and output stage.
    pub weighted: WeightedI8,
}

/// FULLY_CONNECTED on int8 as LiteRT computes it: each sum times a float64 factor, rounded once. Weights are
/// [outputs, depth]. Needs no scratch.
#[derive(Clone, Copy, Debug)]
pub struct FullyConnectedLitertI8 {
    /// Geometry, with 1-byte elements.
    pub shape: FullyConnectedShape,
    /// Weights, one byte each. Must be in the constant section.
    pub weights: Span,
    /// Bias of each output, little-endian i32. Must be in the constant section.
    pub biases: Span,
    /// Factors, little-endian float64: one, or one per output. Must be in the constant section.
    pub factors: Span,
    /// Zero point of the input, in −128 ..= 127.
    pub input_zero_point: i32,
    /// Zero point of the output, in −128 ..= 127.
    pub output_zero_point: i32,
    /// Least output value, in −128 ..= 127.
    pub activation_minimum: i32,
    /// Greatest output value, in −128 ..= 127 and not below the least.
    pub activation_maximum: i32,
}

/// FULLY_CONNECTED on float32. Weights as for int8; each output is summed over the depth from its start. Needs no
/// scratch.
#[derive(Clone, Copy, Debug)]
pub struct FullyConnectedF32 {
    /// Geometry, with 4-byte elements.
    pub shape: FullyConnectedShape,
    /// Weights and output stage.
    pub weighted: WeightedF32,
}
