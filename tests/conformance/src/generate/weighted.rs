//! Graphs of one operator with weights.

use super::builder::{Affine, Builder, random_bytes};
use mote_graph::{ConvGeometry, ElementType, Graph, Operator, Padding, Quantization, TensorId};

/// Output extent and padding (before, after) of a window along one axis, as SAME or VALID place it.
pub fn placement(
    input: usize,
    window: usize,
    stride: usize,
    dilation: usize,
    same: bool,
) -> Option<(usize, usize, usize)> {
    let effective = (window - 1) * dilation + 1;
    if !same {
        return (input >= effective).then(|| ((input - effective) / stride + 1, 0, 0));
    }
    let output = input.div_ceil(stride);
    let total = ((output - 1) * stride + effective).saturating_sub(input);
    Some((output, total / 2, total - total / 2))
}

/// A window over an image: geometry and output extents.
pub struct Window {
    /// Window rows and columns.
    pub extent: [usize; 2],
    /// Stride, dilation and padding.
    pub geometry: ConvGeometry,
    /// Output rows and columns.
    pub output: [usize; 2],
}

/// Draws a window that fits the image: stride above the window, windows above the image (padded), rows, columns.
pub fn window(b: &mut Builder, image: [usize; 2], dilated: bool) -> Window {
    let extents = [[1, 1], [3, 3], [2, 2], [5, 5], [1, 4], [3, 1], [2, 5], [7, 3]];
    let strides = [1, 1, 1, 2, 2, 3, 4];
    loop {
        let extent = b.random.pick(&extents);
        let stride = [b.random.pick(&strides), b.random.pick(&strides)];
        let dilation = match dilated && b.random.chance(3) {
            true => [b.random.extent(1, 3), b.random.extent(1, 3)],
            false => [1, 1],
        };
        let same = b.random.chance(2);
        let rows = placement(image[0], extent[0], stride[0], dilation[0], same);
        let columns = placement(image[1], extent[1], stride[1], dilation[1], same);
        let (Some((height, top, bottom)), Some((width, left, right))) = (rows, columns) else { continue };
        let geometry = ConvGeometry {
            stride_height: stride[0],
            stride_width: stride[1],
            dilation_height: dilation[0],
            dilation_width: dilation[1],
            padding: Padding { top, bottom, left, right },
        };
        return Window { extent, geometry, output: [height, width] };
    }
}

/// Rows and columns of an image, often a single pixel, row or column.
pub fn image(b: &mut Builder) -> [usize; 2] {
    let any = [b.random.extent(1, 9), b.random.extent(1, 9)];
    b.random.pick(&[[1, 1], [1, 7], [6, 1], any, any, any, any])
}

/// Weights and perhaps a bias for `channels` output channels, with the output's quantisation; `terms` products a sum.
pub(super) fn weights(
    b: &mut Builder,
    shape: &[usize],
    axis: usize,
    terms: usize,
    input: Option<Affine>,
) -> (Vec<TensorId>, Option<Affine>) {
    let channels = shape[axis];
    let elements: usize = shape.iter().product();
    let Some((input_scale, _)) = input else {
        let weights = b.random_constant(shape, None);
        let mut all = vec![weights];
        if !b.random.chance(4) {
            all.push(b.random_constant(&[channels], None));
        }
        return (all, None);
    };
    // Usual layers map a sum's spread to the int8 range; others have factors above 1, tiny ones, or 0.
    let spread = (terms as f64).sqrt() * 74.0 * 74.0;
    let factor = match b.random.between(0, 9) {
        0 => b.random.logarithmic(1.0, 60.0),
        1 => b.random.logarithmic(1e-9, 1e-5),
        2 => 1e-12,
        3 => b.random.pick(&[0.5, 0.25, 0.125, 1.0]),
        _ => b.random.logarithmic(20.0, 300.0) / spread,
    };
    let small = factor >= 0.125;
    let per_channel = b.random.chance(2);
    // Of the three scales the weights' gives way, so that scales stay usual from layer to layer.
    let output_scale = b.scale();
    let weight_scale = (factor * f64::from(output_scale) / f64::from(input_scale)) as f32;
    let scale_of = |b: &mut Builder| match per_channel {
        true => weight_scale * b.random.logarithmic(0.3, 3.0) as f32,
        false => weight_scale,
    };
    let count = if per_channel { channels } else { 1 };
    let scales: Vec<f32> = (0..count).map(|_| scale_of(b)).collect();
    let data = match small {
        true => (0..elements).map(|_| b.random.between(-2, 2) as u8).collect(),
        false => random_bytes(&mut b.random, ElementType::I8, elements)
            .into_iter()
            .map(|byte| byte.max(0x81 * (byte >> 7)))
            .collect(),
    };
    let quantization = Quantization { zero_points: vec![0; count], scales, axis };
    let weights = b.constant(shape, ElementType::I8, Some(quantization), data);
    let mut all = vec![weights];
    if !b.random.chance(4) {
        let bound = if factor < 1e-5 { 1 << 30 } else { (spread * 2.0 / if small { 40.0 } else { 1.0 }) as i64 };
        let bias = (0..channels).flat_map(|_| (b.random.between(-bound, bound) as i32).to_le_bytes()).collect();
        all.push(b.constant(&[channels], ElementType::I32, None, bias));
    }
    let zero_point = b.zero_point();
    (all, Some((output_scale, zero_point)))
}

fn input_affine(b: &mut Builder, float: bool) -> Option<Affine> {
    (!float).then(|| b.affine())
}

/// CONV_2D.
pub(super) fn conv(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let [height, width] = image(&mut b);
    let window = window(&mut b, [height, width], true);
    let batch = b.random.pick(&[1, 1, 2, 3]);
    let groups = b.random.pick(&[1, 1, 1, 2, 3]);
    let depth = if groups == 1 { b.channels() } else { b.random.pick(&[1, 2, 5]) };
    let outputs = groups * if groups == 1 { b.channels() } else { b.random.pick(&[1, 3, 8]) };
    let affine = input_affine(&mut b, float);
    let x = b.input(&[batch, height, width, depth * groups], affine);
    let [kh, kw] = window.extent;
    let (mut operands, result) = weights(&mut b, &[outputs, kh, kw, depth], 0, kh * kw * depth, affine);
    operands.insert(0, x);
    let activation = b.activation();
    let operator = Operator::Conv2d { geometry: window.geometry, groups, activation };
    let y = b.push(operator, &operands, &[batch, window.output[0], window.output[1], outputs], result);
    b.finish(&[y])
}

/// DEPTHWISE_CONV_2D.
pub(super) fn depthwise(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let [height, width] = image(&mut b);
    let window = window(&mut b, [height, width], true);
    let batch = b.random.pick(&[1, 1, 2, 3]);
    let channels = b.channels();
    let multiplier = b.random.pick(&[1, 1, 1, 2, 3, 8]);
    let affine = input_affine(&mut b, float);
    let x = b.input(&[batch, height, width, channels], affine);
    let [kh, kw] = window.extent;
    let outputs = channels * multiplier;
    let (mut operands, result) = weights(&mut b, &[1, kh, kw, outputs], 3, kh * kw, affine);
    operands.insert(0, x);
    let activation = b.activation();
    let operator = Operator::DepthwiseConv2d { geometry: window.geometry, multiplier, activation };
    let y = b.push(operator, &operands, &[batch, window.output[0], window.output[1], outputs], result);
    b.finish(&[y])
}

/// FULLY_CONNECTED.
pub(super) fn fully_connected(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let depth = b.random.pick(&[1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 100]);
    let outputs = b.channels();
    let rank = b.random.extent(1, 3);
    let mut shape = b.shape(rank - 1);
    shape.push(depth);
    let affine = input_affine(&mut b, float);
    let x = b.input(&shape, affine);
    let (mut operands, result) = weights(&mut b, &[outputs, depth], 0, depth, affine);
    operands.insert(0, x);
    let rows: usize = shape[..rank - 1].iter().product();
    // Kept dimensions, or rows flattened to a matrix.
    let mut output = shape[..rank - 1].to_vec();
    if rank == 1 || b.random.chance(2) {
        output = vec![rows];
    }
    output.push(outputs);
    let activation = b.activation();
    let y = b.push(Operator::FullyConnected { activation }, &operands, &output, result);
    b.finish(&[y])
}

/// TRANSPOSE_CONV.
pub(super) fn transpose_conv(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let [height, width] = [b.random.extent(1, 5), b.random.extent(1, 5)];
    let batch = b.random.pick(&[1, 1, 2]);
    let (channels, outputs) = (b.random.pick(&[1, 2, 3, 8, 17]), b.channels());
    let extent = b.random.pick(&[[1, 1], [2, 2], [3, 3], [4, 4], [3, 2], [1, 5]]);
    let stride = [b.random.extent(1, 3), b.random.extent(1, 3)];
    let same = b.random.chance(2);
    let axis = |input: usize, window: usize, stride: usize| {
        let output = if same { input * stride } else { input * stride + window.saturating_sub(stride) };
        let cut = ((input - 1) * stride + window).saturating_sub(output);
        (output, cut / 2, cut - cut / 2)
    };
    let (rows, top, bottom) = axis(height, extent[0], stride[0]);
    let (columns, left, right) = axis(width, extent[1], stride[1]);
    let affine = input_affine(&mut b, float);
    let x = b.input(&[batch, height, width, channels], affine);
    let shape = [outputs, extent[0], extent[1], channels];
    let (mut operands, result) = weights(&mut b, &shape, 0, extent[0] * extent[1] * channels, affine);
    operands.insert(0, x);
    let geometry = ConvGeometry {
        stride_height: stride[0],
        stride_width: stride[1],
        dilation_height: 1,
        dilation_width: 1,
        padding: Padding { top, bottom, left, right },
    };
    let activation = b.activation();
    let operator = Operator::TransposeConv2d { geometry, activation };
    let y = b.push(operator, &operands, &[batch, rows, columns, outputs], result);
    b.finish(&[y])
}
