//! Weights as int8 with a scale per output channel, biases as int32, and the correction of biases for what rounding the
//! weights changes on average.

use mote_graph::Quantization;

/// Weights of a layer, quantised.
pub struct Weights {
    /// int8 bytes in the layout of the source.
    pub bytes: Vec<u8>,
    /// Symmetric parameters, one scale per output channel.
    pub quantization: Quantization,
    /// int32 biases in units of input scale × weight scale.
    pub biases: Vec<i32>,
    /// Parameters of the biases.
    pub bias_quantization: Quantization,
}

/// Where a weight's output channel, and its position in the window of inputs, stand.
#[derive(Clone, Copy)]
pub struct Order {
    /// Output channels.
    pub channels: usize,
    /// True when channels are the first axis, false when the last.
    pub outermost: bool,
}

impl Order {
    /// Output channel of weight `at` of `count`.
    pub fn channel(&self, at: usize, count: usize) -> usize {
        if self.outermost { at / (count / self.channels.max(1)).max(1) } else { at % self.channels }
    }
}

/// Largest magnitude of a sum of products, |input − zero point| ≤ 255 and |weight| ≤ 128 (as the engine's load-time check
/// takes it), for `terms` terms; what is left of 31 bits is the bias's.
pub fn bias_limit(terms: usize) -> f64 {
    ((1i64 << 31) - 1 - 128 * 255 * terms as i64).max(1) as f64
}

/// Quantises `values`. `biases` may be empty. `input_scale` is that of the activations. With `mean_inputs` (the mean of the
/// input that each weight meets, by weight index), biases are corrected.
pub fn quantize_weights(
    values: &[f32],
    biases: &[f32],
    order: Order,
    input_scale: f32,
    mean_inputs: Option<&dyn Fn(usize) -> f64>,
) -> Weights {
    let count = values.len();
    let terms = count / order.channels.max(1);
    let mut largest = vec![0.0f32; order.channels];
    for (at, value) in values.iter().enumerate() {
        let slot = &mut largest[order.channel(at, count)];
        *slot = slot.max(value.abs());
    }
    let bias = |channel: usize| biases.get(channel).copied().unwrap_or(0.0);
    let scales: Vec<f32> = (0..order.channels)
        .map(|channel| {
            let of_weights = largest[channel] / 127.0;
            // A channel of tiny weights and a large bias must leave the bias its 32 bits.
            let of_bias = (f64::from(bias(channel).abs()) / f64::from(input_scale) / bias_limit(terms) * 2.0) as f32;
            let scale = of_weights.max(of_bias);
            if scale > 0.0 { scale.max(f32::MIN_POSITIVE) } else { 1.0 / 127.0 }
        })
        .collect();
    let mut bytes = Vec::with_capacity(count);
    let mut shifts = vec![0.0f64; order.channels];
    for (at, &value) in values.iter().enumerate() {
        let channel = order.channel(at, count);
        let scale = f64::from(scales[channel]);
        let stored = (f64::from(value) / scale).round().clamp(-127.0, 127.0);
        bytes.push(stored as i8 as u8);
        if let Some(mean) = mean_inputs {
            shifts[channel] += (stored * scale - f64::from(value)) * mean(at);
        }
    }
    let bias_scales: Vec<f32> = scales.iter().map(|scale| scale * input_scale).collect();
    let limit = bias_limit(terms);
    let biases = (0..order.channels)
        .map(|channel| {
            let corrected = f64::from(bias(channel)) - shifts[channel];
            let unit = f64::from(scales[channel]) * f64::from(input_scale);
            (corrected / unit).round().clamp(-limit, limit) as i32
        })
        .collect();
    Weights {
        bytes,
        bias_quantization: Quantization { zero_points: vec![0; order.channels], scales: bias_scales, axis: 0 },
        quantization: Quantization {
            zero_points: vec![0; order.channels],
            scales,
            axis: if order.outermost { 0 } else { 3 },
        },
        biases,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_scales_of_their_own_in_either_order() {
        let values = [1.27f32, 0.0, -0.254, 0.02];
        let rows = quantize_weights(&values, &[], Order { channels: 2, outermost: true }, 1.0, None);
        assert_eq!(rows.bytes.iter().map(|&b| b as i8).collect::<Vec<_>>(), [127, 0, -127, 10]);
        let columns = quantize_weights(&values, &[], Order { channels: 2, outermost: false }, 1.0, None);
        assert_eq!(columns.bytes.iter().map(|&b| b as i8).collect::<Vec<_>>(), [127, 0, -25, 127]);
    }

    #[test]
    fn correction_takes_the_mean_error_off_the_bias() {
        let values = [1.0f32, 0.0037];
        let order = Order { channels: 1, outermost: true };
        let plain = quantize_weights(&values, &[0.5], order, 0.001, None);
        let corrected = quantize_weights(&values, &[0.5], order, 0.001, Some(&|_| 10.0));
        let scale = f64::from(plain.quantization.scale(0));
        let exact: f64 = 10.0 * (1.0 + 0.0037) + 0.5;
        let answer = |weights: &Weights| {
            let sum: f64 = weights.bytes.iter().map(|&byte| f64::from(byte as i8) * scale * 10.0).sum();
            sum + f64::from(weights.biases[0]) * scale * 0.001
        };
        assert!((answer(&corrected) - exact).abs() < 1e-4, "{}", answer(&corrected));
        assert!((answer(&plain) - exact).abs() > 1e-3, "{}", answer(&plain));
    }

    #[test]
    fn a_bias_far_larger_than_the_weights_still_fits() {
        let weights = quantize_weights(&[1e-9], &[100.0], Order { channels: 1, outermost: true }, 1e-4, None);
        let back = f64::from(weights.biases[0]) * f64::from(weights.bias_quantization.scale(0));
        assert!((back - 100.0).abs() < 1e-3, "{back}");
    }
}
