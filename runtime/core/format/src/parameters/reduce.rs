//! Parameters of reductions, softmax and arg-max.

use super::MultiplierParameters;
use crate::fixed::fixed;

fixed! {
    /// Parameters of `REDUCE_I8`. Input and output: int8; the output has the input's shape with the reduced axes of extent 1
    /// or left out. Zero points are those of the tensor records.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ReduceI8Parameters {
        /// Bit i: axis i of the input is reduced.
        pub axes: u8,
        /// Input scale over output scale; for a mean also over the elements per output. The mantissa may be as low as 2²⁹.
        pub multiplier: MultiplierParameters,
    }
}

fixed! {
    /// Parameters of `REDUCE_F32`. Operands as for `REDUCE_I8`, float32.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ReduceF32Parameters {
        /// Bit i: axis i of the input is reduced.
        pub axes: u8,
        /// True for the mean, false for the sum.
        pub mean: bool,
    }
}

fixed! {
    /// Parameters of `SOFTMAX_I8`. Input and output: int8 of one shape; over the last axis; output scale 1/256, zero point
    /// −128.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SoftmaxI8Parameters {
        /// Mantissa of input scale × beta × 2²⁶, 2³⁰ ..= 2³¹ − 1.
        pub mantissa: i32,
        /// Its power of two, 0 ..= 31.
        pub left_shift: u8,
        /// Differences from the row's largest below this do not count; at most 0.
        pub difference_min: i32,
    }
}

fixed! {
    /// Parameters of `SOFTMAX_F32`. Input and output: float32 of one shape; over the last axis.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct SoftmaxF32Parameters {
        /// Factor of the exponent.
        pub beta: f32,
    }
}

fixed! {
    /// Parameters of `ARG_MAX_I8` and `ARG_MAX_F32`. Input: int8 or float32; output: int32 of the input's shape without the
    /// axis.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ArgMaxParameters {
        /// The axis, counted from the first.
        pub axis: u8,
    }
}
