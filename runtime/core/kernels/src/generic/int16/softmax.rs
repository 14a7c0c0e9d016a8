//! Softmax over the last axis: exponentials are computed once and kept in the output until their sum is known.

use crate::arguments::SoftmaxI16;
use crate::blocks::each_block;
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::requantize;

/// A function over the int16 range: 512 steps of 128, and the end of the last.
type Table = [[u8; 2]; 513];

/// SOFTMAX on int16.
pub fn softmax_i16(memory: &mut Memory<'_>, arguments: &SoftmaxI16, units: Range<usize>) -> Result<(), Fault> {
    let &SoftmaxI16 { input, output, depth, multiplier, .. } = arguments;
    let table = |span| memory.constant(span)?.as_chunks().0.try_into().map_err(|_| Fault);
    let exponentials: &Table = table(arguments.exponentials)?;
    let reciprocals: &Table = table(arguments.reciprocals)?;
    let row_bytes = depth.checked_mul(2).ok_or(Fault)?;
    for unit in units {
        let start = unit.checked_mul(row_bytes).ok_or(Fault)?;
        let row = memory.read(input.part(start, row_bytes)?)?.as_chunks().0;
        let largest = row.iter().fold(i16::MIN, |largest, value| largest.max(i16::from_le_bytes(*value))) as i32;
        let bytes = start..start.wrapping_add(row_bytes);
        let mut sum = 0i32;
        each_block(memory, input, output, bytes.clone(), |from, to| {
            for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
                let difference = (i16::from_le_bytes(*from) as i32).wrapping_sub(largest);
                let value = looked_up(exponentials, requantize(difference, multiplier).wrapping_add(0x7FFF));
                sum = sum.wrapping_add(value as i32);
                *to = value.to_le_bytes();
            }
        })?;
        let headroom = (sum as u32).leading_zeros();
        let normal = ((sum as i64).wrapping_shl(headroom.saturating_sub(1)).wrapping_add(1 << 13) >> 14) as i32;
        let reciprocal = looked_up(reciprocals, normal.wrapping_sub(3 << 15)) as i32;
        let places = 31u32.wrapping_sub(headroom) & 63;
        let half = 1i64.wrapping_shl(places.wrapping_sub(1));
        each_block(memory, output, output, bytes, |from, to| {
            for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
                let product = (i16::from_le_bytes(*from) as i32).wrapping_mul(reciprocal) as i64;
                let share = (product.wrapping_add(half) >> places) as i32;
                *to = (share.clamp(0, 0x7FFF) as i16).to_le_bytes();
            }
        })?;
    }
    Ok(())
}

/// The value at `x`, clamped to int16, on the line between two entries.
#[inline(always)]
fn looked_up(table: &Table, x: i32) -> i16 {
    let x = x.clamp(-0x8000, 0x7FFF);
    let index = (x >> 7).wrapping_add(256) as usize;
    let entry = |index: usize| table.get(index).map_or(0, |value| i16::from_le_bytes(*value));
    let (left, right) = (entry(index), entry(index.wrapping_add(1)));
    let slope = right.wrapping_sub(left) as i32;
    let line = slope.wrapping_mul(x & 127).wrapping_add(64) >> 7;
    (left as i32).wrapping_add(line) as i16
}
