//! Elementwise operators of two inputs.

use crate::{Fault, Span};
use mote_numbers::Multiplier;

/// Axes a box of elements may have; shorter shapes are filled up with extents of 1 in front.
pub const AXES: usize = 6;

/// How the elements of two inputs meet in the output.
///
/// The output is contiguous in row-major order over `extents`. Units of every kernel that uses this are output
/// elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Extents of the output.
    pub extents: [usize; AXES],
    /// Step of the first input along each axis, in elements; 0 where it is repeated.
    pub a_strides: [usize; AXES],
    /// Step of the second input along each axis, in elements; 0 where it is repeated.
    pub b_strides: [usize; AXES],
}

impl Broadcast {
    /// Two inputs and an output of one shape.
    pub fn same(elements: usize) -> Self {
        let unit = [0, 0, 0, 0, 0, 1];
        Self { extents: [1, 1, 1, 1, 1, elements], a_strides: unit, b_strides: unit }
    }

    /// Output elements; a fault when they exceed the address space.
    pub fn elements(&self) -> Result<usize, Fault> {
        self.extents.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent)).ok_or(Fault)
    }
}

/// ADD and SUB on int8: both inputs are scaled to a common scale, added, and scaled to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddParameters {
    /// Zero point of the first input.
    pub a_zero_point: i8,
    /// Zero point of the second input.
    pub b_zero_point: i8,
    /// Zero point of the output.
    pub output_zero_point: i8,
    /// First input's scale over twice the larger input scale.
    pub a_multiplier: Multiplier,
    /// Second input's scale over twice the larger input scale.
    pub b_multiplier: Multiplier,
    /// Twice the larger input scale over 2²⁰ output scales; at most 1.
    pub output_multiplier: Multiplier,
    /// True for SUB.
    pub subtract: bool,
    /// Smallest output.
    pub activation_min: i8,
    /// Largest output.
    pub activation_max: i8,
}

/// MUL on int8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiplyParameters {
    /// Zero point of the first input.
    pub a_zero_point: i8,
    /// Zero point of the second input.
    pub b_zero_point: i8,
    /// Zero point of the output.
    pub output_zero_point: i8,
    /// Product of the input scales over the output scale.
    pub multiplier: Multiplier,
    /// Smallest output.
    pub activation_min: i8,
    /// Largest output.
    pub activation_max: i8,
}

/// Two inputs and an output of int8 or float32, with the operator's parameters.
///
/// The output may start exactly where an input of the same length starts; otherwise the three must not overlap.
#[derive(Clone, Copy, Debug)]
pub struct Binary<P> {
    /// First input.
    pub a: Span,
    /// Second input.
    pub b: Span,
    /// Output.
    pub output: Span,
    /// How they meet.
    pub broadcast: Broadcast,
    /// What is computed.
    pub parameters: P,
}

/// Arguments of `add_i8`.
pub type AddI8 = Binary<AddParameters>;
/// Arguments of `multiply_i8`.
pub type MultiplyI8 = Binary<MultiplyParameters>;
/// Arguments of `extremum_i8`.
pub type ExtremumI8 = Binary<Extremum>;
/// Arguments of `binary_f32`.
pub type BinaryF32 = Binary<BinaryF32Parameters>;

/// MAXIMUM or MINIMUM; inputs and output share one quantisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extremum {
    /// The larger.
    Maximum,
    /// The smaller.
    Minimum,
}

/// Float operator of two inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKindF32 {
    /// a + b.
    Add,
    /// a − b.
    Subtract,
    /// a × b.
    Multiply,
    /// The larger; b when either is not a number.
    Maximum,
    /// The smaller; b when either is not a number.
    Minimum,
}

/// Float operator with its clamp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinaryF32Parameters {
    /// Operator.
    pub kind: BinaryKindF32,
    /// Smallest output; −∞ when there is no activation.
    pub activation_min: f32,
    /// Largest output; +∞ when there is no activation.
    pub activation_max: f32,
}
