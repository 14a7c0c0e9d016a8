//! What all kernels with weights have in common.

use crate::{Channels, Fault, Memory, Span};

/// Weights and output stage of an int8 kernel.
///
/// An output is `clamp(requantize(bias + Σ (input − input_zero_point) × weight) + output_zero_point)`; weights are
/// symmetric (zero point 0).
#[derive(Clone, Copy, Debug)]
pub struct WeightedI8 {
    /// Weights, one byte each, in the order the kernel documents. Must be in the constant section.
    pub weights: Span,
    /// Table of [`Channels`], one entry per output channel. Must be in the constant section.
    pub channels: Span,
    /// Multipliers in the table: 1 or the number of output channels.
    pub multipliers: usize,
    /// Zero point of the input, in −128 ..= 127.
    pub input_zero_point: i32,
    /// Zero point of the output, in −128 ..= 127.
    pub output_zero_point: i32,
    /// Least output value, in −128 ..= 127.
    pub activation_minimum: i32,
    /// Greatest output value, in −128 ..= 127 and not below the least.
    pub activation_maximum: i32,
}

impl WeightedI8 {
    /// Weights and channel table, borrowed from the model for as long as it lives.
    #[inline(always)]
    pub fn constants<'a>(
        &self,
        memory: &Memory<'a>,
        output_channels: usize,
    ) -> Result<(&'a [u8], Channels<'a>), Fault> {
        let weights = memory.constant(self.weights)?;
        let table = memory.constant(self.channels)?;
        Ok((weights, Channels::new(table, output_channels, self.multipliers)?))
    }
}

/// Weights and output stage of a float32 kernel.
///
/// An output is `clamp(Σ input × weight + bias)`, summed from 0.0 in the order the kernel documents.
#[derive(Clone, Copy, Debug)]
pub struct WeightedF32 {
    /// Weights, little-endian f32, in the order the kernel documents. Must be in the constant section.
    pub weights: Span,
    /// Bias, little-endian f32, one per output channel. Must be in the constant section.
    pub biases: Span,
    /// Least output value; −∞ for none.
    pub activation_minimum: f32,
    /// Greatest output value; +∞ for none.
    pub activation_maximum: f32,
}

impl WeightedF32 {
    /// Weights and biases, borrowed from the model for as long as it lives; a fault when there is not exactly one
    /// bias per output channel.
    #[inline(always)]
    pub fn constants<'a>(&self, memory: &Memory<'a>, output_channels: usize) -> Result<(&'a [u8], &'a [u8]), Fault> {
        let biases = memory.constant(self.biases)?;
        if Some(biases.len()) != output_channels.checked_mul(4) {
            return Err(Fault);
        }
        Ok((memory.constant(self.weights)?, biases))
    }

    /// `total` plus `bias`, within the activation range. NaN stays NaN.
    #[inline(always)]
    pub fn finish(&self, total: f32, bias: f32) -> f32 {
        let sum = total + bias;
        let raised = if sum < self.activation_minimum { self.activation_minimum } else { sum };
        if raised > self.activation_maximum { self.activation_maximum } else { raised }
    }
}
