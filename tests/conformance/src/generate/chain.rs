//! Graphs of several int8 operators: what slimming and memory reuse work on.

use super::builder::{Affine, Builder};
use super::weighted::{self, window};
use mote_graph::{Activation, BinaryKind, ConvGeometry, Graph, Operator, Padding, TensorId, UnaryKind};

/// The tensor the chain stands at.
#[derive(Clone)]
struct End {
    tensor: TensorId,
    shape: Vec<usize>,
    affine: Affine,
}

/// A chain of four to nine operators on an image, with residual joins, splits, concatenations and reshapes; two
/// outputs at times.
pub fn chain(seed: u64) -> Graph {
    let mut b = Builder::new(seed);
    let shape = vec![1, b.random.extent(2, 8), b.random.extent(2, 8), b.random.pick(&[1, 2, 3, 4, 8])];
    let affine = b.affine();
    let tensor = b.input(&shape, Some(affine));
    let mut end = End { tensor, shape, affine };
    let mut outputs = Vec::new();
    for _ in 0..b.random.extent(4, 9) {
        end = step(&mut b, end);
        if b.random.chance(9) {
            outputs.push(end.tensor);
        }
    }
    if b.random.chance(2) {
        end = flatten(&mut b, end);
    }
    if !outputs.contains(&end.tensor) {
        outputs.push(end.tensor);
    }
    b.finish(&outputs)
}

fn step(b: &mut Builder, end: End) -> End {
    match b.random.between(0, 9) {
        0 | 1 => conv(b, &end),
        2 => depthwise(b, &end),
        3 | 4 => residual(b, &end),
        5 => unary(b, &end),
        6 => split_and_join(b, &end),
        7 => there_and_back(b, &end),
        8 => pad(b, &end),
        _ => requantize(b, &end),
    }
}

fn conv(b: &mut Builder, end: &End) -> End {
    let [_, height, width, channels] = end.shape[..] else { unreachable!("images only") };
    let window = window(b, [height, width], true);
    let outputs = b.random.pick(&[1, 2, 4, 5, 8]);
    let [kh, kw] = window.extent;
    let shape = [outputs, kh, kw, channels];
    let (mut operands, result) = weighted::weights(b, &shape, 0, kh * kw * channels, Some(end.affine));
    operands.insert(0, end.tensor);
    let activation = b.activation();
    let shape = vec![1, window.output[0], window.output[1], outputs];
    let tensor =
        b.push(Operator::Conv2d { geometry: window.geometry, groups: 1, activation }, &operands, &shape, result);
    End { tensor, shape, affine: result.expect("int8") }
}

fn depthwise(b: &mut Builder, end: &End) -> End {
    let [_, height, width, channels] = end.shape[..] else { unreachable!("images only") };
    let window = window(b, [height, width], false);
    let multiplier = b.random.pick(&[1, 1, 2]);
    let [kh, kw] = window.extent;
    let shape = [1, kh, kw, channels * multiplier];
    let (mut operands, result) = weighted::weights(b, &shape, 3, kh * kw, Some(end.affine));
    operands.insert(0, end.tensor);
    let activation = b.activation();
    let shape = vec![1, window.output[0], window.output[1], channels * multiplier];
    let operator = Operator::DepthwiseConv2d { geometry: window.geometry, multiplier, activation };
    let tensor = b.push(operator, &operands, &shape, result);
    End { tensor, shape, affine: result.expect("int8") }
}

/// x + f(x), f a 1x1 convolution.
fn residual(b: &mut Builder, end: &End) -> End {
    let channels = end.shape[3];
    let (mut operands, result) = weighted::weights(b, &[channels, 1, 1, channels], 0, channels, Some(end.affine));
    operands.insert(0, end.tensor);
    let one = ConvGeometry {
        stride_height: 1,
        stride_width: 1,
        dilation_height: 1,
        dilation_width: 1,
        padding: Padding::default(),
    };
    let activation = b.activation();
    let branch = b.push(Operator::Conv2d { geometry: one, groups: 1, activation }, &operands, &end.shape, result);
    let branch_scale = result.expect("int8").0;
    let kind = b.random.pick(&[BinaryKind::Add, BinaryKind::Add, BinaryKind::Subtract, BinaryKind::Multiply]);
    let scale = match kind {
        BinaryKind::Multiply => branch_scale * end.affine.0 * 90.0,
        _ => branch_scale.max(end.affine.0) * b.random.logarithmic(0.5, 2.5) as f32,
    };
    let affine = (scale, b.zero_point());
    let activation = b.activation();
    let operands = if b.random.chance(2) { [end.tensor, branch] } else { [branch, end.tensor] };
    let tensor = b.push(Operator::Binary { kind, activation }, &operands, &end.shape, Some(affine));
    End { tensor, shape: end.shape.clone(), affine }
}

fn unary(b: &mut Builder, end: &End) -> End {
    let (kind, affine) = match b.random.between(0, 3) {
        0 => (UnaryKind::Relu, (end.affine.0, b.zero_point())),
        1 => (UnaryKind::Logistic, (1.0 / 256.0, -128)),
        2 => (UnaryKind::Relu6, end.affine),
        _ => (UnaryKind::LeakyRelu { alpha: 0.2 }, (end.affine.0 * 1.3, b.zero_point())),
    };
    let tensor = b.push(Operator::Unary(kind), &[end.tensor], &end.shape, Some(affine));
    End { tensor, shape: end.shape.clone(), affine }
}

/// Splits along an axis and joins the parts in another order.
fn split_and_join(b: &mut Builder, end: &End) -> End {
    let axis = b.random.extent(1, 3);
    let extent = end.shape[axis];
    if extent < 2 {
        return unary(b, end);
    }
    let first = b.random.extent(1, extent - 1);
    let mut parts = Vec::new();
    for part in [first, extent - first] {
        let mut shape = end.shape.clone();
        shape[axis] = part;
        parts.push(b.tensor(&shape, Some(end.affine)));
    }
    b.node(Operator::Split { axis }, &[end.tensor], &parts);
    parts.reverse();
    if b.random.chance(3) {
        parts.push(end.tensor);
    }
    let mut shape = end.shape.clone();
    shape[axis] = if parts.len() == 3 { 2 * extent } else { extent };
    let operator = Operator::Concatenate { axis, activation: Activation::None };
    let tensor = b.push(operator, &parts, &shape, Some(end.affine));
    End { tensor, shape, affine: end.affine }
}

/// A transpose and its reverse, or a reshape and back, with a table between.
fn there_and_back(b: &mut Builder, end: &End) -> End {
    let swapped = vec![end.shape[0], end.shape[2], end.shape[1], end.shape[3]];
    let flat = vec![1, end.shape.iter().product()];
    let transposing = b.random.chance(2);
    let middle = if transposing { &swapped } else { &flat };
    let operator = if transposing { Operator::Transpose { permutation: vec![0, 2, 1, 3] } } else { Operator::Reshape };
    let tensor = b.push(operator.clone(), &[end.tensor], middle, Some(end.affine));
    let tensor = b.push(Operator::Unary(UnaryKind::Relu6), &[tensor], middle, Some(end.affine));
    let tensor = b.push(operator, &[tensor], &end.shape, Some(end.affine));
    End { tensor, ..end.clone() }
}

/// Explicit padding, which a following convolution may take over.
fn pad(b: &mut Builder, end: &End) -> End {
    let (rows, columns) = ((b.random.extent(0, 1), 1), (1, b.random.extent(0, 1)));
    let paddings = vec![(0, 0), rows, columns, (0, 0)];
    let shape: Vec<usize> = end.shape.iter().zip(&paddings).map(|(extent, (p, q))| extent + p + q).collect();
    let tensor = b.push(Operator::Pad { paddings, value: None }, &[end.tensor], &shape, Some(end.affine));
    End { tensor, shape, affine: end.affine }
}

/// Another quantisation of the same numbers, at times the same one.
fn requantize(b: &mut Builder, end: &End) -> End {
    let other = (end.affine.0 * b.random.logarithmic(0.5, 2.0) as f32, b.zero_point());
    let affine = if b.random.chance(2) { end.affine } else { other };
    let tensor = b.push(Operator::Quantize, &[end.tensor], &end.shape, Some(affine));
    End { tensor, shape: end.shape.clone(), affine }
}

/// Global pooling or a reshape, a fully connected layer, and perhaps a softmax.
fn flatten(b: &mut Builder, end: End) -> End {
    let depth: usize = end.shape.iter().product();
    let shape = vec![1, depth];
    let tensor = b.push(Operator::Reshape, &[end.tensor], &shape, Some(end.affine));
    let outputs = b.random.pick(&[2, 3, 10]);
    let (mut operands, result) = weighted::weights(b, &[outputs, depth], 0, depth, Some(end.affine));
    operands.insert(0, tensor);
    let shape = vec![1, outputs];
    let tensor = b.push(Operator::FullyConnected { activation: Activation::None }, &operands, &shape, result);
    let affine = result.expect("int8");
    if b.random.chance(2) {
        return End { tensor, shape, affine };
    }
    let result = (1.0 / 256.0, -128);
    let tensor = b.push(Operator::Softmax { beta: 1.0 }, &[tensor], &shape, Some(result));
    End { tensor, shape, affine: result }
}
