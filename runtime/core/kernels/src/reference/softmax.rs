//! Softmax over the last axis: fixed-point steps written out one by one.

use super::{read_i8, write_i8};
use crate::arguments::SoftmaxI8;
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::{
    exp_on_negative_values, one_over_one_plus_x, rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_multiply,
};

/// SOFTMAX on int8.
pub fn softmax_i8(memory: &mut Memory<'_>, arguments: &SoftmaxI8, units: Range<usize>) -> Result<(), Fault> {
    let parameters = arguments.parameters;
    let exponential = |difference: i32| {
        let scaled = difference.wrapping_mul(1i32.wrapping_shl(parameters.left_shift as u32));
        exp_on_negative_values::<5>(saturating_rounding_doubling_high_multiply(scaled, parameters.mantissa))
    };
    for unit in units {
        let row = unit * arguments.depth..(unit + 1) * arguments.depth;
        let mut largest = i8::MIN;
        for at in row.clone() {
            largest = largest.max(read_i8(memory, arguments.input, at)?);
        }
        let mut sum_q12 = 0i32;
        for at in row.clone() {
            let difference = read_i8(memory, arguments.input, at)? as i32 - largest as i32;
            if difference >= parameters.difference_min {
                sum_q12 = sum_q12.wrapping_add(rounding_divide_by_power_of_two(exponential(difference), 12));
            }
        }
        // The sum is 2^power × (1 + fraction).
        let headroom = (sum_q12 as u32).leading_zeros();
        let power = 12 - headroom as i32;
        let fraction = ((sum_q12 as u32).wrapping_shl(headroom) ^ (1 << 31)) as i32;
        let scale = one_over_one_plus_x(fraction);
        for at in row {
            let difference = read_i8(memory, arguments.input, at)? as i32 - largest as i32;
            let shift = power + 31 - 8;
            let mut output = -128;
            if difference >= parameters.difference_min && (0..=31).contains(&shift) {
                let product = saturating_rounding_doubling_high_multiply(scale, exponential(difference));
                output += rounding_divide_by_power_of_two(product, shift as u32);
            }
            write_i8(memory, arguments.output, at, output.clamp(-128, 127) as i8)?;
        }
    }
    Ok(())
}
