//! Graphs of one operator that moves elements.

use super::builder::{Affine, Builder, random_bytes};
use mote_graph::{Activation, ElementType, Graph, Operator, StateTensor};
use std::sync::Arc;

fn begin(seed: u64, float: bool, ranks: (usize, usize)) -> (Builder, Vec<usize>, Option<Affine>) {
    let mut b = Builder::new(seed);
    let rank = b.random.extent(ranks.0, ranks.1);
    let shape = b.shape(rank);
    let affine = (!float).then(|| b.affine());
    (b, shape, affine)
}

/// PAD and PADV2.
pub(super) fn pad(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 4));
    let paddings: Vec<(usize, usize)> = shape.iter().map(|_| (b.random.extent(0, 2), b.random.extent(0, 3))).collect();
    let output: Vec<usize> =
        shape.iter().zip(&paddings).map(|(extent, (before, after))| before + extent + after).collect();
    let element_type = if float { ElementType::F32 } else { ElementType::I8 };
    let value = b.random.chance(2).then(|| random_bytes(&mut b.random, element_type, 1));
    let x = b.input(&shape, affine);
    let y = b.push(Operator::Pad { paddings, value }, &[x], &output, affine);
    b.finish(&[y])
}

/// RESHAPE.
pub(super) fn reshape(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 5));
    let elements: usize = shape.iter().product();
    let last = shape[shape.len() - 1];
    let output = b.random.pick(&[vec![elements], vec![1, elements], vec![elements / last, last], vec![elements, 1, 1]]);
    let x = b.input(&shape, affine);
    let y = b.push(Operator::Reshape, &[x], &output, affine);
    b.finish(&[y])
}

/// TRANSPOSE.
pub(super) fn transpose(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 5));
    let permutation = b.random.permutation(shape.len());
    let output: Vec<usize> = permutation.iter().map(|&axis| shape[axis]).collect();
    let x = b.input(&shape, affine);
    let y = b.push(Operator::Transpose { permutation }, &[x], &output, affine);
    b.finish(&[y])
}

/// CONCATENATION.
pub(super) fn concatenate(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 4));
    let axis = b.random.extent(0, shape.len() - 1);
    let mut operands = Vec::new();
    let mut output = shape.clone();
    output[axis] = 0;
    for _ in 0..b.random.extent(1, 4) {
        let mut part = shape.clone();
        part[axis] = b.random.extent(1, 4);
        output[axis] += part[axis];
        let constant = !operands.is_empty() && b.random.chance(5);
        operands.push(if constant { b.random_constant(&part, affine) } else { b.input(&part, affine) });
    }
    let y = b.push(Operator::Concatenate { axis, activation: Activation::None }, &operands, &output, affine);
    b.finish(&[y])
}

/// SPLIT and SPLIT_V.
pub(super) fn split(seed: u64, float: bool) -> Graph {
    let (mut b, mut shape, affine) = begin(seed, float, (1, 4));
    let axis = b.random.extent(0, shape.len() - 1);
    let parts: Vec<usize> = (0..b.random.extent(1, 4)).map(|_| b.random.extent(1, 4)).collect();
    shape[axis] = parts.iter().sum();
    let x = b.input(&shape, affine);
    let mut outputs = Vec::new();
    for part in parts {
        let mut output = shape.clone();
        output[axis] = part;
        outputs.push(b.tensor(&output, affine));
    }
    b.node(Operator::Split { axis }, &[x], &outputs);
    b.finish(&outputs)
}

/// SLICE and STRIDED_SLICE.
pub(super) fn strided_slice(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 4));
    let (mut begins, mut extents, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for &extent in &shape {
        let begin = b.random.extent(0, extent - 1);
        let step = b.random.pick(&[1isize, 1, 1, 2, 3, -1, -2]);
        let room = if step > 0 { extent - 1 - begin } else { begin };
        begins.push(begin);
        extents.push(b.random.extent(1, room / step.unsigned_abs() + 1));
        steps.push(step);
    }
    // Axes of one element may vanish, as shrunk axes do.
    let shrink = b.random.chance(3);
    let output: Vec<usize> = extents.iter().copied().filter(|&extent| !(shrink && extent == 1)).collect();
    let x = b.input(&shape, affine);
    let y = b.push(Operator::StridedSlice { begins, extents, steps }, &[x], &output, affine);
    b.finish(&[y])
}

/// PACK.
pub(super) fn pack(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 3));
    let axis = b.random.extent(0, shape.len());
    let count = b.random.extent(1, 4);
    let operands: Vec<usize> = (0..count).map(|_| b.input(&shape, affine)).collect();
    let mut output = shape.clone();
    output.insert(axis, count);
    let y = b.push(Operator::Pack { axis }, &operands, &output, affine);
    b.finish(&[y])
}

/// UNPACK.
pub(super) fn unpack(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (2, 4));
    let axis = b.random.extent(0, shape.len() - 1);
    let x = b.input(&shape, affine);
    let mut output = shape.clone();
    let count = output.remove(axis);
    let outputs: Vec<usize> = (0..count).map(|_| b.tensor(&output, affine)).collect();
    b.node(Operator::Unpack { axis }, &[x], &outputs);
    b.finish(&outputs)
}

/// GATHER with constant indices.
pub(super) fn gather(seed: u64, float: bool) -> Graph {
    let (mut b, shape, affine) = begin(seed, float, (1, 4));
    let axis = b.random.extent(0, shape.len() - 1);
    let batch_axes = if b.random.chance(3) { b.random.extent(0, axis) } else { 0 };
    let mut index_shape = shape[..batch_axes].to_vec();
    let free = b.random.extent(usize::from(batch_axes == 0), 2);
    let more = b.shape(free);
    index_shape.extend(&more);
    let count: usize = index_shape.iter().product();
    let largest = shape[axis] as i64 - 1;
    let data = (0..count).flat_map(|_| (b.random.between(0, largest) as i32).to_le_bytes()).collect();
    let x = b.input(&shape, affine);
    let indices = b.constant(&index_shape, ElementType::I32, None, data);
    let mut output = shape[..axis].to_vec();
    output.extend(&more);
    output.extend(&shape[axis + 1..]);
    let y = b.push(Operator::Gather { axis, batch_axes }, &[x, indices], &output, affine);
    b.finish(&[y])
}

/// READ_VARIABLE and ASSIGN_VARIABLE: the last elements seen are kept, as a streaming layer keeps its window.
pub(super) fn state(seed: u64, float: bool) -> Graph {
    let mut b = Builder::new(seed);
    let (width, fresh, held) = (b.random.extent(1, 9), b.random.extent(1, 3), b.random.extent(1, 4));
    let affine = (!float).then(|| b.affine());
    let x = b.input(&[1, fresh, width], affine);
    let old = b.tensor(&[1, held, width], affine);
    let element_type = if float { ElementType::F32 } else { ElementType::I8 };
    let initial = Arc::new(random_bytes(&mut b.random, element_type, held * width));
    b.graph.states.push(StateTensor { name: "window".into(), like: old, initial });
    b.node(Operator::ReadState { state: 0 }, &[], &[old]);
    let joined = Operator::Concatenate { axis: 1, activation: Activation::None };
    let all = b.push(joined, &[old, x], &[1, held + fresh, width], affine);
    let newest = Operator::StridedSlice { begins: vec![0, fresh, 0], extents: vec![1, held, width], steps: vec![1; 3] };
    let new = b.push(newest, &[all], &[1, held, width], affine);
    b.node(Operator::AssignState { state: 0 }, &[new], &[]);
    b.finish(&[all])
}
