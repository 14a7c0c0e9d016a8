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
}

/// One byte, 0 for the first, 1 for the second, …; then the factor of `LeakyRelu`, 0 for the others.
impl Fixed for UnaryKind {
    const BYTES: usize = 1 + f32::BYTES;

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
            _ => return None,
        })
    }

    fn write(&self, put: &mut impl FnMut(&[u8])) {
        let (kind, factor) = match *self {
            Self::Relu => (0u8, 0.0),
            Self::Relu6 => (1, 0.0),
            Self::ReluN1To1 => (2, 0.0),
            Self::LeakyRelu(factor) => (3, factor),
            Self::Logistic => (4, 0.0),
            Self::Tanh => (5, 0.0),
            Self::HardSwish => (6, 0.0),
        };
        kind.write(put);
        f32::write(&factor, put);
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
