//! DEPTHWISE_CONV_2D.

use super::OperatorEntry;
use super::weighted::{check_channels_i8, check_sliding, product, weighted_f32, weighted_i8, window, work_of};
use crate::operation::{Operation, Refusal, Work};
use core::ops::Range;
use mote_format::parameters::{DepthwiseF32Parameters, DepthwiseI8Parameters, WindowParameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{DepthwiseF32, DepthwiseI8, DepthwiseShape};
use mote_kernels::{Fault, Memory, Walk, generic, reference};

/// int8, on portable kernels.
pub static DEPTHWISE_CONV_2D_I8: OperatorEntry =
    OperatorEntry { code: OpCode::DEPTHWISE_CONV_2D_I8, check: check_i8, work: work_i8, run: run_i8 };

/// int8, on reference kernels.
pub static DEPTHWISE_CONV_2D_I8_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::depthwise_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..DEPTHWISE_CONV_2D_I8
};

/// int8, on the kernels for this processor.
#[cfg(own_kernels)]
pub static DEPTHWISE_CONV_2D_I8_NATIVE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        super::own::depthwise_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..DEPTHWISE_CONV_2D_I8
};

/// float32, on portable kernels.
pub static DEPTHWISE_CONV_2D_F32: OperatorEntry =
    OperatorEntry { code: OpCode::DEPTHWISE_CONV_2D_F32, check: work_f32, work: work_f32, run: run_f32 };

/// float32, on reference kernels.
pub static DEPTHWISE_CONV_2D_F32_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::depthwise_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..DEPTHWISE_CONV_2D_F32
};

/// Geometry, and the number of weights. Inlined, as all that makes arguments: results this large are costly to move.
#[inline(always)]
pub(super) fn shape(
    operation: &Operation<'_>,
    element_type: ElementType,
    parameters: &WindowParameters,
) -> Result<(DepthwiseShape, usize), Refusal> {
    let (input, output) = operation.one_to_one()?;
    input.expect(element_type)?;
    output.expect(element_type)?;
    let shape = DepthwiseShape {
        input: input.rows()?,
        output: output.rows()?,
        window: window(parameters)?,
        walk: Walk::Forward,
        overlapping: false,
    };
    check_sliding(&shape.input, &shape.output, &shape.window)?;
    if shape.output.channels.checked_rem(shape.input.channels) != Some(0) {
        return Err(Refusal::Shape);
    }
    let weights = product([shape.window.height, shape.window.width, shape.output.channels])?;
    Ok((shape, weights))
}

#[inline(never)]
fn arguments_i8(operation: &Operation<'_>) -> Result<DepthwiseI8, Refusal> {
    let parameters: DepthwiseI8Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::I8, &parameters.window)?;
    let channels = shape.output.channels;
    let weighted = weighted_i8(operation, &parameters.weights, weights, channels)?;
    Ok(DepthwiseI8 { shape, weighted })
}

pub(super) fn work(shape: &DepthwiseShape, scratch_bytes: usize) -> Work {
    let outputs = shape.output.width.saturating_mul(shape.output.channels);
    work_of(
        shape.units(),
        outputs.saturating_mul(shape.window.height).saturating_mul(shape.window.width),
        scratch_bytes,
    )
}

fn work_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments_i8(operation);
    let arguments = arguments.as_ref().map_err(|&refusal| refusal)?;
    Ok(work(&arguments.shape, arguments.scratch_bytes()))
}

fn check_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments_i8(operation);
    let arguments = arguments.as_ref().map_err(|&refusal| refusal)?;
    let channels = arguments.shape.output.channels;
    let weights_per_channel = arguments.shape.window.height.wrapping_mul(arguments.shape.window.width);
    check_channels_i8(operation, &arguments.weighted, channels, weights_per_channel)?;
    Ok(work(&arguments.shape, arguments.scratch_bytes()))
}

fn run_i8(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::depthwise_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
}

fn arguments_f32(operation: &Operation<'_>) -> Result<DepthwiseF32, Refusal> {
    let parameters: DepthwiseF32Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::F32, &parameters.window)?;
    let weighted = weighted_f32(operation, &parameters.weights, weights, shape.output.channels)?;
    Ok(DepthwiseF32 { shape, weighted })
}

fn work_f32(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_f32(operation)?.shape, 0))
}

fn run_f32(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::depthwise_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
}
