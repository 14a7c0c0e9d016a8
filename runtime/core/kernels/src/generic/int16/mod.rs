//! Portable kernels on int16 activations.

mod dot;
mod elementwise;
mod pool;
mod softmax;
mod weighted;

pub use elementwise::{add_i16, curve_i16, dequantize_i16, extremum_i16, multiply_i16, quantize_f32_i16, rescale};
pub use pool::{average_pool_i16, max_pool_i16};
pub use softmax::softmax_i16;
pub use weighted::{conv2d_i16, depthwise_i16, fully_connected_i16};
