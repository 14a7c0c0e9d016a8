//! Kernels that are portable and fast: what every target runs unless it has better.

mod conv2d;
pub(crate) mod depthwise;
pub(crate) mod dot;
mod float;
mod fully_connected;
pub(crate) mod output;
pub(crate) mod pixels;
mod transpose_conv;
pub(crate) mod tuning;
#[cfg(test)]
mod weighted_tests;

pub use conv2d::{conv2d_f32, conv2d_i8};
pub use depthwise::{depthwise_f32, depthwise_i8};
pub use fully_connected::{fully_connected_f32, fully_connected_i8, fully_connected_litert_i8};
pub use transpose_conv::{transpose_conv_f32, transpose_conv_i8};

#[cfg(target_arch = "x86_64")]
pub(crate) use depthwise::depthwise_i8_rows;
#[cfg(any(target_arch = "x86_64", cortex_m_dsp))]
pub(crate) use {conv2d::conv2d_i8_rows, fully_connected::fully_connected_i8_blocks};

// Everything without weights.
mod arg_max;
mod binary;
mod convert;
mod movement;
mod pool;
mod reduce;
mod resize;
mod softmax;
mod unary;

pub use arg_max::{arg_max_f32, arg_max_i8};
pub use binary::{add_i8, binary_f32, extremum_i8, multiply_i8};
pub use convert::{cast, dequantize_8, quantize_f32};
pub use movement::{fill, gather, strided_copy};
pub use pool::{average_pool_f32, average_pool_i8, max_pool_f32, max_pool_i8};
pub use reduce::{reduce_f32, reduce_i8};
pub use resize::{resize_bilinear_f32, resize_bilinear_i8, resize_nearest};
pub use softmax::{softmax_f32, softmax_i8};
pub use unary::{lookup_8, unary_f32};

mod int16;

pub use int16::{
    add_i16, average_pool_i16, conv2d_i16, curve_i16, depthwise_i16, dequantize_i16, extremum_i16, fully_connected_i16,
    max_pool_i16, multiply_i16, quantize_f32_i16, rescale, softmax_i16,
};
