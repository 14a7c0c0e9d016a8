//! Every family: the cases an operator is tried on, and what is compared.

mod binary;
mod channel_scan;
mod conv2d;
mod depthwise;
mod fully_connected;
mod int16;
mod movement;
mod pool;
mod reduce;
mod resize;
mod softmax;
mod transpose_conv;
mod unary;

pub use binary::{ADD, EXTREMUM, MULTIPLY};
pub use channel_scan::CHANNEL_SCAN;
pub use conv2d::CONV2D;
pub use depthwise::DEPTHWISE;
pub use fully_connected::{FULLY_CONNECTED, FULLY_CONNECTED_LITERT};
pub use int16::{
    ADD_I16, AVERAGE_POOL_I16, CONV2D_I16, CURVE_I16, DEPTHWISE_I16, EXTREMUM_I16, FULLY_CONNECTED_I16, MAX_POOL_I16,
    MULTIPLY_I16, RESCALE, SOFTMAX_I16,
};
pub use movement::{FILL, GATHER, STRIDED_COPY};
pub use pool::{AVERAGE_POOL, MAX_POOL};
pub use reduce::{ARG_MAX, REDUCE};
pub use resize::{RESIZE_BILINEAR, RESIZE_NEAREST};
pub use softmax::SOFTMAX;
pub use transpose_conv::TRANSPOSE_CONV;
pub use unary::LOOKUP;

use crate::AnyFamily;

/// All families, heaviest first; int8, then int16.
pub fn all() -> &'static [&'static dyn AnyFamily] {
    &ALL
}

static ALL: [&dyn AnyFamily; 31] = [
    &CONV2D,
    &DEPTHWISE,
    &FULLY_CONNECTED,
    &FULLY_CONNECTED_LITERT,
    &TRANSPOSE_CONV,
    &AVERAGE_POOL,
    &MAX_POOL,
    &ADD,
    &MULTIPLY,
    &EXTREMUM,
    &SOFTMAX,
    &REDUCE,
    &ARG_MAX,
    &RESIZE_BILINEAR,
    &RESIZE_NEAREST,
    &LOOKUP,
    &STRIDED_COPY,
    &GATHER,
    &FILL,
    &CHANNEL_SCAN,
    &CONV2D_I16,
    &DEPTHWISE_I16,
    &FULLY_CONNECTED_I16,
    &AVERAGE_POOL_I16,
    &MAX_POOL_I16,
    &ADD_I16,
    &MULTIPLY_I16,
    &EXTREMUM_I16,
    &SOFTMAX_I16,
    &CURVE_I16,
    &RESCALE,
];

/// Draws after which a generator gives up finding a case that is small enough.
pub(crate) const DRAWS: usize = 400;

/// Most products of a case, so that the slowest kernel on the slowest processor takes a bounded time.
pub(crate) const MOST_PRODUCTS: usize = 6000;

/// Most bytes of one image.
pub(crate) const MOST_IMAGE_BYTES: usize = 2048;

/// Most bytes of weights and channel table.
pub(crate) const MOST_CONSTANT_BYTES: usize = 7500;
