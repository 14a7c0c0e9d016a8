//! Real values to stored integers and back, at the graph's edges.

/// The stored value of `real`: round(real / scale) + zero point, half away from zero, clamped to `min`..=`max`.
/// NaN becomes the zero point. The formula of TFLite's QUANTIZE.
pub fn quantize(real: f32, scale: f32, zero_point: i32, min: i32, max: i32) -> i32 {
    let scaled = real / scale;
    if scaled.is_nan() {
        return zero_point;
    }
    // Half away from zero without libm: the cast truncates and saturates.
    let nudged = if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 };
    let exact_half_step = (nudged as i64 as f32 - scaled).abs() > 0.5;
    let rounded = if exact_half_step { scaled as i64 } else { nudged as i64 };
    // Not `clamp`, which stops when the ends are exchanged.
    rounded.saturating_add(zero_point as i64).min(max as i64).max(min as i64) as i32
}

/// The real value of a stored integer: scale × (stored − zero point).
pub fn dequantize(stored: i32, scale: f32, zero_point: i32) -> f32 {
    scale * stored.wrapping_sub(zero_point) as f32
}
