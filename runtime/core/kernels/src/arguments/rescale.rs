//! Changes of scale and integer type.

use crate::Span;
use mote_numbers::Multiplier;

/// Integer types of `rescale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerType {
    /// Signed byte.
    I8,
    /// 16-bit integer, little-endian.
    I16,
    /// 32-bit integer, little-endian.
    I32,
}

impl IntegerType {
    /// Bytes of one element.
    pub const fn bytes(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 => 4,
        }
    }
}

/// What `rescale` makes of a number x: `clamp((x − input zero point) × factor + output zero point)`, rounded as
/// [`mote_numbers::requantize`] does, with one factor for numbers not below the zero point and one for those below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RescaleParameters {
    /// Zero point of the input.
    pub input_zero_point: i32,
    /// Zero point of the output.
    pub output_zero_point: i32,
    /// Factor from the zero point on.
    pub positive: Multiplier,
    /// Factor below the zero point; the mantissa may be negative.
    pub negative: Multiplier,
    /// Smallest output.
    pub activation_min: i32,
    /// Largest output; not below the smallest; both within the output's type.
    pub activation_max: i32,
}

/// Arguments of `rescale`. Units are elements. The output may start exactly where the input starts when it is not the
/// wider of the two.
#[derive(Clone, Copy, Debug)]
pub struct Rescale {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Input type.
    pub from: IntegerType,
    /// Output type.
    pub to: IntegerType,
    /// What is computed.
    pub parameters: RescaleParameters,
}

/// Arguments of `quantize_f32_i16` and `dequantize_i16`; zero points are 0. Input and output must not overlap, but
/// quantising may write exactly where it reads.
#[derive(Clone, Copy, Debug)]
pub struct QuantizeI16 {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Scale; above 0.
    pub scale: f32,
}
