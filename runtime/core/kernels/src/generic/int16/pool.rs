//! Pooling.

use crate::arguments::PoolI16;
use crate::generic::pool::Pool;
use crate::{Fault, Memory, elements};
use core::ops::Range;

/// Average pooling on int16.
pub fn average_pool_i16(memory: &mut Memory<'_>, arguments: &PoolI16, units: Range<usize>) -> Result<(), Fault> {
    let &PoolI16 { input, output, window, walk, activation_min, activation_max } = arguments;
    Pool { input, output, window, walk }.rows::<2, i32>(
        memory,
        units,
        0,
        |sum, bytes| sum.wrapping_add(i16::from_le_bytes(bytes) as i32),
        |sum, count| {
            let average = elements::rounded_average(sum, count as i32);
            (average.max(activation_min as i32).min(activation_max as i32) as i16).to_le_bytes()
        },
    )
}

/// Maximum pooling on int16.
pub fn max_pool_i16(memory: &mut Memory<'_>, arguments: &PoolI16, units: Range<usize>) -> Result<(), Fault> {
    let &PoolI16 { input, output, window, walk, activation_min, activation_max } = arguments;
    Pool { input, output, window, walk }.rows::<2, i16>(
        memory,
        units,
        i16::MIN,
        |largest, bytes| largest.max(i16::from_le_bytes(bytes)),
        |largest, _| largest.max(activation_min).min(activation_max).to_le_bytes(),
    )
}
