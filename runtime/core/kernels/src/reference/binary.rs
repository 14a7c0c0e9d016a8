//! Elementwise operators of two inputs with broadcasting, one element at a time.

use super::{read_f32, read_i8, write_f32, write_i8};
use crate::arguments::{AddI8, BinaryF32, BinaryKindF32, Broadcast, Extremum, ExtremumI8, MultiplyI8};
use crate::{Fault, Memory, elements};
use core::ops::Range;

/// ADD or SUB on int8.
pub fn add_i8(memory: &mut Memory<'_>, arguments: &AddI8, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_i8(memory, arguments.a, a)?, read_i8(memory, arguments.b, b)?);
        write_i8(memory, arguments.output, unit, elements::add(a, b, &arguments.parameters))?;
    }
    Ok(())
}

/// MUL on int8.
pub fn multiply_i8(memory: &mut Memory<'_>, arguments: &MultiplyI8, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_i8(memory, arguments.a, a)?, read_i8(memory, arguments.b, b)?);
        write_i8(memory, arguments.output, unit, elements::multiply(a, b, &arguments.parameters))?;
    }
    Ok(())
}

/// MAXIMUM or MINIMUM on int8.
pub fn extremum_i8(memory: &mut Memory<'_>, arguments: &ExtremumI8, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_i8(memory, arguments.a, a)?, read_i8(memory, arguments.b, b)?);
        let chosen = match arguments.parameters {
            Extremum::Maximum => a.max(b),
            Extremum::Minimum => a.min(b),
        };
        write_i8(memory, arguments.output, unit, chosen)?;
    }
    Ok(())
}

/// Elementwise operator on float32.
pub fn binary_f32(memory: &mut Memory<'_>, arguments: &BinaryF32, units: Range<usize>) -> Result<(), Fault> {
    let parameters = arguments.parameters;
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_f32(memory, arguments.a, a)?, read_f32(memory, arguments.b, b)?);
        let value = match parameters.kind {
            BinaryKindF32::Add => a + b,
            BinaryKindF32::Subtract => a - b,
            BinaryKindF32::Multiply => a * b,
            BinaryKindF32::Maximum if a > b => a,
            BinaryKindF32::Minimum if a < b => a,
            BinaryKindF32::Maximum | BinaryKindF32::Minimum => b,
        };
        let clamped = value.max(parameters.activation_min).min(parameters.activation_max);
        write_f32(memory, arguments.output, unit, clamped)?;
    }
    Ok(())
}

/// Where output element `index` finds its two inputs.
pub(super) fn sources(broadcast: &Broadcast, index: usize) -> Result<(usize, usize), Fault> {
    let axes = broadcast.extents.iter().zip(broadcast.a_strides.iter().zip(&broadcast.b_strides));
    let (mut rest, mut a, mut b) = (index, 0usize, 0usize);
    for (&extent, (a_stride, b_stride)) in axes.rev() {
        let position = rest.checked_rem(extent).ok_or(Fault)?;
        rest = rest.checked_div(extent).ok_or(Fault)?;
        a = a.wrapping_add(position.wrapping_mul(*a_stride));
        b = b.wrapping_add(position.wrapping_mul(*b_stride));
    }
    Ok((a, b))
}
