//! TRANSPOSE_CONV.

use super::OperatorEntry;
use super::weighted::{check_channels_i8, product, weighted_f32, weighted_i8, window, work_of};
use crate::operation::{Operation, Refusal, Work};
use core::ops::Range;
use mote_format::parameters::{TransposeConvF32Parameters, TransposeConvI8Parameters, WindowParameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{TransposeConvF32, TransposeConvI8, TransposeConvShape};
use mote_kernels::{Fault, Memory, Walk, generic, reference};

/// int8, on portable kernels.
pub static TRANSPOSE_CONV_2D_I8: OperatorEntry =
    OperatorEntry { code: OpCode::TRANSPOSE_CONV_2D_I8, check: check_i8, work: work_i8, run: run_i8 };

/// int8, on reference kernels.
pub static TRANSPOSE_CONV_2D_I8_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::transpose_conv_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..TRANSPOSE_CONV_2D_I8
};

/// float32, on portable kernels.
pub static TRANSPOSE_CONV_2D_F32: OperatorEntry =
    OperatorEntry { code: OpCode::TRANSPOSE_CONV_2D_F32, check: work_f32, work: work_f32, run: run_f32 };

/// float32, on reference kernels.
pub static TRANSPOSE_CONV_2D_F32_REFERENCE: OperatorEntry = OperatorEntry {
    run: |operation, memory, units| {
        reference::transpose_conv_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
    },
    ..TRANSPOSE_CONV_2D_F32
};

/// Geometry, and the number of weights. Inlined, as all that makes arguments: results this large are costly to move.
#[inline(always)]
fn shape(
    operation: &Operation<'_>,
    element_type: ElementType,
    parameters: &WindowParameters,
) -> Result<(TransposeConvShape, usize), Refusal> {
    let (input, output) = operation.one_to_one()?;
    input.expect(element_type)?;
    output.expect(element_type)?;
    let shape = TransposeConvShape {
        input: input.rows()?,
        output: output.rows()?,
        window: window(parameters)?,
        walk: Walk::Forward,
    };
    let TransposeConvShape { input, output, window, .. } = &shape;
    let undilated = window.dilation_height == 1 && window.dilation_width == 1;
    if !undilated || window.pad_top >= window.height || window.pad_left >= window.width {
        return Err(Refusal::Parameter);
    }
    if input.batch != output.batch {
        return Err(Refusal::Shape);
    }
    let weights = product([output.channels, window.height, window.width, input.channels])?;
    Ok((shape, weights))
}

fn arguments_i8(operation: &Operation<'_>) -> Result<TransposeConvI8, Refusal> {
    let parameters: TransposeConvI8Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::I8, &parameters.window)?;
    let channels = shape.output.channels;
    let weighted = weighted_i8(operation, &parameters.weights, weights, channels)?;
    Ok(TransposeConvI8 { shape, weighted })
}

fn work(shape: &TransposeConvShape) -> Work {
    // A row of output gets, on average, the products of one row of input over the vertical stride.
    let pixels = shape.input.height.saturating_mul(shape.input.width).checked_div(shape.output.height).unwrap_or(1);
    let taps = shape.window.height.saturating_mul(shape.window.width);
    let per_tap = shape.input.channels.saturating_mul(shape.output.channels);
    work_of(shape.units(), pixels.saturating_mul(taps).saturating_mul(per_tap), 0)
}

fn work_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_i8(operation)?.shape))
}

fn check_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments_i8(operation);
    let arguments = arguments.as_ref().map_err(|&refusal| refusal)?;
    let shape = &arguments.shape;
    let weights_per_channel = shape.window.height.wrapping_mul(shape.window.width).wrapping_mul(shape.input.channels);
    check_channels_i8(operation, &arguments.weighted, shape.output.channels, weights_per_channel)?;
    Ok(work(shape))
}

fn run_i8(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::transpose_conv_i8(memory, arguments_i8(operation).as_ref().map_err(|_| Fault)?, units)
}

fn arguments_f32(operation: &Operation<'_>) -> Result<TransposeConvF32, Refusal> {
    let parameters: TransposeConvF32Parameters = operation.parameters()?;
    let (shape, weights) = shape(operation, ElementType::F32, &parameters.window)?;
    let weighted = weighted_f32(operation, &parameters.weights, weights, shape.output.channels)?;
    Ok(TransposeConvF32 { shape, weighted })
}

fn work_f32(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(work(&arguments_f32(operation)?.shape))
}

fn run_f32(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    generic::transpose_conv_f32(memory, arguments_f32(operation).as_ref().map_err(|_| Fault)?, units)
}
