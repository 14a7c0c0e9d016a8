//! From a range of real values to scale and zero point.

use mote_graph::{ElementType, Quantization, Tensor};

/// Least width of a range: a tensor that is always 0 still needs a scale.
const LEAST_WIDTH: f32 = 1e-6;

/// int8 parameters whose 256 values cover `minimum` .. `maximum` and hold 0 exactly.
///
/// Source: TFLite's 8-bit quantisation specification (asymmetric activations, zero point within −128 ..= 127).
pub fn activation(minimum: f32, maximum: f32) -> Quantization {
    let (low, high) = (minimum.min(0.0), maximum.max(0.0));
    let high = high.max(low + LEAST_WIDTH);
    let scale = ((f64::from(high) - f64::from(low)) / 255.0) as f32;
    let zero_point = (-128.0 - f64::from(low) / f64::from(scale)).round().clamp(-128.0, 127.0);
    Quantization::per_tensor(scale, zero_point as i32)
}

/// Real values as int8 under per-tensor parameters.
pub fn to_i8(values: &[f32], quantization: &Quantization) -> Vec<u8> {
    let (scale, zero_point) = (f64::from(quantization.scale(0)), f64::from(quantization.zero_point()));
    let stored = |&value: &f32| ((f64::from(value) / scale).round() + zero_point).clamp(-128.0, 127.0) as i8 as u8;
    values.iter().map(stored).collect()
}

/// Real values as an activation's bytes, as its element type and parameters say.
pub fn stored(values: &[f32], tensor: &Tensor) -> Vec<u8> {
    match (&tensor.quantization, tensor.element_type) {
        (Some(quantization), ElementType::I8) => to_i8(values, quantization),
        (Some(quantization), ElementType::I16) => to_i16(values, quantization),
        _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}

/// Real values as int16 under per-tensor symmetric parameters.
pub fn to_i16(values: &[f32], quantization: &Quantization) -> Vec<u8> {
    let scale = f64::from(quantization.scale(0));
    let stored = |&value: &f32| (f64::from(value) / scale).round().clamp(-32768.0, 32767.0) as i16;
    values.iter().map(stored).flat_map(i16::to_le_bytes).collect()
}

/// int8 bytes as real values under per-tensor parameters.
pub fn to_reals(bytes: &[u8], quantization: &Quantization) -> Vec<f32> {
    let (scale, zero_point) = (quantization.scale(0), quantization.zero_point());
    bytes.iter().map(|&byte| scale * (i32::from(byte as i8) - zero_point) as f32).collect()
}

/// Real values of an activation's bytes, as its element type and parameters say.
pub fn reals_of(bytes: &[u8], tensor: &Tensor) -> Vec<f32> {
    match (&tensor.quantization, tensor.element_type) {
        (Some(quantization), ElementType::I8) => to_reals(bytes, quantization),
        (Some(quantization), ElementType::I16) => {
            let scale = quantization.scale(0);
            bytes.as_chunks::<2>().0.iter().map(|&chunk| scale * f32::from(i16::from_le_bytes(chunk))).collect()
        }
        (_, ElementType::F32) => floats(bytes),
        _ => Vec::new(),
    }
}

/// float32 values from little-endian bytes.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_exact_and_ends_are_reached() {
        for (low, high) in [(-1.0, 3.0), (0.0, 6.0), (-5.0, -1.0), (2.0, 4.0), (0.0, 0.0), (-1e-9, 0.0)] {
            let quantization = activation(low, high);
            assert_eq!(to_reals(&to_i8(&[0.0], &quantization), &quantization), [0.0]);
            for end in [low, high] {
                let back = to_reals(&to_i8(&[end], &quantization), &quantization)[0];
                assert!((back - end).abs() <= quantization.scale(0), "{end} became {back}");
            }
        }
    }
}
