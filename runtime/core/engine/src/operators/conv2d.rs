//! CONV_2D.

use super::OperatorEntry;
use super::weighted::{check_channels_i8, check_sliding, product, weighted_f32, weighted_i8, window, work_of};
use crate::operation::{Operation, Refusal, Work};
use core::ops::Range;
use mote_format::parameters::{Conv2dF32Parameters, Conv2dI8Parameters, WindowParameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{Conv2dF32, Conv2dI8, Conv2dShape};
use mote_kernels::{Fault, Memory, Walk, generic, reference};

/// int8, on portable kernels.
pub static CONV_2D_I8: OperatorEntry =
    OperatorEntry { code: OpCode::CONV_2D_I8, check: check_i8, work: work_i8, run: run_i8 };

/// int8, on reference kernels.
pub static CONV_2D_I8_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::conv2d_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..CONV_2D_I8
};

/// int8, on the kernels for this processor.
#[cfg(own_kernels)]
pub static CONV_2D_I8_NATIVE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        super::own::conv2d_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..CONV_2D_I8
};

/// float32, on portable kernels.
pub static CONV_2D_F32: OperatorEntry =
    OperatorEntry { code: OpCode::CONV_2D_F32, check: work_f32, work: work_f32, run: run_f32 };

/// float32, on reference kernels.
pub static CONV_2D_F32_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::conv2d_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..CONV_2D_F32
};

/// Geometry, and the number of weights. Inlined, as all that makes arguments: results this large are costly to move.
#[inline(always)]
pub(super) fn shape(
    operation: &Operation<'_>,
    element_type: ElementType,
    parameters: &WindowParameters,
    groups: u16,
) -> Result<(Conv2dShape, usize), Refusal> {
    let (input, output) = operation.one_to_one()?;
    input.expect(element_type)?;
    output.expect(element_type)?;
    let shape = Conv2dShape {
        input: input.rows()?,
        output: output.rows()?,
        window: window(parameters)?,
        groups: groups.into(),
        walk: Walk::Forward,
        overlapping: false,
    };
    check_sliding(&shape.input, &shape.output, &shape.window)?;
    for channels in [shape.input.channels, shape.output.channels] {
        if channels.checked_rem(shape.groups) != Some(0) {
            return Err(Refusal::Shape);
        }
    }
    let Conv2dShape { window, output, .. } = &shape;
    let weights = product([output.channels, window.height, window.width, shape.group_channels()])?;
    Ok((shape, weights))
}

#[inline(never)]
fn arguments_i8(operation: &Operation<'_>) -> Result<Conv2dI8, Refusal> {
    let parameters: Conv2dI8Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::I8, &parameters.window, parameters.groups)?;
    let channels = shape.output.channels;
    let weighted = weighted_i8(operation, &parameters.weights, weights, channels)?;
    Ok(Conv2dI8 { shape, weighted })
}

pub(super) fn work(shape: &Conv2dShape, scratch_bytes: usize) -> Work {
    let outputs = shape.output.width.saturating_mul(shape.output.channels);
    work_of(shape.units(), outputs.saturating_mul(shape.filter_elements()), scratch_bytes)
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
    let weights_per_channel = arguments.shape.filter_elements();
    check_channels_i8(operation, &arguments.weighted, channels, weights_per_channel)?;
    Ok(work(&arguments.shape, arguments.scratch_bytes()))
}

fn run_i8(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::conv2d_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
}

fn arguments_f32(operation: &Operation<'_>) -> Result<Conv2dF32, Refusal> {
    let parameters: Conv2dF32Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::F32, &parameters.window, parameters.groups)?;
    let weighted = weighted_f32(operation, &parameters.weights, weights, shape.output.channels)?;
    Ok(Conv2dF32 { shape, weighted })
}

fn work_f32(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_f32(operation)?.shape, 0))
}

fn run_f32(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::conv2d_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
}
