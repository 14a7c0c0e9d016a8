//! Index of the largest along an axis.

use crate::arguments::ArgMax;
use crate::{Fault, Memory};
use core::ops::Range;

/// ARG_MAX on int8.
pub fn arg_max_i8(memory: &mut Memory<'_>, arguments: &ArgMax, units: Range<usize>) -> Result<(), Fault> {
    arg_max::<1, i8>(memory, arguments, units, i8::from_le_bytes)
}

/// ARG_MAX on float32.
pub fn arg_max_f32(memory: &mut Memory<'_>, arguments: &ArgMax, units: Range<usize>) -> Result<(), Fault> {
    arg_max::<4, f32>(memory, arguments, units, f32::from_le_bytes)
}

#[inline(always)]
fn arg_max<const ELEMENT_BYTES: usize, T: PartialOrd + Copy>(
    memory: &mut Memory<'_>,
    arguments: &ArgMax,
    units: Range<usize>,
    value: impl Fn([u8; ELEMENT_BYTES]) -> T,
) -> Result<(), Fault> {
    let &ArgMax { input, output, axis, inner, .. } = arguments;
    for unit in units {
        let outer_at = unit.checked_div(inner).ok_or(Fault)?;
        let inner_at = unit.checked_rem(inner).ok_or(Fault)?;
        let first = outer_at.wrapping_mul(axis).wrapping_mul(inner).wrapping_add(inner_at);
        let mut candidates = memory.read(input)?.get(first.wrapping_mul(ELEMENT_BYTES)..).ok_or(Fault)?;
        let mut largest = value(*candidates.first_chunk().ok_or(Fault)?);
        let mut index = 0usize;
        for at in 1..axis {
            candidates = candidates.get(inner.wrapping_mul(ELEMENT_BYTES)..).ok_or(Fault)?;
            let candidate = value(*candidates.first_chunk().ok_or(Fault)?);
            if candidate > largest {
                largest = candidate;
                index = at;
            }
        }
        let place = memory.write(output.part(unit.wrapping_mul(4), 4)?)?;
        *place.first_chunk_mut().ok_or(Fault)? = (index as i32).to_le_bytes();
    }
    Ok(())
}
