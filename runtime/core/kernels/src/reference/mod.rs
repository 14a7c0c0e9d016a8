//! Kernels that are slow and clear: what every other kernel is tested against. Never optimised.

mod conv2d;
mod depthwise;
mod fully_connected;
mod pixels;
mod taps;
mod transpose_conv;

pub use conv2d::{conv2d_f32, conv2d_i8};
pub use depthwise::{depthwise_f32, depthwise_i8};
pub use fully_connected::{fully_connected_f32, fully_connected_i8, fully_connected_litert_i8};
pub use transpose_conv::{transpose_conv_f32, transpose_conv_i8};

// Everything without weights.
mod binary;
mod element;
mod pool;
mod reduce;
mod resize;
mod softmax;

pub use binary::{add_i8, binary_f32, extremum_i8, multiply_i8};
pub use pool::{average_pool_f32, average_pool_i8, max_pool_f32, max_pool_i8};
pub use reduce::{reduce_f32, reduce_i8};
pub use resize::resize_bilinear_i8;
pub use softmax::softmax_i8;

// One implementation serves: movement and conversion have nothing to gain from a second, and a table is its own
// definition.
pub use crate::generic::{
    arg_max_f32, arg_max_i8, cast, dequantize_8, fill, gather, lookup_8, quantize_f32, resize_bilinear_f32,
    resize_nearest, softmax_f32, strided_copy, unary_f32,
};

mod int16;

pub use crate::generic::{dequantize_i16, quantize_f32_i16};
pub use int16::{
    add_i16, average_pool_i16, conv2d_i16, curve_i16, depthwise_i16, extremum_i16, fully_connected_i16, max_pool_i16,
    multiply_i16, rescale, softmax_i16,
};

pub(crate) use element::{read_f32, read_i8, write_f32, write_i8};
