//! What is particular to int16: tables with straight lines between their entries, and 64-bit sums.

use super::fixed::{Factor, nearest_half_up, wrap32};
use super::{Step, Value, scale};

const UNIT: f32 = 32768.0;

impl Factor {
    /// `x` times the factor with a mantissa of 15 bits, rounded once, half up; the low 32 bits.
    pub fn apply_wide(self, x: i64) -> i64 {
        let short = nearest_half_up(i128::from(self.mantissa), 16).min(32767);
        wrap32(nearest_half_up(i128::from(x) * short, (15 - self.exponent) as u32)) as i64
    }
}

/// LOGISTIC and TANH from 256 values of the logistic function 1/24 apart.
pub(super) fn curve(input_scale: f32, tangent: bool, x: i64) -> i64 {
    // The input in units of 1 / (3 · 2^12), by a factor of 15 bits and a shift; powers of two exactly.
    let octave = f64::from(input_scale).log2();
    let exact = if tangent { [-12.0, -11.0] } else { [-12.0, -12.0] };
    let scaled = match exact.iter().find(|&&exact| (octave - exact).abs() < 1e-3) {
        Some(exact) => x * 3 * 2f64.powf(exact + 12.0) as i64,
        None => {
            let (mut factor, mut shift) = (f64::from(input_scale) * 12288.0, 0);
            while factor * 2.0 <= 32767.0 && shift < 31 {
                (factor, shift) = (factor * 2.0, shift + 1);
            }
            nearest_half_up(i128::from(x * factor as i64), shift) as i64
        }
    };
    let logistic = |place: f64| 65536.0 / (1.0 + (-place / 24.0).exp());
    let entry = |index: i64| {
        let (left, right) = (logistic(index as f64), logistic(index as f64 + 1.0));
        let sag = logistic(index as f64 + 0.5) - (left + right) / 2.0;
        if index >= 255 { 65535 } else { (left + sag / 2.0).round() as i64 }
    };
    // The tangent reads the logistic function at twice its place, so its entries lie half as far apart.
    let step = if tangent { 256 } else { 512 };
    let (index, rest) = (scaled.abs() / step, scaled.abs() % step);
    let line = entry(index) * (step - rest) + entry(index + 1) * rest;
    if tangent {
        // (2 · logistic − 1) · 2^15 = (line − 2^15 · 256) / 256.
        let from_half = if index >= 255 { 65535 * 256 } else { line } - 32768 * 256;
        let signed = if scaled >= 0 { from_half } else { -1 - from_half };
        nearest_half_up(i128::from(signed), 8) as i64
    } else {
        let value = if index >= 255 { 32767 * 1024 } else { line };
        let mirrored = if scaled >= 0 { value } else { 65536 * 512 - 1 - value };
        nearest_half_up(i128::from(mirrored), 10) as i64
    }
}

/// A table of 512 steps, and the value between two entries.
struct Table(Vec<i64>);

impl Table {
    /// In single precision, which decides ties.
    fn new(least: f32, greatest: f32, function: impl Fn(f32) -> f32) -> Self {
        let step = (greatest - least) / 512.0;
        let stored = |x: f32| (function(x) * UNIT).round();
        let entry = |index: usize| {
            let start = least + step * index as f32;
            if index == 512 {
                return stored(greatest);
            }
            let middle_of_line = ((function(start + step) * UNIT + stored(start)) / 2.0).round();
            stored(start) - ((middle_of_line - stored(start + step / 2.0)) / 2.0).round()
        };
        Self((0..=512).map(|index| entry(index).clamp(-UNIT, UNIT - 1.0) as i64).collect())
    }

    fn at(&self, x: i64) -> i64 {
        let place = x.clamp(-32768, 32767) + 32768;
        let (index, rest) = ((place / 128) as usize, place % 128);
        let slope = i128::from((self.0[index + 1] - self.0[index]) * rest);
        self.0[index] + nearest_half_up(slope, 7) as i64
    }
}

/// SOFTMAX over the last axis.
pub(super) fn softmax(step: &Step<'_>, beta: f32, integers: &[i64]) -> Value {
    let input = step.input_tensor(0);
    let depth = input.shape.last().copied().unwrap_or(1);
    let factor = Factor::nearest(f64::from(scale(input)) * f64::from(beta) / (10.0 / 65535.0));
    let exponential = Table::new(-10.0, 0.0, f32::exp);
    let reciprocal = Table::new(0.0, 1.0, |x| 1.0 / (1.0 + x));
    let row = |row: &[i64]| {
        let largest = row.iter().copied().max().unwrap_or(0);
        let powers: Vec<i64> = row.iter().map(|x| exponential.at(factor.apply(x - largest) + 32767)).collect();
        let sum: i64 = powers.iter().sum();
        // sum = 2^bits × (1 + fraction / 2^16), the fraction rounded.
        let bits = 63 - sum.leading_zeros();
        let fraction = nearest_half_up(i128::from(sum) << (30 - bits), 14) as i64 - 65536;
        let inverse = reciprocal.at(fraction - 32768);
        let share = move |power: i64| (nearest_half_up(i128::from(power * inverse), bits) as i64).clamp(0, 32767);
        powers.into_iter().map(share).collect::<Vec<i64>>()
    };
    Value::Integers(integers.chunks(depth).flat_map(row).collect())
}
