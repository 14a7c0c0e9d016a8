//! Parameters of operators on int16 activations, all of zero point 0.

use super::{MultiplierParameters, WindowParameters};
use crate::ConstantRef;
use crate::fixed::fixed;

fixed! {
    /// Constants and output stage of an int16 operator with int8 weights.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct WeightsI16 {
        /// Weights, int8, in the order of the int8 operator of the same name.
        pub weights: ConstantRef,
        /// Channel table: bias of each output channel, int64; then mantissas, int32; then shifts, int8.
        pub channels: ConstantRef,
        /// True when the table holds a multiplier for each output channel, false when it holds one for all.
        pub per_channel: bool,
        /// How a 64-bit sum is requantised. True: the mantissa is rounded to 15 bits, the product rounded once, half up;
        /// shifts are −31 ..= 7. False: the sum is cut to 32 bits and rounded twice, as for int8.
        pub wide: bool,
        /// Smallest output.
        pub activation_min: i16,
        /// Largest output; not below the smallest.
        pub activation_max: i16,
    }
}

fixed! {
    /// Parameters of `CONV_2D_I16`. Operands as for `CONV_2D_I8`, int16.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Conv2dI16Parameters {
        /// The window.
        pub window: WindowParameters,
        /// Groups; divides both channel counts.
        pub groups: u16,
        /// Constants and output stage.
        pub weights: WeightsI16,
    }
}

fixed! {
    /// Parameters of `DEPTHWISE_CONV_2D_I16`. Operands as for `DEPTHWISE_CONV_2D_I8`, int16.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct DepthwiseI16Parameters {
        /// The window.
        pub window: WindowParameters,
        /// Constants and output stage.
        pub weights: WeightsI16,
    }
}

fixed! {
    /// Parameters of `FULLY_CONNECTED_I16`. Operands as for `FULLY_CONNECTED_I8`, int16.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FullyConnectedI16Parameters {
        /// Constants and output stage.
        pub weights: WeightsI16,
    }
}

fixed! {
    /// Parameters of `ADD_I16`. Inputs: two int16 tensors whose shapes broadcast to that of the one output, int16.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AddI16Parameters {
        /// First input's scale over twice the larger input scale; at most 1.
        pub a: MultiplierParameters,
        /// Second input's scale over twice the larger input scale; at most 1.
        pub b: MultiplierParameters,
        /// Twice the larger input scale over 2¹⁵ output scales; at most 1.
        pub output: MultiplierParameters,
        /// True for a − b.
        pub subtract: bool,
        /// Smallest output.
        pub activation_min: i16,
        /// Largest output.
        pub activation_max: i16,
    }
}

fixed! {
    /// Parameters of `MULTIPLY_I16`. Operands as for `ADD_I16`. `EXTREMUM_I16` has those of `EXTREMUM_I8`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MultiplyI16Parameters {
        /// Product of the input scales over the output scale.
        pub multiplier: MultiplierParameters,
        /// Smallest output.
        pub activation_min: i16,
        /// Largest output.
        pub activation_max: i16,
    }
}

fixed! {
    /// Parameters of `AVERAGE_POOL_I16` and `MAX_POOL_I16`. Operands as for `AVERAGE_POOL_I8`, int16.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PoolI16Parameters {
        /// Window without dilation; every position must meet the input.
        pub window: WindowParameters,
        /// Smallest output.
        pub activation_min: i16,
        /// Largest output.
        pub activation_max: i16,
    }
}

fixed! {
    /// Parameters of `SOFTMAX_I16`. Input and output: int16 of one shape; over the last axis; output scale 2⁻¹⁵.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SoftmaxI16Parameters {
        /// Input scale × beta × 65535 / 10.
        pub multiplier: MultiplierParameters,
        /// e^x for x in −10 ..= 0: 513 int16.
        pub exponentials: ConstantRef,
        /// 1 / (1 + x) for x in 0 ..= 1: 513 int16.
        pub reciprocals: ConstantRef,
    }
}

fixed! {
    /// Parameters of `CURVE_I16`. Input and output: int16 of as many elements; output scale 2⁻¹⁵.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CurveI16Parameters {
        /// True for the hyperbolic tangent, false for the logistic function.
        pub tangent: bool,
        /// Input scale × 3 × 2¹² × 2^shift, at most 65535.
        pub factor: u16,
        /// Right shift behind the factor, rounding half up; at most 31.
        pub shift: u8,
        /// The logistic function at i / 24 for i in 0 .. 256, uint16 in units of 2⁻¹⁶.
        pub table: ConstantRef,
    }
}

fixed! {
    /// Parameters of `RESCALE`. Input and output: int8, int16 or int32 of as many elements, whose zero points are in the
    /// tensor records. Output: clamp((x − input zero point) × factor + output zero point), rounded twice.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RescaleParameters {
        /// Factor of numbers not below zero.
        pub positive: MultiplierParameters,
        /// Factor of numbers below zero; its mantissa may be negative.
        pub negative: MultiplierParameters,
        /// Smallest output.
        pub activation_min: i32,
        /// Largest output; not below the smallest; both within the output's type.
        pub activation_max: i32,
    }
}
