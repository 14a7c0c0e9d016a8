//! What kernels are told: geometry, places in memory and quantisation, shared by every implementation of an operator.

mod conv2d;
mod depthwise;
mod fully_connected;
mod transpose_conv;
mod weighted;

pub use conv2d::{Conv2dF32, Conv2dI8, Conv2dShape, conv2d_i8_scratch_bytes};
pub use depthwise::{DepthwiseF32, DepthwiseI8, DepthwiseShape};
pub use fully_connected::{
    FULLY_CONNECTED_BLOCK, FullyConnectedF32, FullyConnectedI8, FullyConnectedLitertI8, FullyConnectedShape,
};
pub use transpose_conv::{TransposeConvF32, TransposeConvI8, TransposeConvShape};
pub use weighted::{WeightedF32, WeightedI8};

pub(crate) use conv2d::{group_patch_bytes, reads_in_place};
pub(crate) use transpose_conv::{inputs_reaching, tap_between};

// Everything without weights.
mod broadcast;
mod movement;
mod pool;
mod reduce;
mod rescale;
mod unary;

pub use broadcast::{
    AXES, AddI8, AddParameters, Binary, BinaryF32, BinaryF32Parameters, BinaryKindF32, Broadcast, Extremum, ExtremumI8,
    MultiplyI8, MultiplyParameters,
};
pub use movement::{Fill, Gather, ResizeBilinear, ResizeNearest, ResizeParameters, StridedCopy};
pub use pool::{PoolF32, PoolI8};
pub use reduce::{ArgMax, ReduceAxes, ReduceF32, ReduceFinish, ReduceI8, SoftmaxF32, SoftmaxI8, SoftmaxParameters};
pub use rescale::{IntegerType, QuantizeI16, Rescale, RescaleParameters};
pub use unary::{Cast, CastType, Lookup8, Quantize, UnaryF32, UnaryKindF32};

// On int16.
mod int16;

pub use int16::{
    AddI16, AddI16Parameters, CURVE_TABLE_BYTES, Conv2dI16, CurveI16, DepthwiseI16, ExtremumI16, FullyConnectedI16,
    MultiplyI16, MultiplyI16Parameters, PoolI16, SOFTMAX_TABLE_BYTES, SoftmaxI16, WeightedI16,
};
