//! Parameters of operators with weights.

use super::{QuantizedRange, WindowParameters};
use crate::ConstantRef;
use crate::fixed::fixed;

fixed! {
    /// Constants and output stage of an int8 operator with weights.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct WeightsI8 {
        /// Weights, int8, in the order the operator documents.
        pub weights: ConstantRef,
        /// Channel table: bias of each output channel, then mantissas, then shifts.
        pub channels: ConstantRef,
        /// True when the table holds a multiplier for each output channel, false when it holds one for all.
        pub per_channel: bool,
        /// Zero points and output clamp.
        pub range: QuantizedRange,
    }
}

fixed! {
    /// Constants and output stage of a float32 operator with weights.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct WeightsF32 {
        /// Weights, float32, in the order the operator documents.
        pub weights: ConstantRef,
        /// Bias of each output channel, float32.
        pub biases: ConstantRef,
        /// Smallest output; −∞ without activation.
        pub activation_min: f32,
        /// Largest output; +∞ without activation.
        pub activation_max: f32,
    }
}

fixed! {
    /// Parameters of `CONV_2D_I8`. Input and output: int8 [batch, height, width, channels].
    /// Weights: [output channels, window height, window width, input channels / groups].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Conv2dI8Parameters {
        /// The window.
        pub window: WindowParameters,
        /// Groups; divides both channel counts.
        pub groups: u16,
        /// Constants and output stage.
        pub weights: WeightsI8,
    }
}

fixed! {
    /// Parameters of `CONV_2D_F32`: as [`Conv2dI8Parameters`], float32.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Conv2dF32Parameters {
        /// The window.
        pub window: WindowParameters,
        /// Groups; divides both channel counts.
        pub groups: u16,
        /// Constants and output stage.
        pub weights: WeightsF32,
    }
}

fixed! {
    /// Parameters of `DEPTHWISE_CONV_2D_I8`. Input and output: int8 [batch, height, width, channels]; the output's channels
    /// are a multiple of the input's. Weights: [window height, window width, output channels].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct DepthwiseI8Parameters {
        /// The window.
        pub window: WindowParameters,
        /// Constants and output stage.
        pub weights: WeightsI8,
    }
}

fixed! {
    /// Parameters of `DEPTHWISE_CONV_2D_F32`: as [`DepthwiseI8Parameters`], float32.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct DepthwiseF32Parameters {
        /// The window.
        pub window: WindowParameters,
        /// Constants and output stage.
        pub weights: WeightsF32,
    }
}

fixed! {
    /// Parameters of `FULLY_CONNECTED_I8`. Output: int8 of any shape whose last extent is the output channels (a scalar has
    /// one); input: int8 of any shape, read as one vector per vector of the output. Weights: [output channels, depth].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FullyConnectedI8Parameters {
        /// Constants and output stage.
        pub weights: WeightsI8,
    }
}

fixed! {
    /// Parameters of `FULLY_CONNECTED_LITERT_I8`. Operands and weights as for [`FullyConnectedI8Parameters`]; each sum is
    /// multiplied by a float64 factor and rounded once, half away from zero.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FullyConnectedLitertI8Parameters {
        /// Weights, int8.
        pub weights: ConstantRef,
        /// Bias of each output channel, int32.
        pub biases: ConstantRef,
        /// Factors, float64; finite and not negative.
        pub factors: ConstantRef,
        /// True when there is a factor for each output channel, false when one serves all.
        pub per_channel: bool,
        /// Zero points and output clamp.
        pub range: QuantizedRange,
    }
}

fixed! {
    /// Parameters of `FULLY_CONNECTED_F32`: as [`FullyConnectedI8Parameters`], float32.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct FullyConnectedF32Parameters {
        /// Constants and output stage.
        pub weights: WeightsF32,
    }
}

fixed! {
    /// Parameters of `TRANSPOSE_CONV_2D_I8`. Input and output: int8 [batch, height, width, channels].
    /// Weights: [output channels, window height, window width, input channels].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct TransposeConvI8Parameters {
        /// The window: strides are output positions per input position, padding is cut from the output's top and left;
        /// without dilation.
        pub window: WindowParameters,
        /// Constants and output stage.
        pub weights: WeightsI8,
    }
}

fixed! {
    /// Parameters of `TRANSPOSE_CONV_2D_F32`: as [`TransposeConvI8Parameters`], float32.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct TransposeConvF32Parameters {
        /// The window; see [`TransposeConvI8Parameters`].
        pub window: WindowParameters,
        /// Constants and output stage.
        pub weights: WeightsF32,
    }
}
