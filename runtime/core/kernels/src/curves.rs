//! LOGISTIC and TANH on int16: TensorFlow Lite's interpolation in one table of the logistic function.

use crate::arguments::CurveI16;
use crate::{Fault, Memory};

/// The table of `arguments`.
#[inline(always)]
pub(crate) fn curve_table<'a>(memory: &Memory<'a>, arguments: &CurveI16) -> Result<&'a [[u8; 2]; 256], Fault> {
    memory.constant(arguments.table)?.as_chunks().0.try_into().map_err(|_| Fault)
}

/// One element.
///
/// The input is brought to units of 1 / (3 × 2¹²). tanh x = 2 × logistic(2 x) − 1: the same table, read at twice the
/// distance. Below zero, what is left to the other end of the range is taken, before it is rounded.
#[inline(always)]
pub(crate) fn curve(x: i16, table: &[[u8; 2]; 256], arguments: &CurveI16) -> i16 {
    let CurveI16 { tangent, factor, shift, .. } = *arguments;
    let half = if shift > 0 { 1i32.wrapping_shl(shift.wrapping_sub(1)) } else { 0 };
    let scaled = (x as i32).wrapping_mul(factor).wrapping_add(half) >> (shift & 31);
    // Bits of the place between two entries.
    let bits = if tangent { 8 } else { 9 };
    let magnitude = scaled.unsigned_abs();
    let index = (magnitude >> bits) as usize;
    let entry = |index: usize| table.get(index).map_or(0, |value| u16::from_le_bytes(*value) as i32);
    let between = (magnitude & ((1 << bits) - 1)) as i32;
    let beyond = index >= 255;
    let (left, right) = (entry(index), entry(index.wrapping_add(1)));
    let line = (left << bits).wrapping_add(between.wrapping_mul(right.wrapping_sub(left)));
    if tangent {
        let value = if beyond { 0xFFFF << 8 } else { line };
        // Less one half, in units of 2⁻²⁴, then from there to 2⁻¹⁵ of twice the value.
        let centred = value.wrapping_sub(1 << 23);
        let rounded = if scaled >= 0 { centred.wrapping_add(1 << 7) } else { (1 << 7) - 1 - centred };
        (rounded >> 8) as i16
    } else {
        let value = if beyond { 0x7FFF << 10 } else { line };
        let rounded = if scaled >= 0 { value.wrapping_add(1 << 9) } else { (1 << 25) + (1 << 9) - 1 - value };
        ((rounded as u32) >> 10) as i16
    }
}
