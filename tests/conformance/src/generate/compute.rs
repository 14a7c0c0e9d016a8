//! Graphs of one computing operator without weights.

use super::builder::{Affine, Builder};
use super::weighted::{image, window};
use mote_graph::{Activation, BinaryKind, ElementType, Graph, Operator, PoolKind, ReduceKind, UnaryKind};

/// A shape and one that broadcasts with it; either may be the larger.
fn broadcast_pair(b: &mut Builder) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let rank = b.random.extent(1, 4);
    let full = b.shape(rank);
    let (mut left, mut right) = (full.clone(), full.clone());
    match b.random.between(0, 6) {
        0 => right = vec![1],
        1 => right = vec![full[rank - 1]],
        2 => left = full[b.random.extent(0, rank - 1)..].to_vec(),
        3 | 4 => {
            for axis in 0..rank {
                match b.random.between(0, 3) {
                    0 => left[axis] = 1,
                    1 => right[axis] = 1,
                    _ => {}
                }
            }
        }
        _ => {}
    }
    let extent = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |at| shape[at]);
    let output = (0..rank).map(|axis| extent(&left, axis).max(extent(&right, axis))).collect();
    (left, right, output)
}

/// ADD, SUB, MUL, MAXIMUM, MINIMUM.
pub(super) fn binary(seed: u64, float: bool, kind: BinaryKind) -> Graph {
    let mut b = Builder::new(seed);
    let (left, right, output) = broadcast_pair(&mut b);
    let extremum = matches!(kind, BinaryKind::Maximum | BinaryKind::Minimum);
    let affines: Option<[Affine; 3]> = (!float).then(|| {
        let (first, second, result) = (b.affine(), b.affine(), b.affine());
        if extremum {
            return [first; 3];
        }
        // An output scale that neither saturates everything nor leaves the shifts a reference allows.
        let result = match kind {
            BinaryKind::Multiply => {
                let usual = first.0 * second.0 * b.random.logarithmic(0.6, 300.0) as f32;
                (usual, result.1)
            }
            _ => (first.0.max(second.0) * b.random.logarithmic(0.05, 20.0) as f32, result.1),
        };
        [first, second, result]
    });
    let affine = |index: usize| affines.map(|all| all[index]);
    let x = b.input(&left, affine(0));
    let y = match b.random.chance(3) {
        true => b.random_constant(&right, affine(1)),
        false => b.input(&right, affine(1)),
    };
    let activation = if extremum { Activation::None } else { b.activation() };
    let operands = if b.random.chance(4) && left == right { [y, x] } else { [x, y] };
    let z = b.push(Operator::Binary { kind, activation }, &operands, &output, affine(2));
    b.finish(&[z])
}

/// Operators of one input.
pub(super) fn unary(seed: u64, float: bool, name: &str) -> Graph {
    let mut b = Builder::new(seed);
    let alpha = b.random.pick(&[0.1f32, 0.3, 0.01, 1.5]);
    let kind = match name {
        "LOGISTIC" => UnaryKind::Logistic,
        "TANH" => UnaryKind::Tanh,
        "RELU" => UnaryKind::Relu,
        "RELU6" => UnaryKind::Relu6,
        "RELU_N1_TO_1" => UnaryKind::ReluN1To1,
        "LEAKY_RELU" => UnaryKind::LeakyRelu { alpha },
        "HARD_SWISH" => UnaryKind::HardSwish,
        other => panic!("no such operator: {other}"),
    };
    let rank = b.random.extent(1, 4);
    let mut shape = b.shape(rank);
    if b.random.chance(2) {
        // Long enough that every stored integer is likely to occur.
        shape = vec![1, b.random.extent(300, 700)];
    }
    let input = b.affine();
    let (scale, zero_point) = (b.random.logarithmic(0.001, 0.5) as f32, input.1);
    let output = match kind {
        UnaryKind::Logistic => (1.0 / 256.0, -128),
        UnaryKind::Tanh => (1.0 / 128.0, 0),
        UnaryKind::Relu6 => (scale, zero_point),
        _ => (scale * b.random.logarithmic(0.3, 4.0) as f32, b.zero_point()),
    };
    let x = b.input(&shape, (!float).then_some((scale, zero_point)));
    let y = b.push(Operator::Unary(kind), &[x], &shape, (!float).then_some(output));
    b.finish(&[y])
}

/// LOOKUP between 8-bit types.
pub(super) fn lookup(seed: u64) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let shape = b.shape(rank);
    let mut table = Box::new([0u8; 256]);
    table.iter_mut().for_each(|entry| *entry = b.random.bits() as u8);
    if b.random.chance(4) {
        // Changes no byte: a view.
        *table = std::array::from_fn(|byte| byte as u8);
    }
    let types = [ElementType::I8, ElementType::U8];
    let (from, to) = (b.random.pick(&types), b.random.pick(&types));
    let affine = (0.5, 3);
    let (x, y) = (b.typed(&shape, from, Some(affine)), b.typed(&shape, to, Some(affine)));
    b.graph.inputs.push(x);
    b.node(Operator::Lookup { table }, &[x], &[y]);
    b.finish(&[y])
}

/// AVERAGE_POOL_2D and MAX_POOL_2D.
pub(super) fn pool(seed: u64, float: bool, kind: PoolKind) -> Graph {
    let mut b = Builder::new(seed);
    let [height, width] = image(&mut b);
    let mut window = window(&mut b, [height, width], false);
    if b.random.chance(4) {
        // Global.
        window.extent = [height, width];
        window.output = [1, 1];
        window.geometry.padding = mote_graph::Padding::default();
    }
    let batch = b.random.pick(&[1, 1, 2, 3]);
    let channels = b.channels();
    let affine = (!float).then(|| b.affine());
    let x = b.input(&[batch, height, width, channels], affine);
    let activation = b.activation();
    let [window_height, window_width] = window.extent;
    let operator = Operator::Pool { kind, window_height, window_width, geometry: window.geometry, activation };
    let y = b.push(operator, &[x], &[batch, window.output[0], window.output[1], channels], affine);
    b.finish(&[y])
}

/// MEAN and SUM.
pub(super) fn reduce(seed: u64, float: bool, kind: ReduceKind) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let shape = b.shape(rank);
    let count = b.random.extent(1, rank);
    let mut axes = b.random.permutation(rank)[..count].to_vec();
    axes.sort_unstable();
    let keep = b.random.chance(2);
    let kept = |axis: &usize| keep || !axes.contains(axis);
    let extent = |axis: usize| if axes.contains(&axis) { 1 } else { shape[axis] };
    let output: Vec<usize> = (0..rank).filter(kept).map(extent).collect();
    let reduced: usize = axes.iter().map(|&axis| shape[axis]).product();
    let (input, mut result) = (b.affine(), b.affine());
    if b.random.chance(3) {
        result = input;
    } else {
        result.0 = input.0 * b.random.logarithmic(0.3, 3.0) as f32;
        if kind == ReduceKind::Sum {
            result.0 *= (reduced as f32).sqrt();
        }
    }
    let x = b.input(&shape, (!float).then_some(input));
    let y = b.push(Operator::Reduce { kind, axes: axes.clone() }, &[x], &output, (!float).then_some(result));
    b.finish(&[y])
}

/// SOFTMAX.
pub(super) fn softmax(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let mut shape = b.shape(rank);
    shape[rank - 1] = b.random.pick(&[1, 2, 3, 10, 12, 33, 100]);
    let affine = (b.random.logarithmic(0.0005, 1.5) as f32, b.zero_point());
    let beta = b.random.pick(&[1.0f32, 1.0, 0.5, 2.0]);
    let x = b.input(&shape, (!float).then_some(affine));
    let y = b.push(Operator::Softmax { beta }, &[x], &shape, (!float).then_some((1.0 / 256.0, -128)));
    b.finish(&[y])
}

/// ARG_MAX.
pub(super) fn arg_max(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let shape = b.shape(rank);
    let axis = b.random.extent(0, rank - 1);
    let affine = (!float).then(|| b.affine());
    let x = b.input(&shape, affine);
    let mut output = shape.clone();
    output.remove(axis);
    let y = b.typed(&output, ElementType::I32, None);
    b.node(Operator::ArgMax { axis }, &[x], &[y]);
    b.finish(&[y])
}

/// RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR.
pub(super) fn resize(seed: u64, float: bool, bilinear: bool) -> Graph {
    let mut b = Builder::new(seed);
    let [height, width] = image(&mut b);
    let [rows, columns] = [b.random.extent(1, 12), b.random.extent(1, 12)];
    let batch = b.random.pick(&[1, 2]);
    let channels = b.channels();
    let affine = (!float).then(|| b.affine());
    let x = b.input(&[batch, height, width, channels], affine);
    // Both at once is refused by the references for bilinear.
    let (align_corners, half_pixel_centers) = b.random.pick(&[(false, false), (true, false), (false, true)]);
    let operator = match bilinear {
        true => Operator::ResizeBilinear { align_corners, half_pixel_centers },
        false => Operator::ResizeNearest { align_corners, half_pixel_centers },
    };
    let y = b.push(operator, &[x], &[batch, rows, columns, channels], affine);
    b.finish(&[y])
}

/// QUANTIZE: float32 to 8-bit, or between 8-bit quantisations.
pub(super) fn quantize(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let shape = b.shape(rank);
    let to = b.affine();
    let from = (to.0 * b.random.logarithmic(0.2, 5.0) as f32, b.zero_point());
    let x = b.input(&shape, (!float).then_some(from));
    let y = b.push(Operator::Quantize, &[x], &shape, Some(to));
    b.finish(&[y])
}

/// DEQUANTIZE.
pub(super) fn dequantize(seed: u64) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let shape = b.shape(rank);
    let affine = b.affine();
    let x = b.input(&shape, Some(affine));
    let y = b.push(Operator::Dequantize, &[x], &shape, None);
    b.finish(&[y])
}

/// CAST between int8, int32 and float32.
pub(super) fn cast(seed: u64) -> Graph {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(1, 4);
    let shape = b.shape(rank);
    let types = [ElementType::I8, ElementType::I32, ElementType::F32];
    let from = b.random.pick(&types);
    let to = b.random.pick(&types);
    let x = b.typed(&shape, from, None);
    b.graph.inputs.push(x);
    let y = b.typed(&shape, to, None);
    b.node(Operator::Cast, &[x], &[y]);
    b.finish(&[y])
}
