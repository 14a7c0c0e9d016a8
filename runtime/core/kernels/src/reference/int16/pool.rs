//! Pooling, one output element at a time.

use super::read_i16;
use crate::arguments::PoolI16;
use crate::reference::pool::{each_pixel, each_tap, staged};
use crate::{Fault, Memory};
use core::ops::Range;

/// Average pooling on int16: the sum over the window inside the input, divided by the number of elements, halves away
/// from zero.
pub fn average_pool_i16(memory: &mut Memory<'_>, arguments: &PoolI16, units: Range<usize>) -> Result<(), Fault> {
    pool(memory, arguments, units, |sum, count| {
        let nudged = if sum.0 > 0 { sum.0 + count / 2 } else { sum.0 - count / 2 };
        nudged.checked_div(count).ok_or(Fault)
    })
}

/// Maximum pooling on int16.
pub fn max_pool_i16(memory: &mut Memory<'_>, arguments: &PoolI16, units: Range<usize>) -> Result<(), Fault> {
    pool(memory, arguments, units, |(_, largest), _| Ok(largest))
}

/// Makes each output of the sum and the largest of the elements in its window, and of their number.
fn pool(
    memory: &mut Memory<'_>,
    arguments: &PoolI16,
    units: Range<usize>,
    finish: impl Fn((i64, i64), i64) -> Result<i64, Fault>,
) -> Result<(), Fault> {
    each_pixel(&arguments.output, arguments.walk, units, |image, y, x, target| {
        staged(memory, target, 2, |memory, channel| {
            let (mut sum, mut largest, mut count) = (0, i16::MIN as i64, 0);
            each_tap(&arguments.input, &arguments.window, (image, y, x), |span| {
                let value = read_i16(memory, span, channel)? as i64;
                (sum, largest, count) = (sum + value, value.max(largest), count + 1);
                Ok(())
            })?;
            let value = finish((sum, largest), count)?;
            let clamped = value.max(arguments.activation_min as i64).min(arguments.activation_max as i64);
            Ok((clamped as i32).to_le_bytes())
        })
    })
}
