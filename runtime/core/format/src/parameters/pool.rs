//! Parameters of pooling.

use super::WindowParameters;
use crate::fixed::fixed;

fixed! {
    /// Parameters of `AVERAGE_POOL_I8` and `MAX_POOL_I8`. Input and output: int8 [batch, height, width, channels] of one
    /// quantisation.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PoolI8Parameters {
        /// Window without dilation; every position must meet the input.
        pub window: WindowParameters,
        /// Smallest output.
        pub activation_min: i8,
        /// Largest output.
        pub activation_max: i8,
    }
}

fixed! {
    /// Parameters of `AVERAGE_POOL_F32` and `MAX_POOL_F32`. Input and output: float32 [batch, height, width, channels].
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct PoolF32Parameters {
        /// Window without dilation; every position must meet the input.
        pub window: WindowParameters,
        /// Smallest output; −∞ without activation.
        pub activation_min: f32,
        /// Largest output; +∞ without activation.
        pub activation_max: f32,
    }
}
