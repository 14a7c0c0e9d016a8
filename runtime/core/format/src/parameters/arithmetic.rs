//! Parameters of elementwise operators. Zero points are those of the operands' tensor records.

use crate::fixed::{Fixed, fixed};

fixed! {
    /// mantissa × 2^(shift − 31).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MultiplierParameters {
        /// 0, or 2³⁰ ..= 2³¹ − 1.
        pub mantissa: i32,
        /// −31 ..= 30; positive shifts left.
        pub shift: i8,
    }
}

fixed! {
    /// Parameters of `ADD_I8`. Inputs: two int8 tensors whose shapes broadcast to that of the one output, int8.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AddParameters {
        /// First input's scale over twice the larger input scale; at most 1.
        pub a: MultiplierParameters,
        /// Second input's scale over twice the larger input scale; at most 1.
        pub b: MultiplierParameters,
        /// Twice the larger input scale over 2²⁰ output scales; at most 1.
        pub output: MultiplierParameters,
        /// True for a − b.
        pub subtract: bool,
        /// Smallest output.
        pub activation_min: i8,
        /// Largest output.
        pub activation_max: i8,
    }
}

fixed! {
    /// Parameters of `MULTIPLY_I8`. Operands as for `ADD_I8`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MultiplyParameters {
        /// Product of the input scales over the output scale.
        pub multiplier: MultiplierParameters,
        /// Smallest output.
        pub activation_min: i8,
        /// Largest output.
        pub activation_max: i8,
    }
}

fixed! {
    /// Parameters of `EXTREMUM_I8`. Operands as for `ADD_I8`, all of one quantisation.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ExtremumParameters {
        /// True for the larger, false for the smaller.
        pub maximum: bool,
    }
}

/// Operator of `BINARY_F32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a × b.
    Multiply,
    /// The larger.
    Maximum,
    /// The smaller.
    Minimum,
}

/// One byte: 0 for the first, 1 for the second, …
impl Fixed for BinaryKind {
    const BYTES: usize = 1;

    #[inline(always)]
    fn read(raw: &[u8], at: usize) -> Option<Self> {
        Some(match u8::read(raw, at)? {
            0 => Self::Add,
            1 => Self::Subtract,
            2 => Self::Multiply,
            3 => Self::Maximum,
            4 => Self::Minimum,
            _ => return None,
        })
    }

    fn write(&self, put: &mut impl FnMut(&[u8])) {
        put(&[*self as u8]);
    }
}

fixed! {
    /// Parameters of `BINARY_F32`. Inputs: two float32 tensors whose shapes broadcast to that of the one output, float32.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct BinaryF32Parameters {
        /// Operator.
        pub kind: BinaryKind,
        /// Smallest output; −∞ without activation.
        pub activation_min: f32,
        /// Largest output; +∞ without activation.
        pub activation_max: f32,
    }
}

/// Function of `UNARY_F32`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnaryKind {
    /// max(x, 0).
    Relu,
    /// x clamped to 0 ..= 6.
    Relu6,
    /// x clamped to −1 ..= 1.
    ReluN1To1,
    /// x, or this × x below 0.
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

/// One byte, 0 for the first, 1 for the second, …; then the two numbers of the functions that have them, else 0.
impl Fixed for UnaryKind {
    const BYTES: usize = 1 + 2 * f32::BYTES;

    #[inline(always)]
    fn read(raw: &[u8], at: usize) -> Option<Self> {
        Some(match u8::read(raw, at)? {
            0 => Self::Relu,
            1 => Self::Relu6,
            2 => Self::ReluN1To1,
            3 => Self::LeakyRelu(f32::read(raw, at + 1)?),
            4 => Self::Logistic,
            5 => Self::Tanh,
            6 => Self::HardSwish,
            7 => Self::Abs,
            8 => Self::Exp,
            9 => Self::Log,
            10 => Self::Sqrt,
            11 => Self::Rsqrt,
            12 => Self::Reciprocal,
            13 => Self::Negate,
            14 => Self::Erf,
            15 => Self::Gelu,
            16 => Self::GeluTanh,
            17 => Self::Silu,
            18 => Self::Mish,
            19 => Self::Softplus,
            20 => Self::Floor,
            21 => Self::Ceil,
            22 => Self::Round,
            23 => Self::Sign,
            24 => Self::Elu(f32::read(raw, at + 1)?),
            25 => Self::HardSigmoid(f32::read(raw, at + 1)?, f32::read(raw, at + 5)?),
            26 => Self::Clip(f32::read(raw, at + 1)?, f32::read(raw, at + 5)?),
            _ => return None,
        })
    }

    fn write(&self, put: &mut impl FnMut(&[u8])) {
        let (kind, first, second) = match *self {
            Self::Relu => (0u8, 0.0, 0.0),
            Self::Relu6 => (1, 0.0, 0.0),
            Self::ReluN1To1 => (2, 0.0, 0.0),
            Self::LeakyRelu(factor) => (3, factor, 0.0),
            Self::Logistic => (4, 0.0, 0.0),
            Self::Tanh => (5, 0.0, 0.0),
            Self::HardSwish => (6, 0.0, 0.0),
            Self::Abs => (7, 0.0, 0.0),
            Self::Exp => (8, 0.0, 0.0),
            Self::Log => (9, 0.0, 0.0),
            Self::Sqrt => (10, 0.0, 0.0),
            Self::Rsqrt => (11, 0.0, 0.0),
            Self::Reciprocal => (12, 0.0, 0.0),
            Self::Negate => (13, 0.0, 0.0),
            Self::Erf => (14, 0.0, 0.0),
            Self::Gelu => (15, 0.0, 0.0),
            Self::GeluTanh => (16, 0.0, 0.0),
            Self::Silu => (17, 0.0, 0.0),
            Self::Mish => (18, 0.0, 0.0),
            Self::Softplus => (19, 0.0, 0.0),
            Self::Floor => (20, 0.0, 0.0),
            Self::Ceil => (21, 0.0, 0.0),
            Self::Round => (22, 0.0, 0.0),
            Self::Sign => (23, 0.0, 0.0),
            Self::Elu(factor) => (24, factor, 0.0),
            Self::HardSigmoid(slope, offset) => (25, slope, offset),
            Self::Clip(min, max) => (26, min, max),
        };
        kind.write(put);
        f32::write(&first, put);
        f32::write(&second, put);
    }
}

fixed! {
    /// Parameters of `UNARY_F32`. Input and output: float32 tensors of as many elements.
    ///
    /// `QUANTIZE_F32` (float32 to int8 or uint8), `DEQUANTIZE_8` (int8 or uint8 to float32) and `CAST` (any of int8, uint8,
    /// bool, int32, float32 to any of them) have no parameters: types, scale and zero point are in the tensor records.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct UnaryF32Parameters {
        /// Function.
        pub kind: UnaryKind,
    }
}
