//! Conversions between element types.

use crate::arguments::{Cast, CastType, Quantize};
use crate::blocks::{BLOCK_BYTES, load, store};
use crate::{Fault, Memory, Span};
use core::ops::Range;

/// float32 to int8 or uint8: x / scale rounded to the nearest, halves away from zero, plus the zero point, clamped.
///
/// Values past 2³¹ saturate (the reference leaves them undefined); not-a-number becomes the zero point.
pub fn quantize_f32(memory: &mut Memory<'_>, arguments: &Quantize, units: Range<usize>) -> Result<(), Fault> {
    let &Quantize { input, output, scale, zero_point, unsigned } = arguments;
    let (low, high) = if unsigned { (0, 255) } else { (-128, 127) };
    convert::<4, 1>(memory, input, output, units, |bytes| {
        let steps = libm::roundf(f32::from_le_bytes(bytes) / scale) as i32;
        [steps.saturating_add(zero_point).max(low).min(high) as u8]
    })
}

/// int8 or uint8 to float32: scale × (value − zero point).
pub fn dequantize_8(memory: &mut Memory<'_>, arguments: &Quantize, units: Range<usize>) -> Result<(), Fault> {
    let &Quantize { input, output, scale, zero_point, unsigned } = arguments;
    convert::<1, 4>(memory, input, output, units, |[byte]| {
        let value = if unsigned { byte as i32 } else { byte as i8 as i32 };
        (scale * value.wrapping_sub(zero_point) as f32).to_le_bytes()
    })
}

/// CAST: integers wrap, floats are cut towards zero and saturate, anything but 0 is true.
pub fn cast(memory: &mut Memory<'_>, arguments: &Cast, units: Range<usize>) -> Result<(), Fault> {
    let &Cast { input, output, from, to } = arguments;
    match (from, to.bytes()) {
        (CastType::I8, 1) => {
            convert::<1, 1>(memory, input, output, units, |[byte]| narrow_integer(byte as i8 as i32, to))
        }
        (CastType::I8, _) => {
            convert::<1, 4>(memory, input, output, units, |[byte]| wide_integer(byte as i8 as i32, to))
        }
        (CastType::U8 | CastType::Bool, 1) => {
            convert::<1, 1>(memory, input, output, units, |[byte]| narrow_integer(byte as i32, to))
        }
        (CastType::U8 | CastType::Bool, _) => {
            convert::<1, 4>(memory, input, output, units, |[byte]| wide_integer(byte as i32, to))
        }
        (CastType::I32, 1) => {
            convert::<4, 1>(memory, input, output, units, |word| narrow_integer(i32::from_le_bytes(word), to))
        }
        (CastType::I32, _) => {
            convert::<4, 4>(memory, input, output, units, |word| wide_integer(i32::from_le_bytes(word), to))
        }
        (CastType::F32, 1) => convert::<4, 1>(memory, input, output, units, |word| {
            let value = f32::from_le_bytes(word);
            match to {
                CastType::I8 => [value as i8 as u8],
                CastType::U8 => [value as u8],
                _ => [(value != 0.0) as u8],
            }
        }),
        (CastType::F32, _) => convert::<4, 4>(memory, input, output, units, |word| match to {
            CastType::I32 => (f32::from_le_bytes(word) as i32).to_le_bytes(),
            _ => word,
        }),
    }
}

#[inline(always)]
fn narrow_integer(value: i32, to: CastType) -> [u8; 1] {
    match to {
        CastType::Bool => [(value != 0) as u8],
        _ => [value as u8],
    }
}

#[inline(always)]
fn wide_integer(value: i32, to: CastType) -> [u8; 4] {
    match to {
        CastType::F32 => (value as f32).to_le_bytes(),
        _ => value.to_le_bytes(),
    }
}

/// Converts elements `units` in order, 16 at a time, each block read before it is written.
#[inline(always)]
pub(super) fn convert<const FROM: usize, const TO: usize>(
    memory: &mut Memory<'_>,
    input: Span,
    output: Span,
    units: Range<usize>,
    element: impl Fn([u8; FROM]) -> [u8; TO],
) -> Result<(), Fault> {
    let (mut from, mut to) = ([0; BLOCK_BYTES], [0; BLOCK_BYTES]);
    let mut at = units.start;
    while at < units.end {
        let count = units.end.wrapping_sub(at).min(BLOCK_BYTES / 4);
        load(memory, input.part(at.wrapping_mul(FROM), count.wrapping_mul(FROM))?, &mut from)?;
        for (to, from) in to.as_chunks_mut::<TO>().0.iter_mut().zip(from.as_chunks::<FROM>().0).take(count) {
            *to = element(*from);
        }
        store(memory, output.part(at.wrapping_mul(TO), count.wrapping_mul(TO))?, &to)?;
        at = at.wrapping_add(count);
    }
    Ok(())
}
