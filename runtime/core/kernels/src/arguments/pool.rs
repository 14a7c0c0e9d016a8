//! Pooling.

use crate::{Rows, Walk, Window};

/// Arguments of `average_pool_i8` and `max_pool_i8`. Units are output rows; the row contract holds.
///
/// Input and output share one quantisation. Every window must meet the input.
#[derive(Clone, Copy, Debug)]
pub struct PoolI8 {
    /// Input rows.
    pub input: Rows,
    /// Output rows; as many images and channels as the input.
    pub output: Rows,
    /// Window; no dilation.
    pub window: Window,
    /// Order of rows and pixels.
    pub walk: Walk,
    /// Smallest output.
    pub activation_min: i8,
    /// Largest output.
    pub activation_max: i8,
}

/// Arguments of `average_pool_f32` and `max_pool_f32`. As [`PoolI8`], on float32.
#[derive(Clone, Copy, Debug)]
pub struct PoolF32 {
    /// Input rows.
    pub input: Rows,
    /// Output rows; as many images and channels as the input.
    pub output: Rows,
    /// Window; no dilation.
    pub window: Window,
    /// Order of rows and pixels.
    pub walk: Walk,
    /// Smallest output; −∞ when there is no activation.
    pub activation_min: f32,
    /// Largest output; +∞ when there is no activation.
    pub activation_max: f32,
}
