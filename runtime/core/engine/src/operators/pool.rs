//! AVERAGE_POOL and MAX_POOL on int8 and float32.

use super::OperatorEntry;
use super::shared::{portable, work_units};
use crate::operation::{Operation, Overlap, Refusal, Work};
use mote_format::parameters::{PoolF32Parameters, PoolI8Parameters, WindowParameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{PoolF32, PoolI8};
use mote_kernels::{Fault, Rows, Walk, Window, pixel_scratch_bytes};

portable!(
    /// Average pooling.
    AVERAGE_POOL_I8, AVERAGE_POOL_I8_REFERENCE, AVERAGE_POOL_I8, work_i8, work_i8, arguments_i8, average_pool_i8
);
portable!(
    /// Maximum pooling.
    MAX_POOL_I8, MAX_POOL_I8_REFERENCE, MAX_POOL_I8, work_i8, work_i8, arguments_i8, max_pool_i8
);
portable!(
    /// Average pooling.
    AVERAGE_POOL_F32, AVERAGE_POOL_F32_REFERENCE, AVERAGE_POOL_F32, work_f32, work_f32, arguments_f32, average_pool_f32
);
portable!(
    /// Maximum pooling.
    MAX_POOL_F32, MAX_POOL_F32_REFERENCE, MAX_POOL_F32, work_f32, work_f32, arguments_f32, max_pool_f32
);

/// Most elements of a window: their int8 sum and its rounding stay within 32 bits.
const WINDOW_LIMIT: usize = 1 << 23;

/// Input, output and window, every position of which meets the input.
#[inline(always)]
pub(super) fn geometry(
    operation: &Operation<'_>,
    element_type: ElementType,
    parameters: WindowParameters,
) -> Result<(Rows, Rows, Window), Refusal> {
    let (input, output) = operation.one_to_one()?;
    input.expect(element_type)?;
    output.expect(element_type)?;
    let (input, output) = (input.rows()?, output.rows()?);
    if input.batch != output.batch || input.channels != output.channels {
        return Err(Refusal::Shape);
    }
    let window = Window {
        height: parameters.height as usize,
        width: parameters.width as usize,
        stride_height: parameters.stride_height as usize,
        stride_width: parameters.stride_width as usize,
        dilation_height: parameters.dilation_height as usize,
        dilation_width: parameters.dilation_width as usize,
        pad_top: parameters.pad_top as usize,
        pad_left: parameters.pad_left as usize,
    };
    let undilated = window.dilation_height == 1 && window.dilation_width == 1;
    let moves = window.stride_height > 0 && window.stride_width > 0;
    if !undilated || !moves || window.height.saturating_mul(window.width) > WINDOW_LIMIT {
        return Err(Refusal::Parameter);
    }
    if !meets(input.height, output.height, window.height, window.stride_height, window.pad_top)
        || !meets(input.width, output.width, window.width, window.stride_width, window.pad_left)
    {
        return Err(Refusal::Shape);
    }
    Ok((input, output, window))
}

/// True when the first and the last window along an axis, and so all between, meet the input.
fn meets(input: usize, output: usize, extent: usize, stride: usize, pad: usize) -> bool {
    let last = output.checked_sub(1).and_then(|steps| (steps as u64).checked_mul(stride as u64));
    pad < extent && last.is_some_and(|last| last < (input as u64).saturating_add(pad as u64))
}

pub(super) fn rows_work(output: &Rows, window: &Window) -> Work {
    let taps = window.height.saturating_mul(window.width);
    let scratch_bytes = pixel_scratch_bytes(output.pixel_bytes());
    let per_row = output.width.saturating_mul(output.channels).saturating_mul(taps);
    Work { units: output.total_rows(), work_per_unit: work_units(per_row), scratch_bytes, overlap: Overlap::None }
}

fn arguments_i8(operation: &Operation<'_>) -> Result<PoolI8, Refusal> {
    let PoolI8Parameters { window, activation_min, activation_max } = operation.parameters()?;
    if activation_min > activation_max {
        return Err(Refusal::Parameter);
    }
    let (input, output, window) = geometry(operation, ElementType::I8, window)?;
    Ok(PoolI8 { input, output, window, walk: Walk::Forward, activation_min, activation_max })
}

fn work_i8(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments_i8(operation)?;
    Ok(rows_work(&arguments.output, &arguments.window))
}

fn arguments_f32(operation: &Operation<'_>) -> Result<PoolF32, Refusal> {
    let PoolF32Parameters { window, activation_min, activation_max } = operation.parameters()?;
    if activation_min > activation_max || activation_min.is_nan() || activation_max.is_nan() {
        return Err(Refusal::Parameter);
    }
    let (input, output, window) = geometry(operation, ElementType::F32, window)?;
    Ok(PoolF32 { input, output, window, walk: Walk::Forward, activation_min, activation_max })
}

fn work_f32(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = arguments_f32(operation)?;
    Ok(rows_work(&arguments.output, &arguments.window))
}
