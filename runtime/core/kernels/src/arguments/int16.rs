//! Arguments of kernels on int16 activations, whose zero points are all 0.

use super::{Binary, Conv2dShape, DepthwiseShape, Extremum, FullyConnectedShape};
use crate::{Fault, Memory, Rows, Span, Walk, WideChannels, Window};
use mote_numbers::Multiplier;

/// Weights and output stage of an int16 kernel: `clamp(requantize(bias + Σ input × weight))`, summed in 64 bits.
///
/// A product is at most 2²² in magnitude, so that a sum of less than 2⁴⁰ of them, and a bias below 2⁶², fits.
#[derive(Clone, Copy, Debug)]
pub struct WeightedI16 {
    /// Weights, int8, in the order the int8 kernel of the same name documents. Must be in the constant section.
    pub weights: Span,
    /// Table of [`WideChannels`], one entry per output channel. Must be in the constant section.
    pub channels: Span,
    /// Multipliers in the table: 1 or the number of output channels.
    pub multipliers: usize,
    /// True for one rounding of the 64-bit sum, false for two of its low 32 bits.
    pub wide: bool,
    /// Least output value, in int16.
    pub activation_minimum: i32,
    /// Greatest output value, in int16 and not below the least.
    pub activation_maximum: i32,
}

impl WeightedI16 {
    /// Weights and channel table, borrowed from the model for as long as it lives.
    #[inline(always)]
    pub fn constants<'a>(
        &self,
        memory: &Memory<'a>,
        output_channels: usize,
    ) -> Result<(&'a [u8], WideChannels<'a>), Fault> {
        let weights = memory.constant(self.weights)?;
        let table = memory.constant(self.channels)?;
        Ok((weights, WideChannels::new(table, output_channels, self.multipliers)?))
    }

    /// The output of `channel` for a sum with the bias in it.
    #[inline(always)]
    pub fn finish(&self, channels: &WideChannels<'_>, channel: usize, sum: i64) -> Result<i16, Fault> {
        let scaled = channels.requantized(channel, sum, self.wide)?;
        Ok(scaled.max(self.activation_minimum).min(self.activation_maximum) as i16)
    }
}

/// CONV_2D on int16. Weights as for int8. Needs no scratch; input and output share no byte.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dI16 {
    /// Geometry; both images have 2-byte elements.
    pub shape: Conv2dShape,
    /// Weights and output stage.
    pub weighted: WeightedI16,
}

/// DEPTHWISE_CONV_2D on int16. Weights as for int8. Needs no scratch; input and output share no byte.
#[derive(Clone, Copy, Debug)]
pub struct DepthwiseI16 {
    /// Geometry; both images have 2-byte elements.
    pub shape: DepthwiseShape,
    /// Weights and output stage.
    pub weighted: WeightedI16,
}

/// FULLY_CONNECTED on int16. Weights as for int8.
#[derive(Clone, Copy, Debug)]
pub struct FullyConnectedI16 {
    /// Operands and extents; spans hold 2-byte elements.
    pub shape: FullyConnectedShape,
    /// Weights and output stage.
    pub weighted: WeightedI16,
}

/// ADD and SUB on int16: both inputs are scaled to a common scale, added, and scaled to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddI16Parameters {
    /// First input's scale over twice the larger input scale; at most 1.
    pub a_multiplier: Multiplier,
    /// Second input's scale over twice the larger input scale; at most 1.
    pub b_multiplier: Multiplier,
    /// Twice the larger input scale over 2¹⁵ output scales; at most 1.
    pub output_multiplier: Multiplier,
    /// True for a − b.
    pub subtract: bool,
    /// Smallest output.
    pub activation_min: i16,
    /// Largest output.
    pub activation_max: i16,
}

/// MUL on int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiplyI16Parameters {
    /// Product of the input scales over the output scale.
    pub multiplier: Multiplier,
    /// Smallest output.
    pub activation_min: i16,
    /// Largest output.
    pub activation_max: i16,
}

/// Arguments of `add_i16`.
pub type AddI16 = Binary<AddI16Parameters>;
/// Arguments of `multiply_i16`.
pub type MultiplyI16 = Binary<MultiplyI16Parameters>;
/// Arguments of `extremum_i16`.
pub type ExtremumI16 = Binary<Extremum>;

/// Arguments of `average_pool_i16` and `max_pool_i16`. As [`super::PoolI8`], on int16.
#[derive(Clone, Copy, Debug)]
pub struct PoolI16 {
    /// Input rows.
    pub input: Rows,
    /// Output rows; as many images and channels as the input.
    pub output: Rows,
    /// Window; no dilation.
    pub window: Window,
    /// Order of rows and pixels.
    pub walk: Walk,
    /// Smallest output.
    pub activation_min: i16,
    /// Largest output.
    pub activation_max: i16,
}

/// Bytes of a table of [`SoftmaxI16`]: 512 values a step apart and the one past them, int16.
pub const SOFTMAX_TABLE_BYTES: usize = 2 * 513;

/// Arguments of `softmax_i16`: output scale 2⁻¹⁵. Units are rows. The output may be the input's span.
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxI16 {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Elements of one row.
    pub depth: usize,
    /// Input scale × beta × 65535 / 10: brings differences of −10 ..= 0 to −65535 ..= 0.
    pub multiplier: Multiplier,
    /// e^x for x in −10 ..= 0, [`SOFTMAX_TABLE_BYTES`] in the constant section.
    pub exponentials: Span,
    /// 1 / (1 + x) for x in 0 ..= 1, [`SOFTMAX_TABLE_BYTES`] in the constant section.
    pub reciprocals: Span,
}

/// Bytes of the table of [`CurveI16`]: 256 values, uint16.
pub const CURVE_TABLE_BYTES: usize = 2 * 256;

/// Arguments of `curve_i16`: LOGISTIC and TANH on int16, output scale 2⁻¹⁵. Units are elements. The output may start
/// exactly where the input starts.
#[derive(Clone, Copy, Debug)]
pub struct CurveI16 {
    /// Input.
    pub input: Span,
    /// Output of as many bytes.
    pub output: Span,
    /// True for the hyperbolic tangent, false for the logistic function.
    pub tangent: bool,
    /// Input scale × 3 × 2¹² × 2^shift, at most 65535.
    pub factor: i32,
    /// Right shift behind the factor, rounding half up; at most 31.
    pub shift: u32,
    /// The logistic function at i / 24 for i in 0 .. 256, [`CURVE_TABLE_BYTES`] in the constant section.
    pub table: Span,
}
