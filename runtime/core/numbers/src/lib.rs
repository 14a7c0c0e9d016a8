//! Fixed-point arithmetic and rounding of quantised models: the only copy in Mote.
//!
//! The arithmetic is that of TFLite's 8-bit quantisation specification as TensorFlow Lite Micro's reference kernels
//! compute it (gemmlowp fixed point), and LiteRT's single rounding where that differs. Pure integer functions on
//! values; no memory, no tensors.
#![no_std]

mod crc32;
mod fixed_point;
mod multiplier;
mod real_multiplier;
mod rounding;
mod wide;

pub use crc32::Crc32;
pub use fixed_point::{
    exp_on_negative_values, logistic_q4, one_minus_x_over_one_plus_x, one_over_one_plus_x, reciprocal, tanh_q4,
};
pub use multiplier::Multiplier;
pub use real_multiplier::RealMultiplier;
pub use rounding::{requantize, rounding_divide_by_power_of_two, saturating_rounding_doubling_high_multiply};
pub use wide::{WIDE_SUM_LIMIT, requantize_wide};
