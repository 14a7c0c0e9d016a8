//! Sums over axes, one output element at a time.

use super::{read_f32, read_i8, write_f32, write_i8};
use crate::arguments::{AXES, ReduceAxes, ReduceF32, ReduceFinish, ReduceI8};
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::requantize;

/// MEAN or SUM on int8.
pub fn reduce_i8(memory: &mut Memory<'_>, arguments: &ReduceI8, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let mut sum = 0i32;
        each_reduced(&arguments.axes, unit, |at| {
            sum = sum.wrapping_add(read_i8(memory, arguments.input, at)? as i32);
            Ok(())
        })?;
        let ReduceFinish { sum_offset, multiplier, output_zero_point } = arguments.finish;
        let scaled = requantize(sum.wrapping_add(sum_offset), multiplier);
        let output = scaled.wrapping_add(output_zero_point as i32).clamp(-128, 127);
        write_i8(memory, arguments.output, unit, output as i8)?;
    }
    Ok(())
}

/// MEAN or SUM on float32.
pub fn reduce_f32(memory: &mut Memory<'_>, arguments: &ReduceF32, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let mut sum = 0f32;
        each_reduced(&arguments.axes, unit, |at| {
            sum += read_f32(memory, arguments.input, at)?;
            Ok(())
        })?;
        write_f32(memory, arguments.output, unit, sum / arguments.divisor)?;
    }
    Ok(())
}

/// Calls `take` with every input element of output element `unit`, in row-major order.
fn each_reduced(axes: &ReduceAxes, unit: usize, mut take: impl FnMut(usize) -> Result<(), Fault>) -> Result<(), Fault> {
    let base = offset(&axes.kept_extents, &axes.kept_strides, unit)?;
    let count = axes.reduced_extents.iter().product();
    for index in 0..count {
        take(base + offset(&axes.reduced_extents, &axes.reduced_strides, index)?)?;
    }
    Ok(())
}

/// Element offset of position `index` of a box.
fn offset(extents: &[usize; AXES], strides: &[usize; AXES], index: usize) -> Result<usize, Fault> {
    let (mut rest, mut offset) = (index, 0);
    for (&extent, &stride) in extents.iter().zip(strides).rev() {
        offset += rest.checked_rem(extent).ok_or(Fault)? * stride;
        rest = rest.checked_div(extent).ok_or(Fault)?;
    }
    Ok(offset)
}
