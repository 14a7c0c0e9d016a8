//! Joins and padding: several operators fill parts of one output.

use crate::error::Problem;
use crate::lower::boxes::{ElementBox, copy, strides};
use crate::lower::context::{Lowering, problem};
use crate::lower::program::RecordId;
use mote_format::OpCode;
use mote_format::parameters::FillParameters;
use mote_graph::{Activation, ElementType, Node};

/// CONCATENATION.
pub fn concatenate(
    lowering: &mut Lowering<'_>,
    node: &Node,
    axis: usize,
    activation: Activation,
) -> Result<(), Problem> {
    if activation != Activation::None {
        let fix = "export the activation as an operator of its own";
        return Err(problem(node, "", "a fused activation on a join has no reference to be exact against", fix));
    }
    let part_shape = |shape: &[usize]| shape.to_vec();
    join(lowering, node, axis, &part_shape)
}

/// PACK.
pub fn pack(lowering: &mut Lowering<'_>, node: &Node, axis: usize) -> Result<(), Problem> {
    let part_shape = |shape: &[usize]| {
        let mut extents = shape.to_vec();
        extents.insert(axis.min(shape.len()), 1);
        extents
    };
    join(lowering, node, axis, &part_shape)
}

/// Inputs side by side along `axis`; `part_shape` is an input's shape with the output's axes.
fn join(
    lowering: &mut Lowering<'_>,
    node: &Node,
    axis: usize,
    part_shape: &dyn Fn(&[usize]) -> Vec<usize>,
) -> Result<(), Problem> {
    if node.inputs.len() == 1 && lowering.show(node, 0, 0)? {
        return Ok(());
    }
    let to = lowering.result(node, 0)?;
    let mut parts: Vec<(RecordId, ElementBox)> = Vec::new();
    let mut at = 0;
    for index in 0..node.inputs.len() {
        let from = lowering.operand(node, index)?;
        let extents = part_shape(&from.shape);
        let beside = |(other, (&extent, &whole)): (usize, (&usize, &usize))| other == axis || extent == whole;
        let fits = extents.len() == to.shape.len()
            && axis < extents.len()
            && from.element_type == to.element_type
            && extents.iter().zip(&to.shape).enumerate().all(beside)
            && at + extents[axis] <= to.shape[axis];
        if !fits {
            return Err(problem(node, &from.name, "does not fit the joined shape", "report it with the model"));
        }
        let own = strides(&to.shape);
        let output_start = at * own[axis] as usize;
        at += extents[axis];
        let input_strides = strides(&extents);
        let moved = ElementBox { extents, input_start: 0, input_strides, output_start, output_strides: own };
        parts.push((lowering.input(node, index)?, moved));
    }
    if to.shape.get(axis) != Some(&at) {
        return Err(problem(node, &to.name, "is not filled by what is joined", "report it with the model"));
    }
    let output = lowering.output(node, 0)?;
    for (index, (input, moved)) in parts.iter().enumerate() {
        copy(lowering, node, *input, output, moved, index > 0)?;
    }
    Ok(())
}

/// PAD, PADV2: the output is filled with the value, then the input copied into its place.
pub fn pad(
    lowering: &mut Lowering<'_>,
    node: &Node,
    paddings: &[(usize, usize)],
    value: Option<&[u8]>,
) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    let padded = |(axis, &(before, after)): (usize, &(usize, usize))| {
        from.shape.get(axis).is_some_and(|extent| to.shape.get(axis) == Some(&(extent + before + after)))
    };
    let same_rank = paddings.len() == from.shape.len() && paddings.len() == to.shape.len();
    if !same_rank || from.element_type != to.element_type || !paddings.iter().enumerate().all(padded) {
        return Err(problem(node, &to.name, "is not its source with the padding", "report it with the model"));
    }
    let nothing_added = paddings.iter().all(|&padding| padding == (0, 0));
    if nothing_added && lowering.show(node, 0, 0)? {
        return Ok(());
    }
    let zero_point = to.quantization.as_ref().map_or(0, |q| q.zero_point());
    let element = match (value, to.element_type) {
        (Some(value), _) => value.to_vec(),
        (None, ElementType::I8 | ElementType::U8) => vec![zero_point as u8],
        (None, other) => vec![0; other.bytes()],
    };
    if element.len() != to.element_type.bytes() {
        return Err(problem(node, &to.name, "has a padding value of another size", "report it with the model"));
    }
    let own = strides(&to.shape);
    let output_start = paddings.iter().zip(&own).map(|(&(before, _), &stride)| before * stride as usize).sum();
    let moved = ElementBox {
        extents: from.shape.clone(),
        input_start: 0,
        input_strides: strides(&from.shape),
        output_start,
        output_strides: own,
    };
    let input = lowering.input(node, 0)?;
    let output = lowering.output(node, 0)?;
    if !nothing_added {
        let mut bytes = [0; 8];
        bytes[..element.len()].copy_from_slice(&element);
        lowering.emit(node, OpCode::FILL, &[], &[output], &FillParameters { element: bytes });
    }
    copy(lowering, node, input, output, &moved, !nothing_added)
}
