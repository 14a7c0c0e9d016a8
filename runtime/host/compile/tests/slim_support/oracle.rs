//! A plain integer interpreter, written from the definitions and sharing no code with kernels or compiler.
//!
//! SOFTMAX copies its input: comparing logits is stricter than comparing probabilities.

use mote_graph::{Activation, BinaryKind, Graph, Node, Operator, PoolKind, Tensor};

/// The real multiplier as mantissa · 2^exponent with a 31-bit mantissa, rounded half away from zero.
fn quantized_multiplier(real: f64) -> (i128, i32) {
    if real == 0.0 {
        return (0, 0);
    }
    let mut exponent = real.log2().floor() as i32 + 1;
    // log2 may be off by one beside powers of two.
    while real / 2f64.powi(exponent) >= 1.0 {
        exponent += 1;
    }
    while real / 2f64.powi(exponent) < 0.5 {
        exponent -= 1;
    }
    let mut mantissa = (real / 2f64.powi(exponent) * 2f64.powi(31)).round() as i128;
    if mantissa == 1 << 31 {
        mantissa >>= 1;
        exponent += 1;
    }
    if exponent < -31 { (0, 0) } else { (mantissa, exponent) }
}

/// x · mantissa · 2^(exponent − 31): to the nearest twice (half up, then half away from zero).
fn scaled(x: i128, (mantissa, exponent): (i128, i32)) -> i128 {
    let high = ((x << exponent.max(0)) * mantissa + (1 << 30)) >> 31;
    let right = (-exponent).max(0);
    let (quotient, remainder) = (high >> right, high & ((1 << right) - 1));
    let half = (1i128 << right) >> 1;
    let up = if high < 0 { remainder > half } else { right > 0 && remainder >= half };
    quotient + i128::from(up)
}

fn scale(tensor: &Tensor, channel: usize) -> f64 {
    let scales = &tensor.quantization.as_ref().expect("quantised").scales;
    f64::from(scales[channel.min(scales.len() - 1)])
}

fn zero_point(tensor: &Tensor) -> i128 {
    i128::from(tensor.quantization.as_ref().expect("quantised").zero_points[0])
}

fn clamp(value: i128, output: &Tensor, activation: Activation) -> i8 {
    let stored = |real: f32| zero_point(output) + (real / scale(output, 0) as f32).round() as i128;
    let (low, high) = match activation {
        Activation::None => (-128, 127),
        Activation::Relu => (stored(0.0), 127),
        Activation::Relu6 => (stored(0.0), stored(6.0)),
        Activation::ReluN1To1 => (stored(-1.0), stored(1.0)),
    };
    value.max(low.max(-128)).min(high.min(127)) as i8
}

/// Runs a graph; an error names the first operator that is not defined here.
pub fn run(graph: &Graph, inputs: &[Vec<u8>], single: bool) -> Result<Vec<Vec<u8>>, String> {
    let values = run_all(graph, inputs, single)?;
    Ok(graph.outputs.iter().map(|&id| values[id].iter().map(|&v| v as u8).collect()).collect())
}

/// Runs a graph; the int8 values of every tensor.
pub fn run_all(graph: &Graph, inputs: &[Vec<u8>], single: bool) -> Result<Vec<Vec<i8>>, String> {
    let mut values: Vec<Vec<i8>> = graph.tensors.iter().map(|t| t.i8_data().unwrap_or_default()).collect();
    for (&id, bytes) in graph.inputs.iter().zip(inputs) {
        values[id] = bytes.iter().map(|&byte| byte as i8).collect();
    }
    for node in &graph.nodes {
        let outputs = evaluate(graph, node, &values, single)?;
        if outputs.len() != graph.tensors[node.outputs[0]].elements() {
            return Err(format!("{}: {} elements made", node.origin, outputs.len()));
        }
        values[node.outputs[0]] = outputs;
    }
    Ok(values)
}

fn evaluate(graph: &Graph, node: &Node, values: &[Vec<i8>], single: bool) -> Result<Vec<i8>, String> {
    let tensor = |position: usize| &graph.tensors[node.inputs[position]];
    let x = &values[node.inputs[0]];
    let output = &graph.tensors[node.outputs[0]];
    match &node.operator {
        Operator::Reshape | Operator::Softmax { .. } => Ok(x.clone()),
        Operator::Conv2d { activation, .. } | Operator::DepthwiseConv2d { activation, .. } => {
            Ok(convolution(graph, node, x, *activation))
        }
        Operator::FullyConnected { activation } => {
            let weights = &values[node.inputs[1]];
            let [outputs, columns] = tensor(1).shape[..] else { return Err("weights".into()) };
            let mut result = Vec::new();
            for row in x.chunks(columns) {
                for o in 0..outputs {
                    let sum: i128 = (0..columns)
                        .map(|k| (i128::from(row[k]) - zero_point(tensor(0))) * i128::from(weights[o * columns + k]))
                        .sum();
                    result.push(finish(graph, node, sum, o, *activation, single));
                }
            }
            Ok(result)
        }
        Operator::Binary { kind: kind @ (BinaryKind::Add | BinaryKind::Subtract), activation } => {
            let (a, b) = (x, &values[node.inputs[1]]);
            if a.len() != b.len() {
                return Err("broadcast".into());
            }
            let twice = 2.0 * scale(tensor(0), 0).max(scale(tensor(1), 0));
            let real = |position: usize| quantized_multiplier(scale(tensor(position), 0) / twice);
            let out = quantized_multiplier(twice / (f64::from(1 << 20) * scale(output, 0)));
            let part = |value: i8, position: usize| {
                scaled((i128::from(value) - zero_point(tensor(position))) << 20, real(position))
            };
            let sign = if *kind == BinaryKind::Add { 1 } else { -1 };
            let sum = |(&a, &b): (&i8, &i8)| scaled(part(a, 0) + sign * part(b, 1), out) + zero_point(output);
            Ok(a.iter().zip(b).map(|pair| clamp(sum(pair), output, *activation)).collect())
        }
        Operator::Pad { paddings, value } => {
            let fill = value.as_ref().map_or(zero_point(output) as i8, |bytes| bytes[0] as i8);
            let mut result = vec![fill; output.elements()];
            let shape = &tensor(0).shape;
            for (index, &value) in x.iter().enumerate() {
                let (mut rest, mut at, mut stride) = (index, 0, 1);
                for axis in (0..shape.len()).rev() {
                    at += (rest % shape[axis] + paddings[axis].0) * stride;
                    rest /= shape[axis];
                    stride *= output.shape[axis];
                }
                result[at] = value;
            }
            Ok(result)
        }
        Operator::Pool { kind, window_height, window_width, geometry, activation } => {
            let [n, h, w, c] = tensor(0).shape4().expect("rank");
            let [_, oh, ow, _] = output.shape4().expect("rank");
            let mut result = Vec::new();
            for (image, oy, ox, channel) in positions([n, oh, ow, c]) {
                let mut seen: Vec<i128> = Vec::new();
                for (ky, kx) in (0..*window_height).flat_map(|ky| (0..*window_width).map(move |kx| (ky, kx))) {
                    let y = (oy * geometry.stride_height + ky) as isize - geometry.padding.top as isize;
                    let column = (ox * geometry.stride_width + kx) as isize - geometry.padding.left as isize;
                    if (0..h as isize).contains(&y) && (0..w as isize).contains(&column) {
                        seen.push(x[((image * h + y as usize) * w + column as usize) * c + channel].into());
                    }
                }
                let (sum, count) = (seen.iter().sum::<i128>(), seen.len() as i128);
                let value = match kind {
                    PoolKind::Max => *seen.iter().max().expect("a window meets the input"),
                    PoolKind::Average if sum > 0 => (sum + count / 2) / count,
                    PoolKind::Average => (sum - count / 2) / count,
                };
                result.push(clamp(value, output, *activation));
            }
            Ok(result)
        }
        other => Err(format!("{} is not in the oracle", other.name())),
    }
}

fn positions([n, h, w, c]: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..n * h * w * c).map(move |i| (i / (h * w * c), i / (w * c) % h, i / c % w, i % c))
}

fn finish(graph: &Graph, node: &Node, sum: i128, o: usize, activation: Activation, single: bool) -> i8 {
    let (x, weights) = (&graph.tensors[node.inputs[0]], &graph.tensors[node.inputs[1]]);
    let output = &graph.tensors[node.outputs[0]];
    let bias = node.inputs.get(2).map_or(0, |&id| {
        let data = graph.tensors[id].data.as_ref().expect("constant bias");
        i32::from_le_bytes(data[4 * o..4 * o + 4].try_into().expect("four bytes"))
    });
    let total = sum + i128::from(bias);
    assert!(total.abs() < 1 << 31, "{}: sum {total} of channel {o} leaves 32 bits", node.origin);
    let real = scale(x, 0) * scale(weights, o) / scale(output, 0);
    let scaled = match single {
        true => (total as f64 * real).round() as i128,
        false => scaled(total, quantized_multiplier(real)),
    };
    clamp(scaled + zero_point(output), output, activation)
}

fn convolution(graph: &Graph, node: &Node, x: &[i8], activation: Activation) -> Vec<i8> {
    let (input, kernel) = (&graph.tensors[node.inputs[0]], &graph.tensors[node.inputs[1]]);
    let output = &graph.tensors[node.outputs[0]];
    let weights = kernel.data.as_ref().expect("constant weights");
    let [n, h, w, c] = input.shape4().expect("rank");
    let [_, oh, ow, outputs] = output.shape4().expect("rank");
    let [_, kh, kw, depth] = kernel.shape4().expect("rank");
    let (geometry, depthwise, groups) = match &node.operator {
        Operator::Conv2d { geometry, groups, .. } => (geometry, None, *groups),
        Operator::DepthwiseConv2d { geometry, multiplier, .. } => (geometry, Some(*multiplier), 1),
        _ => unreachable!(),
    };
    let zero = zero_point(input) as i64;
    let mut result = Vec::new();
    for (image, oy, ox, o) in positions([n, oh, ow, outputs]) {
        let mut sum = 0i64;
        for ky in 0..kh {
            let y =
                (oy * geometry.stride_height + ky * geometry.dilation_height) as isize - geometry.padding.top as isize;
            for kx in 0..kw {
                let column = (ox * geometry.stride_width + kx * geometry.dilation_width) as isize
                    - geometry.padding.left as isize;
                if !(0..h as isize).contains(&y) || !(0..w as isize).contains(&column) {
                    continue;
                }
                let pixel = ((image * h + y as usize) * w + column as usize) * c;
                let mut tap = |channel: usize, weight: usize| {
                    sum += (i64::from(x[pixel + channel]) - zero) * i64::from(weights[weight] as i8);
                };
                match depthwise {
                    Some(multiplier) => tap(o / multiplier, (ky * kw + kx) * outputs + o),
                    None => {
                        let first = o / (outputs / groups) * depth;
                        (0..depth).for_each(|i| tap(first + i, ((o * kh + ky) * kw + kx) * depth + i));
                    }
                }
            }
        }
        result.push(finish(graph, node, sum.into(), o, activation, false));
    }
    result
}
