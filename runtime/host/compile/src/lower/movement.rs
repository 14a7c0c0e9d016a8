//! Reshapes, transposes, slices and gathers.

use crate::error::Problem;
use crate::lower::boxes::{ElementBox, show_or_copy, strides};
use crate::lower::context::{Lowering, problem, wrong_type};
use mote_format::OpCode;
use mote_format::parameters::GatherParameters;
use mote_graph::{ElementType, Node};

/// RESHAPE, SQUEEZE, EXPAND_DIMS.
pub fn reshape(lowering: &mut Lowering<'_>, node: &Node) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    if from.bytes() != to.bytes() {
        return Err(problem(node, &to.name, "has another size than its source", "report it with the model"));
    }
    show_or_copy(lowering, node, 0, &ElementBox::whole(from.elements()))
}

/// TRANSPOSE.
pub fn transpose(lowering: &mut Lowering<'_>, node: &Node, permutation: &[usize]) -> Result<(), Problem> {
    let from = strides(&lowering.operand(node, 0)?.shape);
    let to = &lowering.result(node, 0)?.shape;
    let fits = permutation.len() == from.len() && to.len() == from.len();
    if !fits || permutation.iter().any(|&axis| axis >= from.len()) {
        return Err(problem(node, "", "permutation does not fit the shape", "report it with the model"));
    }
    let moved = ElementBox {
        extents: to.clone(),
        input_start: 0,
        input_strides: permutation.iter().map(|&axis| from[axis]).collect(),
        output_start: 0,
        output_strides: strides(to),
    };
    show_or_copy(lowering, node, 0, &moved)
}

/// SLICE, STRIDED_SLICE.
pub fn strided_slice(
    lowering: &mut Lowering<'_>,
    node: &Node,
    begins: &[usize],
    extents: &[usize],
    steps: &[isize],
) -> Result<(), Problem> {
    let from = lowering.operand(node, 0)?;
    let fits = [begins.len(), extents.len(), steps.len()].iter().all(|&length| length == from.shape.len());
    let last = |axis: usize| begins[axis] as isize + (extents[axis] as isize - 1) * steps[axis];
    let inside = |axis: usize| begins[axis] < from.shape[axis] && (0..from.shape[axis] as isize).contains(&last(axis));
    if !fits || !(0..begins.len()).all(inside) {
        return Err(problem(node, &from.name, "is sliced beyond its extents", "report it with the model"));
    }
    let own = strides(&from.shape);
    let start: isize = begins.iter().zip(&own).map(|(&begin, stride)| begin as isize * stride).sum();
    let moved = ElementBox {
        extents: extents.to_vec(),
        input_start: start as usize,
        input_strides: own.iter().zip(steps).map(|(stride, step)| stride * step).collect(),
        output_start: 0,
        output_strides: strides(extents),
    };
    show_or_copy(lowering, node, 0, &moved)
}

/// SPLIT, SPLIT_V.
pub fn split(lowering: &mut Lowering<'_>, node: &Node, axis: usize) -> Result<(), Problem> {
    let mut at = 0;
    for output in 0..node.outputs.len() {
        let extents = lowering.result(node, output)?.shape.clone();
        let extent = extents.get(axis).copied().unwrap_or(0);
        part(lowering, node, output, axis, at, extents)?;
        at += extent;
    }
    Ok(())
}

/// UNPACK.
pub fn unpack(lowering: &mut Lowering<'_>, node: &Node, axis: usize) -> Result<(), Problem> {
    for output in 0..node.outputs.len() {
        let mut extents = lowering.operand(node, 0)?.shape.clone();
        if let Some(extent) = extents.get_mut(axis) {
            *extent = 1;
        }
        part(lowering, node, output, axis, output, extents)?;
    }
    Ok(())
}

/// The part of the input from position `at` of `axis` on.
fn part(
    lowering: &mut Lowering<'_>,
    node: &Node,
    output: usize,
    axis: usize,
    at: usize,
    extents: Vec<usize>,
) -> Result<(), Problem> {
    let from = lowering.operand(node, 0)?;
    let fits = axis < from.shape.len()
        && extents.len() == from.shape.len()
        && at + extents[axis] <= from.shape[axis]
        && lowering.result(node, output)?.elements() == extents.iter().product::<usize>();
    if !fits {
        return Err(problem(node, &from.name, "does not part into the outputs' shapes", "report it with the model"));
    }
    let own = strides(&from.shape);
    let moved = ElementBox {
        input_start: at * own[axis] as usize,
        input_strides: own,
        output_start: 0,
        output_strides: strides(&extents),
        extents,
    };
    show_or_copy(lowering, node, output, &moved)
}

/// GATHER.
pub fn gather(lowering: &mut Lowering<'_>, node: &Node, axis: usize, batch_axes: usize) -> Result<(), Problem> {
    let indices = lowering.operand(node, 1)?;
    if indices.element_type != ElementType::I32 {
        return Err(wrong_type(node, indices));
    }
    let inputs = [lowering.input(node, 0)?, lowering.input(node, 1)?];
    let output = lowering.output(node, 0)?;
    let parameters = GatherParameters { axis: axis as u8, batch_axes: batch_axes as u8 };
    lowering.emit(node, OpCode::GATHER, &inputs, &[output], &parameters);
    Ok(())
}
