//! STRIDED_COPY, FILL and GATHER.

use super::OperatorEntry;
use super::shared::{portable, shape_of, whole, whole_of, work_units};
use crate::operation::{Operation, Overlap, Refusal, Work};
use mote_format::parameters::{FillParameters, GatherParameters, StridedCopyParameters};
use mote_format::{ElementType, MAX_RANK, OpCode};
use mote_kernels::arguments::{Fill, Gather, StridedCopy};
use mote_kernels::{Fault, Region};

portable!(
    /// Moves a box of elements.
    STRIDED_COPY, STRIDED_COPY_REFERENCE, STRIDED_COPY, copy_work, copy_work, copy_arguments, strided_copy
);
portable!(
    /// Writes one element everywhere.
    FILL, FILL_REFERENCE, FILL, fill_work, fill_work, fill_arguments, fill
);
portable!(
    /// Slices at indices.
    GATHER, GATHER_REFERENCE, GATHER, gather_check, gather_work, gather_arguments, gather
);

/// Refuses operands that are not `inputs` inputs, then perhaps the output again, and one output.
fn operands_of_part(operation: &Operation<'_>, inputs: usize) -> Result<(), Refusal> {
    if operation.input_count() == inputs.wrapping_add(1) && operation.output_count() == 1 {
        let (again, output) = (operation.input(inputs)?, operation.output(0)?);
        return if again.index == output.index { Ok(()) } else { Err(Refusal::OperandCount) };
    }
    operation.expect_operands(inputs, 1)
}

/// True when every position of the box stands within 0..elements.
fn inside(start: u32, extents: &[u32; MAX_RANK], strides: &[i32; MAX_RANK], elements: usize) -> bool {
    let mut low = start as i64;
    let mut high = low;
    for (&extent, &stride) in extents.iter().zip(strides) {
        let steps = (extent as i64).wrapping_sub(1);
        let Some(reach) = steps.checked_mul(stride as i64) else { return false };
        let side = if reach < 0 { &mut low } else { &mut high };
        let Some(sum) = side.checked_add(reach) else { return false };
        *side = sum;
    }
    low >= 0 && u64::try_from(high).is_ok_and(|high| high < elements as u64)
}

fn copy_arguments(operation: &Operation<'_>) -> Result<StridedCopy, Refusal> {
    operands_of_part(operation, 1)?;
    let p: StridedCopyParameters = operation.parameters()?;
    let (input, output) = (operation.input(0)?, operation.output(0)?);
    if input.index == output.index {
        return Err(Refusal::Placement);
    }
    let element_bytes = output.element_type().bytes();
    if input.element_type().bytes() != element_bytes {
        return Err(Refusal::ElementType);
    }
    if !inside(p.input_start, &p.extents, &p.input_strides, input.elements())
        || !inside(p.output_start, &p.extents, &p.output_strides, output.elements())
    {
        return Err(Refusal::Shape);
    }
    Ok(StridedCopy {
        input: whole(&input)?,
        output: whole(&output)?,
        element_bytes,
        extents: p.extents.map(|extent| extent as usize),
        input_start: p.input_start as usize,
        input_strides: p.input_strides.map(|stride| stride as isize),
        output_start: p.output_start as usize,
        output_strides: p.output_strides.map(|stride| stride as isize),
    })
}

fn copy_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = copy_arguments(operation)?;
    let units = arguments.extents.iter().try_fold(1usize, |all, &one| all.checked_mul(one));
    // Repeated reads and writes aside, no copy needs more steps than the larger of its tensors has elements.
    let units = units.filter(|&units| units > 0 && units <= i32::MAX as usize).ok_or(Refusal::Shape)?;
    Ok(Work { units, work_per_unit: 1, scratch_bytes: 0, overlap: Overlap::None })
}

fn fill_arguments(operation: &Operation<'_>) -> Result<Fill, Refusal> {
    operands_of_part(operation, 0)?;
    let FillParameters { element } = operation.parameters()?;
    let output = operation.output(0)?;
    Ok(Fill { output: whole(&output)?, element, element_bytes: output.element_type().bytes() })
}

fn fill_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let units = {
        fill_arguments(operation)?;
        operation.output(0)?.elements()
    };
    Ok(Work { units, work_per_unit: 1, scratch_bytes: 0, overlap: Overlap::None })
}

fn gather_arguments(operation: &Operation<'_>) -> Result<Gather, Refusal> {
    operation.expect_operands(2, 1)?;
    let GatherParameters { axis, batch_axes } = operation.parameters()?;
    let (input, indices, output) = (operation.input(0)?, operation.input(1)?, operation.output(0)?);
    if input.element_type() != output.element_type() {
        return Err(Refusal::ElementType);
    }
    if batch_axes > axis {
        return Err(Refusal::Parameter);
    }
    let (input_shape, indices_shape, output_shape) = (shape_of(&input)?, shape_of(&indices)?, shape_of(&output)?);
    let (before, rest) = input_shape.extents().split_at_checked(axis as usize).ok_or(Refusal::Parameter)?;
    let (extent, behind) = rest.split_first().ok_or(Refusal::Parameter)?;
    let (batch, outer) = before.split_at_checked(batch_axes as usize).ok_or(Refusal::Parameter)?;
    let (index_batch, chosen) =
        indices_shape.extents().split_at_checked(batch_axes as usize).ok_or(Refusal::Parameter)?;
    let produced = before.iter().chain(chosen).chain(behind);
    if batch != index_batch || !output_shape.extents().iter().eq(produced) {
        return Err(Refusal::Shape);
    }
    let product = |extents: &[u32]| extents.iter().fold(1usize, |all, &one| all.wrapping_mul(one as usize));
    Ok(Gather {
        input: whole(&input)?,
        indices: whole_of(&indices, ElementType::I32)?,
        output: whole(&output)?,
        batch: product(batch),
        outer: product(outer),
        axis: *extent as usize,
        count: product(chosen),
        inner_bytes: product(behind).wrapping_mul(input.element_type().bytes()),
    })
}

fn gather_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = gather_arguments(operation)?;
    let units = arguments.output.bytes.checked_div(arguments.inner_bytes).ok_or(Refusal::Shape)?;
    let work_per_unit = work_units(arguments.inner_bytes);
    Ok(Work { units, work_per_unit, scratch_bytes: 0, overlap: Overlap::None })
}

/// Constant indices are looked at once; others end a run with a fault when they leave the axis.
fn gather_check(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let work = gather_work(operation)?;
    let arguments = gather_arguments(operation)?;
    if arguments.indices.region == Region::Constant {
        let bytes = operation.constant_span(arguments.indices)?;
        let outside =
            |index: &[u8; 4]| usize::try_from(i32::from_le_bytes(*index)).map_or(true, |index| index >= arguments.axis);
        if bytes.as_chunks::<4>().0.iter().any(outside) {
            return Err(Refusal::Constant);
        }
    }
    Ok(work)
}
