//! Tables of operators on int16, as TensorFlow Lite defines them; little-endian.

/// Steps of a softmax table.
const STEPS: usize = 512;

/// e^x for x in −10 ..= 0, for SOFTMAX.
pub fn softmax_exponentials_i16() -> [[u8; 2]; STEPS + 1] {
    interpolation(-10.0, 0.0, libm::expf)
}

/// 1 / (1 + x) for x in 0 ..= 1, for SOFTMAX.
pub fn softmax_reciprocals_i16() -> [[u8; 2]; STEPS + 1] {
    interpolation(0.0, 1.0, |x| 1.0 / (1.0 + x))
}

/// The logistic function at i / 24, in units of 2⁻¹⁶, for LOGISTIC and TANH: each entry is moved by half the error that
/// the line to its neighbour has in its middle; the last is the end of the range.
pub fn logistic_u16() -> [[u8; 2]; 256] {
    let value = |place: f64| 65536.0 / (1.0 + libm::exp(place / -24.0));
    core::array::from_fn(|index| {
        let start = index as f64;
        let error = value(start + 0.5) - (value(start) + value(start + 1.0)) / 2.0;
        let entry = if index == 255 { u16::MAX } else { libm::round(value(start) + error / 2.0) as u16 };
        entry.to_le_bytes()
    })
}

/// `function` from `least` to `greatest` in units of 2⁻¹⁵, for straight lines between neighbours: each entry is moved by
/// half the error that the line has in its middle. Single precision, as the definition has it.
fn interpolation(least: f32, greatest: f32, function: impl Fn(f32) -> f32) -> [[u8; 2]; STEPS + 1] {
    let step = (greatest - least) / STEPS as f32;
    let scaled = |x: f32| function(x) * 32768.0;
    core::array::from_fn(|index| {
        let clamped = |value: f32| (value.clamp(-32768.0, 32767.0) as i16).to_le_bytes();
        if index == STEPS {
            return clamped(libm::roundf(scaled(greatest)));
        }
        let start = least + index as f32 * step;
        let here = libm::roundf(scaled(start));
        let next = scaled(least + (index + 1) as f32 * step);
        let middle_of_line = libm::roundf((next + here) / 2.0);
        let error = middle_of_line - libm::roundf(scaled(start + step / 2.0));
        clamped(here - libm::roundf(error / 2.0))
    })
}
