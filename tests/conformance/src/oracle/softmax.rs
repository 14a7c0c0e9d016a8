//! SOFTMAX over the last axis.

use super::fixed::{Factor, nearest_half_away, wrap32};
use super::transcendental::{exponential, reciprocal_of_one_plus};
use super::{Step, Value, scale};

pub(crate) fn softmax(step: &Step<'_>, beta: f32) -> Value {
    let depth = step.input_tensor(0).shape.last().copied().unwrap_or(1);
    match step.input(0) {
        Value::Reals(reals) => {
            let row = |row: &[f64]| {
                let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let powers: Vec<f64> = row.iter().map(|x| ((x - largest) * f64::from(beta)).exp()).collect();
                let sum: f64 = powers.iter().sum();
                powers.into_iter().map(move |power| power / sum)
            };
            Value::Reals(reals.chunks(depth).flat_map(row).collect())
        }
        Value::Integers(integers) if step.is_int16() => super::int16::softmax(step, beta, integers),
        Value::Integers(integers) => {
            let input_scale = scale(step.input_tensor(0));
            // Differences are rescaled to five integer bits, bounded to what 31 bits hold.
            let real = f64::from(beta) * f64::from(input_scale) * 2f64.powi(26);
            let factor = Factor::nearest(real.min(2f64.powi(31) - 1.0));
            assert!(factor.exponent >= 0, "softmax of a scale below 2^-26 has no defined shift");
            let radius = (31.0 * 2f64.powi(26) / 2f64.powi(factor.exponent as i32)).floor() as i64;
            Value::Integers(integers.chunks(depth).flat_map(|row| softmax_row(row, factor, radius)).collect())
        }
    }
}

fn softmax_row(row: &[i64], factor: Factor, radius: i64) -> Vec<i64> {
    let largest = *row.iter().max().expect("a row has elements");
    let power = |x: i64| exponential(i128::from(factor.apply(x - largest)), 5);
    let near = |x: i64| x - largest >= -radius;
    let sum: i128 = row.iter().filter(|&&x| near(x)).map(|&x| nearest_half_away(power(x), 12)).sum();
    // sum has twelve integer bits; shifted to 1 .. 2, its reciprocal is 1 / (1 + rest).
    let headroom = (sum as u32).leading_zeros();
    let over_unit = 12 - headroom as i32;
    let rest = wrap32((sum << headroom) - (1i128 << 31));
    let reciprocal = reciprocal_of_one_plus(rest);
    let finish = |&x: &i64| {
        if !near(x) {
            return -128;
        }
        let share = super::fixed::nearest_half_up(reciprocal * power(x), 31);
        (nearest_half_away(share, (over_unit + 31 - 8) as u32) as i64 - 128).clamp(-128, 127)
    };
    row.iter().map(finish).collect()
}
