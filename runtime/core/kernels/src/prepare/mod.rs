//! Parameters of operators from scales and attributes, for compilers.
//!
//! Floats appear here and nowhere else in integer operators: each function repeats the single- and double-precision
//! arithmetic of TensorFlow Lite Micro's Prepare step, in its order, because a different rounding can change a
//! multiplier's last bit. Devices call only what works on shapes ([`broadcast`], [`reduce_axes`]).

mod activation;
mod arithmetic;
mod int16;
mod reduce;
mod resize;
mod unary;

pub use activation::{Activation, activation_range_f32, activation_range_i8};
pub use arithmetic::{Quantization, broadcast, weighted_factor, weighted_multiplier};
pub use int16::{activation_range_i16, curve_scaling_i16, softmax_multiplier_i16};
pub use reduce::{mean_finish, reduce_axes, sum_finish};
pub use resize::nearest_source;
pub use unary::{HardSwishParameters, LeakyReluParameters, ReluParameters, SaturatingParameters};

use activation::activation_range;
use mote_numbers::Multiplier;

/// The multiplier nearest to `real`, which may be negative (a negative mantissa then).
fn signed_multiplier(real: f64) -> Multiplier {
    let magnitude = Multiplier::from_real(if real < 0.0 { -real } else { real });
    if real < 0.0 { Multiplier { mantissa: magnitude.mantissa.wrapping_neg(), ..magnitude } } else { magnitude }
}
