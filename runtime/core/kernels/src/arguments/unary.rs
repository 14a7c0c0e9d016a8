//! Elementwise operators of one input. Units are elements.

use crate::Span;

/// Arguments of `lookup_8`. The output may start exactly where the input starts.
#[derive(Clone, Copy, Debug)]
pub struct Lookup8 {
    /// Input, int8 or uint8.
    pub input: Span,
    /// Output of as many bytes.
    pub output: Span,
    /// 256 constant bytes: entry i is the output for the input byte i, read as unsigned whatever its type.
    pub table: Span,
}

/// Float function of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnaryKindF32 {
    /// max(x, 0).
    Relu,
    /// x clamped to 0 ..= 6.
    Relu6,
    /// x clamped to −1 ..= 1.
    ReluN1To1,
    /// x, or alpha × x below 0.
    LeakyRelu(f32),
    /// 1 / (1 + e^−x).
    Logistic,
    /// tanh x.
    Tanh,
    /// x × clamp(x + 3, 0, 6) / 6.
    HardSwish,
    /// |x|.
    Abs,
    /// e^x.
    Exp,
    /// Natural logarithm.
    Log,
    /// Square root.
    Sqrt,
    /// 1 / √x.
    Rsqrt,
    /// 1 / x.
    Reciprocal,
    /// −x.
    Negate,
    /// Error function.
    Erf,
    /// x × Φ(x), by the error function.
    Gelu,
    /// x × Φ(x), approximated by the hyperbolic tangent.
    GeluTanh,
    /// x / (1 + e^−x).
    Silu,
    /// x × tanh(ln(1 + e^x)).
    Mish,
    /// ln(1 + e^x).
    Softplus,
    /// Largest whole number not above x.
    Floor,
    /// Smallest whole number not below x.
    Ceil,
    /// Nearest whole number, ties to even.
    Round,
    /// −1, 0 or 1.
    Sign,
    /// x, or this × (e^x − 1) below 0.
    Elu(f32),
    /// First × x + second, within 0 to 1.
    HardSigmoid(f32, f32),
    /// x within the two limits.
    Clip(f32, f32),
}

/// Arguments of `unary_f32`. The output may start exactly where the input starts.
#[derive(Clone, Copy, Debug)]
pub struct UnaryF32 {
    /// Input.
    pub input: Span,
    /// Output of as many bytes.
    pub output: Span,
    /// Function.
    pub kind: UnaryKindF32,
}

/// Arguments of `quantize_f32` and `dequantize_8`. Input and output must not overlap, but quantising may write exactly
/// where it reads.
#[derive(Clone, Copy, Debug)]
pub struct Quantize {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Scale; above 0.
    pub scale: f32,
    /// Zero point, within the 8-bit type.
    pub zero_point: i32,
    /// True when the 8-bit side is uint8, false for int8.
    pub unsigned: bool,
}

/// Element types of `cast`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastType {
    /// Signed byte.
    I8,
    /// Unsigned byte.
    U8,
    /// Byte that is 0 or 1.
    Bool,
    /// 32-bit integer, little-endian.
    I32,
    /// Single precision, little-endian.
    F32,
}

impl CastType {
    /// Bytes of one element.
    pub const fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I32 | Self::F32 => 4,
        }
    }
}

/// Arguments of `cast`. The output may start exactly where the input starts when it is not the wider of the two.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Input type.
    pub from: CastType,
    /// Output type.
    pub to: CastType,
}
