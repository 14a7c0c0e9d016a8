//! Operators with weights.

use super::fixed::{Factor, activation_range, activation_reals, within};
use super::{Dialect, Step, Value, scale, zero_point};
use mote_graph::{Activation, ConvGeometry, ElementType};

/// A product of one output element: input index and weight index.
type Taps = Vec<(usize, usize)>;

/// Multiplies out: `taps` gives for each output element its products and its output channel.
fn multiply_out(
    step: &Step<'_>,
    taps: &[(usize, Taps)],
    activation: Activation,
    rescale: impl Fn(usize) -> Rescale,
) -> Value {
    match (step.input(0), step.input(1)) {
        (Value::Reals(x), Value::Reals(w)) => {
            let (low, high) = activation_reals(activation);
            let element = |(channel, taps): &(usize, Taps)| {
                let sum = step.sum(taps.iter().map(|&(i, j)| x[i] * w[j]));
                let bias = step.inputs.get(2).map_or(0.0, |bias| bias.reals()[*channel]);
                (sum + bias).max(low).min(high)
            };
            Value::Reals(taps.iter().map(element).collect())
        }
        (x, w) => {
            let (x, w) = (x.integers(), w.integers());
            let input_zero = zero_point(step.input_tensor(0));
            let output = step.output_tensor(0);
            let range = activation_range(activation, output);
            let element = |(channel, taps): &(usize, Taps)| {
                let sum: i64 = taps.iter().map(|&(i, j)| (x[i] - input_zero) * w[j]).sum();
                let bias = step.inputs.get(2).map_or(0, |bias| bias.integers()[*channel]);
                let accumulator = sum + bias;
                let limit = if is_wide(step) { 1 << 47 } else { 1 << 31 };
                assert!(accumulator.abs() < limit, "the case overflows its accumulator");
                within(rescale(*channel)(accumulator) + zero_point(output), range)
            };
            Value::Integers(taps.iter().map(element).collect())
        }
    }
}

/// Rescales an accumulator, not yet with the output's zero point.
type Rescale = Box<dyn Fn(i64) -> i64>;

/// Input scale × weight scale / output scale of a channel, in double precision.
fn real_factor(step: &Step<'_>, channel: usize) -> f64 {
    let weights = step.input_tensor(1).quantization.as_ref().expect("int8 weights carry scales").scale(channel);
    f64::from(scale(step.input_tensor(0))) * f64::from(weights) / f64::from(scale(step.output_tensor(0)))
}

/// True for 64-bit sums, rounded once: int16 inputs without an int32 bias.
fn is_wide(step: &Step<'_>) -> bool {
    let narrow = step.inputs.get(2).is_some_and(|_| step.input_tensor(2).element_type == ElementType::I32);
    step.is_int16() && !narrow
}

fn per_channel(step: &Step<'_>, channel: usize) -> Rescale {
    if step.rounds_once() {
        let factor = real_factor(step, channel);
        return Box::new(move |accumulator| (accumulator as f64 * factor).round_ties_even() as i64);
    }
    let factor = Factor::nearest(real_factor(step, channel));
    if is_wide(step) {
        return Box::new(move |accumulator| factor.apply_wide(accumulator));
    }
    Box::new(move |accumulator| factor.apply(accumulator))
}

/// Input position of a window tap; none in the padding.
fn tap(output: usize, stride: usize, window: usize, dilation: usize, before: usize, extent: usize) -> Option<usize> {
    (output * stride + window * dilation).checked_sub(before).filter(|&at| at < extent)
}

fn shape4(shape: &[usize]) -> [usize; 4] {
    let mut out = [1; 4];
    out[4 - shape.len()..].copy_from_slice(shape);
    out
}

pub(crate) fn conv(step: &Step<'_>, g: &ConvGeometry, groups: usize, activation: Activation) -> Value {
    let [_, height, width, channels] = shape4(&step.input_tensor(0).shape);
    let [batch, rows, columns, outputs] = shape4(&step.output_shape());
    let [_, kernel_height, kernel_width, depth] = shape4(&step.input_tensor(1).shape);
    assert_eq!(channels, depth * groups);
    let mut all = Vec::new();
    for n in 0..batch {
        for oy in 0..rows {
            for ox in 0..columns {
                for o in 0..outputs {
                    let group = o / (outputs / groups);
                    let mut taps = Taps::new();
                    for ky in 0..kernel_height {
                        for kx in 0..kernel_width {
                            let y = tap(oy, g.stride_height, ky, g.dilation_height, g.padding.top, height);
                            let x = tap(ox, g.stride_width, kx, g.dilation_width, g.padding.left, width);
                            let (Some(y), Some(x)) = (y, x) else { continue };
                            for c in 0..depth {
                                let input = ((n * height + y) * width + x) * channels + group * depth + c;
                                taps.push((input, ((o * kernel_height + ky) * kernel_width + kx) * depth + c));
                            }
                        }
                    }
                    all.push((o, taps));
                }
            }
        }
    }
    multiply_out(step, &all, activation, |channel| per_channel(step, channel))
}

pub(crate) fn depthwise(step: &Step<'_>, g: &ConvGeometry, multiplier: usize, activation: Activation) -> Value {
    let [_, height, width, channels] = shape4(&step.input_tensor(0).shape);
    let [batch, rows, columns, outputs] = shape4(&step.output_shape());
    let [_, kernel_height, kernel_width, depth] = shape4(&step.input_tensor(1).shape);
    assert!(outputs == depth && outputs == channels * multiplier);
    let mut all = Vec::new();
    for n in 0..batch {
        for oy in 0..rows {
            for ox in 0..columns {
                for o in 0..outputs {
                    let mut taps = Taps::new();
                    for ky in 0..kernel_height {
                        for kx in 0..kernel_width {
                            let y = tap(oy, g.stride_height, ky, g.dilation_height, g.padding.top, height);
                            let x = tap(ox, g.stride_width, kx, g.dilation_width, g.padding.left, width);
                            let (Some(y), Some(x)) = (y, x) else { continue };
                            let input = ((n * height + y) * width + x) * channels + o / multiplier;
                            taps.push((input, (ky * kernel_width + kx) * depth + o));
                        }
                    }
                    all.push((o, taps));
                }
            }
        }
    }
    multiply_out(step, &all, activation, |channel| per_channel(step, channel))
}

pub(crate) fn fully_connected(step: &Step<'_>, activation: Activation) -> Value {
    let shape = &step.input_tensor(1).shape;
    let (outputs, depth) = (shape[0], shape[1]);
    let rows = step.input(0).len() / depth;
    let mut all = Vec::new();
    for row in 0..rows {
        for o in 0..outputs {
            all.push((o, (0..depth).map(|k| (row * depth + k, o * depth + k)).collect()));
        }
    }
    multiply_out(step, &all, activation, |channel| match step.dialect {
        Dialect::Tflm | Dialect::Once(_) => per_channel(step, channel),
        // LiteRT multiplies in double precision and rounds once, halves away from zero.
        Dialect::Litert => {
            let factor = real_factor(step, channel);
            Box::new(move |accumulator| (accumulator as f64 * factor).round() as i64)
        }
    })
}

pub(crate) fn transpose_conv(step: &Step<'_>, g: &ConvGeometry, activation: Activation) -> Value {
    let [batch, height, width, channels] = shape4(&step.input_tensor(0).shape);
    let output = shape4(&step.output_shape());
    let [outputs, kernel_height, kernel_width, depth] = shape4(&step.input_tensor(1).shape);
    assert_eq!(channels, depth);
    let mut all: Vec<(usize, Taps)> = Vec::new();
    for flat in 0..output.iter().product() {
        all.push((flat % outputs, Taps::new()));
    }
    // Every input pixel is scattered over the output; what falls outside is cut.
    for n in 0..batch {
        for y in 0..height {
            for x in 0..width {
                for ky in 0..kernel_height {
                    for kx in 0..kernel_width {
                        let oy = (y * g.stride_height + ky).checked_sub(g.padding.top).filter(|&oy| oy < output[1]);
                        let ox = (x * g.stride_width + kx).checked_sub(g.padding.left).filter(|&ox| ox < output[2]);
                        let (Some(oy), Some(ox)) = (oy, ox) else { continue };
                        for o in 0..outputs {
                            let at = ((n * output[1] + oy) * output[2] + ox) * outputs + o;
                            for c in 0..channels {
                                let input = ((n * height + y) * width + x) * channels + c;
                                all[at].1.push((input, ((o * kernel_height + ky) * kernel_width + kx) * depth + c));
                            }
                        }
                    }
                }
            }
        }
    }
    multiply_out(step, &all, activation, |channel| per_channel(step, channel))
}
