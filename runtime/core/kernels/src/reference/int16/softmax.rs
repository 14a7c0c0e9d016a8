//! Softmax over the last axis: fixed-point steps written out one by one.

use super::{read_i16, write_i16};
use crate::arguments::SoftmaxI16;
use crate::{Fault, Memory, Span};
use core::ops::Range;
use mote_numbers::requantize;

/// SOFTMAX on int16.
pub fn softmax_i16(memory: &mut Memory<'_>, arguments: &SoftmaxI16, units: Range<usize>) -> Result<(), Fault> {
    let SoftmaxI16 { input, output, depth, multiplier, exponentials, reciprocals } = *arguments;
    for unit in units {
        let row = unit * depth..(unit + 1) * depth;
        let mut largest = i16::MIN;
        for at in row.clone() {
            largest = largest.max(read_i16(memory, input, at)?);
        }
        let exponential = |memory: &Memory<'_>, at: usize| {
            let difference = read_i16(memory, input, at)? as i32 - largest as i32;
            // −65535 ..= 0 stands for −10 ..= 0; the table is centred.
            let centred = requantize(difference, multiplier).wrapping_add(32767);
            looked_up(memory, exponentials, centred)
        };
        let mut sum_q15 = 0i64;
        for at in row.clone() {
            sum_q15 += exponential(memory, at)? as i64;
        }
        // The sum is 2^(16 − headroom) × (1 + fraction), the fraction in 16 bits.
        let headroom = (sum_q15 as u32).leading_zeros();
        let normal = ((sum_q15 << headroom.saturating_sub(1)) + (1 << 13)) >> 14;
        let centred_fraction = (normal as i32).wrapping_sub(1 << 16).wrapping_sub(1 << 15);
        let reciprocal = looked_up(memory, reciprocals, centred_fraction)? as i64;
        let places = 31u32.wrapping_sub(headroom) & 63;
        for at in row {
            let product = exponential(memory, at)? as i64 * reciprocal;
            let share = (product + 1i64.wrapping_shl(places.wrapping_sub(1))) >> places;
            write_i16(memory, output, at, (share as i32).clamp(0, 32767) as i16)?;
        }
    }
    Ok(())
}

/// The value at `x`, clamped to int16, of a table of 512 steps over that range, on the line between two entries.
fn looked_up(memory: &Memory<'_>, table: Span, x: i32) -> Result<i16, Fault> {
    let x = x.clamp(-32768, 32767);
    let index = (256 + (x >> 7)) as usize;
    let (left, right) = (read_i16(memory, table, index)? as i32, read_i16(memory, table, index + 1)? as i32);
    // The reference's slope is an int16 as well.
    let slope = (right - left) as i16 as i32;
    Ok((left + ((slope * (x & 127) + 64) >> 7)) as i16)
}
