//! REDUCE, SOFTMAX and ARG_MAX on int8 and float32.

use super::OperatorEntry;
use super::shared::{extents, portable, shape_of, whole_of, work_units, zero_point_i8};
use crate::operation::{Operand, Operation, Overlap, Refusal, Work};
use mote_format::parameters::{
    ArgMaxParameters, ReduceF32Parameters, ReduceI8Parameters, SoftmaxF32Parameters, SoftmaxI8Parameters,
};
use mote_format::{ElementType, MAX_RANK, OpCode};
use mote_kernels::arguments::{
    ArgMax, ReduceAxes, ReduceF32, ReduceFinish, ReduceI8, SoftmaxF32, SoftmaxI8, SoftmaxParameters,
};
use mote_kernels::{Fault, prepare};
use mote_numbers::Multiplier;

portable!(
    /// Mean or sum.
    REDUCE_I8, REDUCE_I8_REFERENCE, REDUCE_I8, reduce_i8_work, reduce_i8_work, reduce_i8_arguments, reduce_i8
);
portable!(
    /// Mean or sum.
    REDUCE_F32, REDUCE_F32_REFERENCE, REDUCE_F32, reduce_f32_work, reduce_f32_work, reduce_f32_arguments, reduce_f32
);
portable!(
    /// Softmax over the last axis.
    SOFTMAX_I8, SOFTMAX_I8_REFERENCE, SOFTMAX_I8, softmax_i8_work, softmax_i8_work, softmax_i8_arguments, softmax_i8
);
portable!(
    /// Softmax over the last axis.
    SOFTMAX_F32, SOFTMAX_F32_REFERENCE, SOFTMAX_F32, softmax_f32_work, softmax_f32_work, softmax_f32_arguments,
    softmax_f32
);
portable!(
    /// Index of the largest.
    ARG_MAX_I8, ARG_MAX_I8_REFERENCE, ARG_MAX_I8, arg_max_i8_work, arg_max_i8_work, arg_max_i8_arguments, arg_max_i8
);
portable!(
    /// Index of the largest.
    ARG_MAX_F32, ARG_MAX_F32_REFERENCE, ARG_MAX_F32, arg_max_f32_work, arg_max_f32_work, arg_max_f32_arguments,
    arg_max_f32
);

/// Most int8 elements of one sum: sum and zero points stay within 32 bits.
const SUM_LIMIT: usize = 1 << 23;

/// The axes of a reduction, and how many elements make one output.
fn reduce_axes<'o>(
    operation: &Operation<'o>,
    axes: u8,
) -> Result<(Operand<'o>, Operand<'o>, ReduceAxes, usize), Refusal> {
    let (input, output) = operation.one_to_one()?;
    let (input_shape, output_shape) = (shape_of(&input)?, shape_of(&output)?);
    let rank = input_shape.rank();
    if (axes as u32).checked_shr(rank as u32) != Some(0) {
        return Err(Refusal::Parameter);
    }
    let mut reduced = [false; MAX_RANK];
    for (axis, reduced) in reduced.iter_mut().enumerate() {
        *reduced = (axes >> axis) & 1 != 0;
    }
    let wide = extents(&input_shape);
    let shape = wide.get(..rank).ok_or(Refusal::Shape)?;
    let flags = reduced.get(..rank).ok_or(Refusal::Shape)?;
    let axes_of = || shape.iter().zip(flags);
    let produced = || output_shape.extents().iter().map(|&extent| extent as usize);
    let kept_with_ones = axes_of().map(|(&extent, &reduced)| if reduced { 1 } else { extent });
    let kept = axes_of().filter(|(_, reduced)| !**reduced).map(|(&extent, _)| extent);
    if !produced().eq(kept_with_ones) && !produced().eq(kept) {
        return Err(Refusal::Shape);
    }
    let parted = prepare::reduce_axes(shape, flags).ok_or(Refusal::Shape)?;
    let count = input.elements().checked_div(output.elements()).ok_or(Refusal::Shape)?;
    Ok((input, output, parted, count))
}

fn reduce_i8_arguments(operation: &Operation<'_>) -> Result<ReduceI8, Refusal> {
    let ReduceI8Parameters { axes, multiplier } = operation.parameters()?;
    let (input, output, axes, count) = reduce_axes(operation, axes)?;
    if count > SUM_LIMIT {
        return Err(Refusal::Accumulator);
    }
    let mantissa_fits = multiplier.mantissa >= 0;
    if !mantissa_fits || !(-31..=30).contains(&multiplier.shift) {
        return Err(Refusal::Quantization);
    }
    let finish = ReduceFinish {
        sum_offset: (zero_point_i8(&input)? as i32).wrapping_mul(count as i32).wrapping_neg(),
        multiplier: Multiplier { mantissa: multiplier.mantissa, shift: multiplier.shift },
        output_zero_point: zero_point_i8(&output)?,
    };
    let (input, output) = (whole_of(&input, ElementType::I8)?, whole_of(&output, ElementType::I8)?);
    Ok(ReduceI8 { input, output, axes, finish })
}

fn reduce_work(units: usize, elements: usize) -> Work {
    let per_unit = elements.checked_div(units).unwrap_or(1);
    Work { units, work_per_unit: work_units(per_unit), scratch_bytes: 0, overlap: Overlap::None }
}

fn reduce_i8_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = reduce_i8_arguments(operation)?;
    Ok(reduce_work(arguments.output.bytes, arguments.input.bytes))
}

fn reduce_f32_arguments(operation: &Operation<'_>) -> Result<ReduceF32, Refusal> {
    let ReduceF32Parameters { axes, mean } = operation.parameters()?;
    let (input, output, axes, count) = reduce_axes(operation, axes)?;
    let divisor = if mean { count as f32 } else { 1.0 };
    let (input, output) = (whole_of(&input, ElementType::F32)?, whole_of(&output, ElementType::F32)?);
    Ok(ReduceF32 { input, output, axes, divisor })
}

fn reduce_f32_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = reduce_f32_arguments(operation)?;
    Ok(reduce_work(arguments.output.bytes / 4, arguments.input.bytes / 4))
}

/// Input, output, and extent of the last axis, of two tensors of one shape.
fn last_axis<'o>(operation: &Operation<'o>) -> Result<(Operand<'o>, Operand<'o>, usize), Refusal> {
    let (input, output) = operation.one_to_one()?;
    let depth = input.view.last_extent().ok_or(Refusal::Shape)?;
    if !input.view.has_shape_of(output.view) {
        return Err(Refusal::Shape);
    }
    Ok((input, output, depth as usize))
}

fn softmax_work(elements: usize, depth: usize) -> Result<Work, Refusal> {
    let units = elements.checked_div(depth).ok_or(Refusal::Shape)?;
    let work_per_unit = work_units(depth.saturating_mul(16));
    Ok(Work { units, work_per_unit, scratch_bytes: 0, overlap: Overlap::SameStart })
}

fn softmax_i8_arguments(operation: &Operation<'_>) -> Result<SoftmaxI8, Refusal> {
    let SoftmaxI8Parameters { mantissa, left_shift, difference_min } = operation.parameters()?;
    if mantissa < 1 << 30 || left_shift > 31 || difference_min > 0 {
        return Err(Refusal::Quantization);
    }
    let (input, output, depth) = last_axis(operation)?;
    let (input, output) = (whole_of(&input, ElementType::I8)?, whole_of(&output, ElementType::I8)?);
    Ok(SoftmaxI8 { input, output, depth, parameters: SoftmaxParameters { mantissa, left_shift, difference_min } })
}

fn softmax_i8_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = softmax_i8_arguments(operation)?;
    softmax_work(arguments.output.bytes, arguments.depth)
}

fn softmax_f32_arguments(operation: &Operation<'_>) -> Result<SoftmaxF32, Refusal> {
    let SoftmaxF32Parameters { beta } = operation.parameters()?;
    let (input, output, depth) = last_axis(operation)?;
    let (input, output) = (whole_of(&input, ElementType::F32)?, whole_of(&output, ElementType::F32)?);
    Ok(SoftmaxF32 { input, output, depth, beta })
}

fn softmax_f32_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = softmax_f32_arguments(operation)?;
    softmax_work(arguments.output.bytes / 4, arguments.depth)
}

fn arg_max_arguments(operation: &Operation<'_>, of: ElementType) -> Result<ArgMax, Refusal> {
    let (input, output) = operation.one_to_one()?;
    let ArgMaxParameters { axis } = operation.parameters()?;
    let (input_shape, output_shape) = (shape_of(&input)?, shape_of(&output)?);
    let (before, rest) = input_shape.extents().split_at_checked(axis as usize).ok_or(Refusal::Parameter)?;
    let (extent, behind) = rest.split_first().ok_or(Refusal::Parameter)?;
    if !output_shape.extents().iter().eq(before.iter().chain(behind)) {
        return Err(Refusal::Shape);
    }
    let product = |extents: &[u32]| extents.iter().fold(1usize, |all, &one| all.wrapping_mul(one as usize));
    let (outer, inner) = (product(before), product(behind));
    let (input, output) = (whole_of(&input, of)?, whole_of(&output, ElementType::I32)?);
    Ok(ArgMax { input, output, outer, axis: *extent as usize, inner })
}

fn arg_max_work(arguments: &ArgMax) -> Work {
    let units = arguments.output.bytes / 4;
    Work { units, work_per_unit: work_units(arguments.axis), scratch_bytes: 0, overlap: Overlap::None }
}

fn arg_max_i8_arguments(operation: &Operation<'_>) -> Result<ArgMax, Refusal> {
    arg_max_arguments(operation, ElementType::I8)
}

fn arg_max_i8_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(arg_max_work(&arg_max_i8_arguments(operation)?))
}

fn arg_max_f32_arguments(operation: &Operation<'_>) -> Result<ArgMax, Refusal> {
    arg_max_arguments(operation, ElementType::F32)
}

fn arg_max_f32_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(arg_max_work(&arg_max_f32_arguments(operation)?))
}
