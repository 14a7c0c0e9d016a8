//! Elementwise operators.

use crate::arguments::{
    AddI16, Binary, CurveI16, Extremum, ExtremumI16, IntegerType, MultiplyI16, QuantizeI16, Rescale,
};
use crate::blocks::each_block;
use crate::curves::{curve, curve_table};
use crate::generic::binary::binary;
use crate::generic::convert::convert;
use crate::{Fault, Memory, elements};
use core::ops::Range;

/// ADD or SUB on int16.
pub fn add_i16(memory: &mut Memory<'_>, arguments: &AddI16, units: Range<usize>) -> Result<(), Fault> {
    let parameters = arguments.parameters;
    pairs(memory, arguments, units, |a, b| elements::add_i16(a, b, &parameters))
}

/// MUL on int16.
pub fn multiply_i16(memory: &mut Memory<'_>, arguments: &MultiplyI16, units: Range<usize>) -> Result<(), Fault> {
    let parameters = arguments.parameters;
    pairs(memory, arguments, units, |a, b| elements::multiply_i16(a, b, &parameters))
}

/// MAXIMUM or MINIMUM on int16.
pub fn extremum_i16(memory: &mut Memory<'_>, arguments: &ExtremumI16, units: Range<usize>) -> Result<(), Fault> {
    let maximum = arguments.parameters == Extremum::Maximum;
    pairs(memory, arguments, units, |a, b| if maximum { a.max(b) } else { a.min(b) })
}

#[inline(always)]
fn pairs<P>(
    memory: &mut Memory<'_>,
    arguments: &Binary<P>,
    units: Range<usize>,
    operator: impl Fn(i16, i16) -> i16,
) -> Result<(), Fault> {
    binary::<2, _>(memory, arguments, units, |a, b, output| {
        let inputs = a.as_chunks::<2>().0.iter().zip(b.as_chunks::<2>().0);
        for (output, (a, b)) in output.as_chunks_mut::<2>().0.iter_mut().zip(inputs) {
            *output = operator(i16::from_le_bytes(*a), i16::from_le_bytes(*b)).to_le_bytes();
        }
    })
}

/// LOGISTIC or TANH on int16.
pub fn curve_i16(memory: &mut Memory<'_>, arguments: &CurveI16, units: Range<usize>) -> Result<(), Fault> {
    let table = curve_table(memory, arguments)?;
    let bytes = |units: usize| units.checked_mul(2).ok_or(Fault);
    each_block(memory, arguments.input, arguments.output, bytes(units.start)?..bytes(units.end)?, |from, to| {
        for (to, from) in to.as_chunks_mut::<2>().0.iter_mut().zip(from.as_chunks::<2>().0) {
            *to = curve(i16::from_le_bytes(*from), table, arguments).to_le_bytes();
        }
    })
}

/// Change of scale and integer type.
pub fn rescale(memory: &mut Memory<'_>, arguments: &Rescale, units: Range<usize>) -> Result<(), Fault> {
    match arguments.from {
        IntegerType::I8 => rescale_from(memory, arguments, units, |[byte]: [u8; 1]| byte as i8 as i32),
        IntegerType::I16 => rescale_from(memory, arguments, units, |two: [u8; 2]| i16::from_le_bytes(two) as i32),
        IntegerType::I32 => rescale_from(memory, arguments, units, i32::from_le_bytes),
    }
}

/// Never part of its caller: three inputs by three outputs in one function would keep nothing in registers.
#[inline(never)]
fn rescale_from<const FROM: usize>(
    memory: &mut Memory<'_>,
    arguments: &Rescale,
    units: Range<usize>,
    read: impl Fn([u8; FROM]) -> i32,
) -> Result<(), Fault> {
    let &Rescale { input, output, to, parameters, .. } = arguments;
    let value = |bytes: [u8; FROM]| elements::rescale(read(bytes), &parameters);
    match to {
        IntegerType::I8 => convert::<FROM, 1>(memory, input, output, units, |bytes| [value(bytes) as u8]),
        IntegerType::I16 => {
            convert::<FROM, 2>(memory, input, output, units, |bytes| (value(bytes) as i16).to_le_bytes())
        }
        IntegerType::I32 => convert::<FROM, 4>(memory, input, output, units, |bytes| value(bytes).to_le_bytes()),
    }
}

/// float32 to int16: x / scale rounded to the nearest, halves away from zero, clamped. Not-a-number becomes 0.
pub fn quantize_f32_i16(memory: &mut Memory<'_>, arguments: &QuantizeI16, units: Range<usize>) -> Result<(), Fault> {
    let &QuantizeI16 { input, output, scale } = arguments;
    convert::<4, 2>(memory, input, output, units, |bytes| {
        let steps = libm::roundf(f32::from_le_bytes(bytes) / scale) as i32;
        (steps.max(i16::MIN as i32).min(i16::MAX as i32) as i16).to_le_bytes()
    })
}

/// int16 to float32: scale × value.
pub fn dequantize_i16(memory: &mut Memory<'_>, arguments: &QuantizeI16, units: Range<usize>) -> Result<(), Fault> {
    let &QuantizeI16 { input, output, scale } = arguments;
    convert::<2, 4>(memory, input, output, units, |bytes| (scale * i16::from_le_bytes(bytes) as f32).to_le_bytes())
}
