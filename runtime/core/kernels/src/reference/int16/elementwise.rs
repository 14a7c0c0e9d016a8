//! Elementwise operators, one element at a time.

use super::{read_i16, write_i16};
use crate::arguments::{AddI16, CurveI16, Extremum, ExtremumI16, IntegerType, MultiplyI16, Rescale};
use crate::curves::{curve, curve_table};
use crate::reference::binary::sources;
use crate::reference::read_i8;
use crate::{Fault, Memory, elements};
use core::ops::Range;

/// ADD or SUB on int16.
pub fn add_i16(memory: &mut Memory<'_>, arguments: &AddI16, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_i16(memory, arguments.a, a)?, read_i16(memory, arguments.b, b)?);
        write_i16(memory, arguments.output, unit, elements::add_i16(a, b, &arguments.parameters))?;
    }
    Ok(())
}

/// MUL on int16.
pub fn multiply_i16(memory: &mut Memory<'_>, arguments: &MultiplyI16, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_i16(memory, arguments.a, a)?, read_i16(memory, arguments.b, b)?);
        write_i16(memory, arguments.output, unit, elements::multiply_i16(a, b, &arguments.parameters))?;
    }
    Ok(())
}

/// MAXIMUM or MINIMUM on int16.
pub fn extremum_i16(memory: &mut Memory<'_>, arguments: &ExtremumI16, units: Range<usize>) -> Result<(), Fault> {
    for unit in units {
        let (a, b) = sources(&arguments.broadcast, unit)?;
        let (a, b) = (read_i16(memory, arguments.a, a)?, read_i16(memory, arguments.b, b)?);
        let chosen = match arguments.parameters {
            Extremum::Maximum => a.max(b),
            Extremum::Minimum => a.min(b),
        };
        write_i16(memory, arguments.output, unit, chosen)?;
    }
    Ok(())
}

/// LOGISTIC or TANH on int16.
pub fn curve_i16(memory: &mut Memory<'_>, arguments: &CurveI16, units: Range<usize>) -> Result<(), Fault> {
    let table = curve_table(memory, arguments)?;
    for unit in units {
        let value = read_i16(memory, arguments.input, unit)?;
        write_i16(memory, arguments.output, unit, curve(value, table, arguments))?;
    }
    Ok(())
}

/// Change of scale and integer type.
pub fn rescale(memory: &mut Memory<'_>, arguments: &Rescale, units: Range<usize>) -> Result<(), Fault> {
    let Rescale { input, output, from, to, parameters } = arguments;
    for unit in units {
        let value = match from {
            IntegerType::I8 => read_i8(memory, *input, unit)? as i32,
            IntegerType::I16 => read_i16(memory, *input, unit)? as i32,
            IntegerType::I32 => {
                let four = memory.read(input.part(unit.checked_mul(4).ok_or(Fault)?, 4)?)?;
                i32::from_le_bytes(four.first_chunk().copied().ok_or(Fault)?)
            }
        };
        let bytes = elements::rescale(value, parameters).to_le_bytes();
        let element = memory.write(output.part(unit.checked_mul(to.bytes()).ok_or(Fault)?, to.bytes())?)?;
        element.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
    }
    Ok(())
}
