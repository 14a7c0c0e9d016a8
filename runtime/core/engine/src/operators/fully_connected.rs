//! FULLY_CONNECTED.

use super::OperatorEntry;
use super::scan::sums_fit;
use super::shared::whole;
use super::weighted::{check_channels_i8, product, weighted_f32, weighted_i8, work_of};
use crate::operation::{Operation, Refusal, Work};
use core::ops::Range;
use mote_format::parameters::{
    FullyConnectedF32Parameters, FullyConnectedI8Parameters, FullyConnectedLitertI8Parameters,
};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{
    FULLY_CONNECTED_BLOCK, FullyConnectedF32, FullyConnectedI8, FullyConnectedLitertI8, FullyConnectedShape,
};
use mote_kernels::{Fault, Memory, generic, reference};
use mote_numbers::RealMultiplier;

/// int8, on portable kernels.
pub static FULLY_CONNECTED_I8: OperatorEntry =
    OperatorEntry { code: OpCode::FULLY_CONNECTED_I8, check: check_i8, work: work_i8, run: run_i8 };

/// int8, on reference kernels.
pub static FULLY_CONNECTED_I8_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::fully_connected_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..FULLY_CONNECTED_I8
};

/// int8, on the kernels for this processor.
#[cfg(own_kernels)]
pub static FULLY_CONNECTED_I8_NATIVE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        super::own::fully_connected_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..FULLY_CONNECTED_I8
};

/// int8 as LiteRT rounds it, on portable kernels.
pub static FULLY_CONNECTED_LITERT_I8: OperatorEntry =
    OperatorEntry { code: OpCode::FULLY_CONNECTED_LITERT_I8, check: check_litert, work: work_litert, run: run_litert };

/// int8 as LiteRT rounds it, on reference kernels.
pub static FULLY_CONNECTED_LITERT_I8_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::fully_connected_litert_i8(memory, arguments_litert(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..FULLY_CONNECTED_LITERT_I8
};

/// float32, on portable kernels.
pub static FULLY_CONNECTED_F32: OperatorEntry =
    OperatorEntry { code: OpCode::FULLY_CONNECTED_F32, check: work_f32, work: work_f32, run: run_f32 };

/// float32, on reference kernels.
pub static FULLY_CONNECTED_F32_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::fully_connected_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..FULLY_CONNECTED_F32
};

/// Geometry, and the number of weights. Inlined, as all that makes arguments: results this large are costly to move.
#[inline(always)]
pub(super) fn shape(
    operation: &Operation<'_>,
    element_type: ElementType,
) -> Result<(FullyConnectedShape, usize), Refusal> {
    let (input, output) = operation.one_to_one()?;
    input.expect(element_type)?;
    output.expect(element_type)?;
    let outputs = output.view.last_extent().unwrap_or(1) as usize;
    let rows = output.elements().checked_div(outputs).ok_or(Refusal::Shape)?;
    if input.elements().checked_rem(rows) != Some(0) {
        return Err(Refusal::Shape);
    }
    let depth = input.elements().checked_div(rows).ok_or(Refusal::Shape)?;
    let shape = FullyConnectedShape { input: whole(&input)?, output: whole(&output)?, rows, depth, outputs };
    Ok((shape, product([depth, outputs])?))
}

#[inline(never)]
fn arguments_i8(operation: &Operation<'_>) -> Result<FullyConnectedI8, Refusal> {
    read_i8(operation)
}

/// As [`arguments_i8`], for the check, which needs only some of them.
#[inline(always)]
fn read_i8(operation: &Operation<'_>) -> Result<FullyConnectedI8, Refusal> {
    let parameters: FullyConnectedI8Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::I8)?;
    let channels = shape.outputs;
    let weighted = weighted_i8(operation, &parameters.weights, weights, channels)?;
    Ok(FullyConnectedI8 { shape, weighted })
}

pub(super) fn work(shape: &FullyConnectedShape) -> Work {
    work_of(shape.units(), shape.depth.saturating_mul(FULLY_CONNECTED_BLOCK.min(shape.outputs)), 0)
}

fn work_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_i8(operation)?.shape))
}

fn check_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = read_i8(operation)?;
    let channels = arguments.shape.outputs;
    let weights_per_channel = arguments.shape.depth;
    check_channels_i8(operation, &arguments.weighted, channels, weights_per_channel)?;
    Ok(work(&arguments.shape))
}

fn run_i8(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::fully_connected_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
}

fn arguments_litert(operation: &Operation<'_>) -> Result<FullyConnectedLitertI8, Refusal> {
    let parameters: FullyConnectedLitertI8Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::I8)?;
    let range = parameters.range;
    if range.activation_min > range.activation_max {
        return Err(Refusal::Parameter);
    }
    let factors = if parameters.per_channel { shape.outputs } else { 1 };
    Ok(FullyConnectedLitertI8 {
        shape,
        weights: operation.constant(parameters.weights, weights)?,
        biases: operation.constant(parameters.biases, product([shape.outputs, 4])?)?,
        factors: operation.constant(parameters.factors, product([factors, 8])?)?,
        input_zero_point: range.input_zero_point.into(),
        output_zero_point: range.output_zero_point.into(),
        activation_minimum: range.activation_min.into(),
        activation_maximum: range.activation_max.into(),
    })
}

fn work_litert(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_litert(operation)?.shape))
}

fn check_litert(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments_litert(operation)?;
    let (factors, _) = operation.constant_span(arguments.factors)?.as_chunks::<8>();
    if factors.iter().any(|&factor| RealMultiplier::from_bits(u64::from_le_bytes(factor)).is_none()) {
        return Err(Refusal::Quantization);
    }
    let (biases, _) = operation.constant_span(arguments.biases)?.as_chunks::<4>();
    if !sums_fit(arguments.shape.depth, biases, arguments.input_zero_point) {
        return Err(Refusal::Accumulator);
    }
    Ok(work(&arguments.shape))
}

fn run_litert(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::fully_connected_litert_i8(memory, arguments_litert(operation).as_ref().map_err(|_| Fault)?, units)
}

fn arguments_f32(operation: &Operation<'_>) -> Result<FullyConnectedF32, Refusal> {
    let parameters: FullyConnectedF32Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::F32)?;
    let weighted = weighted_f32(operation, &parameters.weights, weights, shape.outputs)?;
    Ok(FullyConnectedF32 { shape, weighted })
}

fn work_f32(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_f32(operation)?.shape))
}

fn run_f32(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::fully_connected_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
}
