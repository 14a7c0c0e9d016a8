//! Fused activations as ranges.

/// Activation fused into an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// None.
    None,
    /// max(x, 0).
    Relu,
    /// x clamped to 0 ..= 6.
    Relu6,
    /// x clamped to −1 ..= 1.
    ReluN1To1,
}

/// The int8 outputs an activation allows, smallest and largest, for an output of `scale` and `zero_point`.
///
/// A bound b is zero point + round(b / scale), halves away from zero, in single precision. Scales so small that a bound
/// leaves int8 leave the range as it is on that side; for the empty range of a zero point outside int8 both ends are the
/// nearer limit.
pub fn activation_range_i8(activation: Activation, scale: f32, zero_point: i32) -> (i8, i8) {
    let (low, high) = activation_range(activation, scale, zero_point, -128, 127);
    (low as i8, high as i8)
}

/// The same for an integer type of the range `least` ..= `greatest`.
pub(super) fn activation_range(
    activation: Activation,
    scale: f32,
    zero_point: i32,
    least: i32,
    greatest: i32,
) -> (i32, i32) {
    let quantize = |bound: f32| zero_point.saturating_add(libm::roundf(bound / scale) as i32);
    let (low, high) = match activation {
        Activation::None => (least, greatest),
        Activation::Relu => (quantize(0.0), greatest),
        Activation::Relu6 => (quantize(0.0), quantize(6.0)),
        Activation::ReluN1To1 => (quantize(-1.0), quantize(1.0)),
    };
    (low.max(least).min(greatest), high.max(least).min(greatest))
}

/// The float outputs an activation allows.
pub fn activation_range_f32(activation: Activation) -> (f32, f32) {
    match activation {
        Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
        Activation::Relu => (0.0, f32::INFINITY),
        Activation::Relu6 => (0.0, 6.0),
        Activation::ReluN1To1 => (-1.0, 1.0),
    }
}
