//! Reductions over axes, softmax over the last axis, index of the largest.

use super::AXES;
use crate::Span;
use mote_numbers::Multiplier;

/// The axes of a reduction, parted: output element i is made from the input elements at
/// (position i of the kept box) + (every position of the reduced box), in row-major order.
///
/// Strides are those of the input, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReduceAxes {
    /// Extents of the kept axes; their product is the number of output elements.
    pub kept_extents: [usize; AXES],
    /// Steps of the kept axes.
    pub kept_strides: [usize; AXES],
    /// Extents of the reduced axes.
    pub reduced_extents: [usize; AXES],
    /// Steps of the reduced axes.
    pub reduced_strides: [usize; AXES],
}

/// How an int8 sum becomes an output: clamp((sum + `sum_offset`) × `multiplier` + `output_zero_point`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReduceFinish {
    /// −(input zero point × elements per output), wrapped to 32 bits.
    pub sum_offset: i32,
    /// Input scale over output scale; for MEAN also over the elements per output (the mantissa may be below 2³⁰ then).
    pub multiplier: Multiplier,
    /// Zero point of the output.
    pub output_zero_point: i8,
}

/// Arguments of `reduce_i8`. Units are output elements. Input and output must not overlap.
#[derive(Clone, Copy, Debug)]
pub struct ReduceI8 {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Axes.
    pub axes: ReduceAxes,
    /// Last step.
    pub finish: ReduceFinish,
}

/// Arguments of `reduce_f32`. Units are output elements. Input and output must not overlap.
#[derive(Clone, Copy, Debug)]
pub struct ReduceF32 {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Axes.
    pub axes: ReduceAxes,
    /// What the sum is divided by: elements per output for MEAN, 1 for SUM.
    pub divisor: f32,
}

/// Scaling of int8 SOFTMAX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxParameters {
    /// Mantissa of input scale × beta × 2²⁶, in units of 2⁻³¹.
    pub mantissa: i32,
    /// Its power of two, 0..=31.
    pub left_shift: u8,
    /// Differences from the row's largest below this give the smallest output; at most 0.
    pub difference_min: i32,
}

/// Arguments of `softmax_i8`: output scale 1/256, zero point −128. Units are rows. The output may be the input's span.
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxI8 {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Elements of one row.
    pub depth: usize,
    /// Scaling.
    pub parameters: SoftmaxParameters,
}

/// Arguments of `softmax_f32`. Units are rows. The output may be the input's span.
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxF32 {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Elements of one row.
    pub depth: usize,
    /// Factor of the exponent.
    pub beta: f32,
}

/// Arguments of `arg_max_i8` and `arg_max_f32`: input [outer, axis, inner], output i32 [outer, inner], little-endian.
/// The first of equals wins. Units are output elements. Input and output must not overlap.
#[derive(Clone, Copy, Debug)]
pub struct ArgMax {
    /// Input.
    pub input: Span,
    /// Output.
    pub output: Span,
    /// Product of the extents before the axis.
    pub outer: usize,
    /// Extent of the axis; at least 1.
    pub axis: usize,
    /// Product of the extents behind the axis.
    pub inner: usize,
}
