//! AVERAGE_POOL_I16, MAX_POOL_I16 and SOFTMAX_I16.

use crate::operation::{Operation, Overlap, Refusal, Work};
use crate::operators::OperatorEntry;
use crate::operators::pool::{geometry, rows_work};
use crate::operators::shared::{multiplier, portable, whole_of, work_units};
use mote_format::parameters::{PoolI16Parameters, SoftmaxI16Parameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{PoolI16, SOFTMAX_TABLE_BYTES, SoftmaxI16};
use mote_kernels::{Fault, Walk};

portable!(
    /// Average pooling.
    AVERAGE_POOL_I16, AVERAGE_POOL_I16_REFERENCE, AVERAGE_POOL_I16, pool_work, pool_work, pool_arguments,
    average_pool_i16
);
portable!(
    /// Maximum pooling.
    MAX_POOL_I16, MAX_POOL_I16_REFERENCE, MAX_POOL_I16, pool_work, pool_work, pool_arguments, max_pool_i16
);
portable!(
    /// Softmax over the last axis.
    SOFTMAX_I16, SOFTMAX_I16_REFERENCE, SOFTMAX_I16, softmax_work, softmax_work, softmax_arguments, softmax_i16
);

/// Most elements of a window: their int16 sum and its rounding stay within 32 bits.
const WINDOW_LIMIT: usize = 1 << 15;

/// Longest row of a softmax: the sum of its exponentials, below 2¹⁵ each, stays within 31 bits.
const DEPTH_LIMIT: usize = 1 << 16;

fn pool_arguments(operation: &Operation<'_>) -> Result<PoolI16, Refusal> {
    let PoolI16Parameters { window, activation_min, activation_max } = operation.parameters()?;
    if activation_min > activation_max {
        return Err(Refusal::Parameter);
    }
    let (input, output, window) = geometry(operation, ElementType::I16, window)?;
    if window.height.saturating_mul(window.width) > WINDOW_LIMIT {
        return Err(Refusal::Accumulator);
    }
    Ok(PoolI16 { input, output, window, walk: Walk::Forward, activation_min, activation_max })
}

fn pool_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = pool_arguments(operation)?;
    Ok(rows_work(&arguments.output, &arguments.window))
}

fn softmax_arguments(operation: &Operation<'_>) -> Result<SoftmaxI16, Refusal> {
    let (from, to) = operation.one_to_one()?;
    let (input, output) = (whole_of(&from, ElementType::I16)?, whole_of(&to, ElementType::I16)?);
    if input.bytes != output.bytes {
        return Err(Refusal::Shape);
    }
    let depth = from.view.last_extent().ok_or(Refusal::Shape)? as usize;
    if depth > DEPTH_LIMIT {
        return Err(Refusal::Accumulator);
    }
    let p: SoftmaxI16Parameters = operation.parameters()?;
    Ok(SoftmaxI16 {
        input,
        output,
        depth,
        multiplier: multiplier(p.multiplier)?,
        exponentials: operation.constant(p.exponentials, SOFTMAX_TABLE_BYTES)?,
        reciprocals: operation.constant(p.reciprocals, SOFTMAX_TABLE_BYTES)?,
    })
}

fn softmax_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let SoftmaxI16 { input, depth, .. } = softmax_arguments(operation)?;
    let units = (input.bytes / 2).checked_div(depth).ok_or(Refusal::Shape)?;
    let work_per_unit = work_units(depth.saturating_mul(4));
    Ok(Work { units, work_per_unit, scratch_bytes: 0, overlap: Overlap::SameStart })
}
