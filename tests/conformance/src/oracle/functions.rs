//! Operators of one input.

use super::convert::range;
use super::fixed::{Factor, round_away, within};
use super::transcendental::{logistic, tanh};
use super::{Step, Value, scale, zero_point};
use mote_graph::{ElementType, UnaryKind};

pub(crate) fn unary(step: &Step<'_>, kind: UnaryKind) -> Value {
    match step.input(0) {
        Value::Reals(reals) => Value::Reals(reals.iter().map(|&x| real(kind, x)).collect()),
        Value::Integers(integers) => {
            let (least, greatest) = range(step.output_tensor(0).element_type);
            Value::Integers(integers.iter().map(|&x| stored(step, kind, x).clamp(least, greatest)).collect())
        }
    }
}

/// The table's entry for each stored number, in the output's type.
pub(crate) fn lookup(step: &Step<'_>, table: &[u8; 256]) -> Value {
    let Value::Integers(integers) = step.input(0) else { panic!("a table is indexed by stored integers") };
    let signed = step.output_tensor(0).element_type == ElementType::I8;
    let entry = |&x: &i64| {
        let byte = table[x.rem_euclid(256) as usize];
        if signed { i64::from(byte as i8) } else { i64::from(byte) }
    };
    Value::Integers(integers.iter().map(entry).collect())
}

fn real(kind: UnaryKind, x: f64) -> f64 {
    match kind {
        UnaryKind::Logistic => 1.0 / (1.0 + (-x).exp()),
        UnaryKind::Tanh => x.tanh(),
        UnaryKind::Relu => x.max(0.0),
        UnaryKind::Relu6 => x.clamp(0.0, 6.0),
        UnaryKind::ReluN1To1 => x.clamp(-1.0, 1.0),
        UnaryKind::LeakyRelu { alpha } => {
            if x > 0.0 {
                x
            } else {
                x * f64::from(alpha)
            }
        }
        UnaryKind::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        _ => kind.value(x),
    }
}

fn stored(step: &Step<'_>, kind: UnaryKind, x: i64) -> i64 {
    let (input, output) = (step.input_tensor(0), step.output_tensor(0));
    let (input_scale, output_scale) = (scale(input), scale(output));
    let (from, to) = (zero_point(input), zero_point(output));
    let ratio = f64::from(input_scale) / f64::from(output_scale);
    let centred = x - from;
    let (least, greatest) = range(output.element_type);
    match kind {
        UnaryKind::Logistic | UnaryKind::Tanh if step.is_int16() => {
            super::int16::curve(input_scale, kind == UnaryKind::Tanh, x)
        }
        UnaryKind::Logistic => sigmoid(input_scale, centred, (-128, 127), |q| {
            super::fixed::nearest_half_away(logistic(q), 23) as i64 - 128
        }),
        UnaryKind::Tanh => {
            sigmoid(input_scale, centred, (-128, 127), |q| super::fixed::nearest_half_away(tanh(q), 24) as i64)
        }
        UnaryKind::Relu => (to + Factor::nearest(ratio).apply(centred)).max(to).min(greatest),
        // RELU6 does not rescale: it clamps the stored integers of its input.
        UnaryKind::Relu6 if step.dialect == super::Dialect::Tflm => {
            within(x, (from, (from + round_away(6.0 / input_scale)).min(greatest)))
        }
        UnaryKind::Relu6 => {
            let high = (to + round_away(6.0 / output_scale)).min(greatest);
            within(to + Factor::nearest(ratio).apply(centred), (to, high))
        }
        UnaryKind::ReluN1To1 => {
            let bound = |real: f32| to + round_away(real / output_scale);
            let range = (bound(-1.0).max(least), bound(1.0).min(greatest));
            within(to + Factor::nearest(ratio).apply(centred), range)
        }
        // Scales of LEAKY_RELU are divided in single precision.
        UnaryKind::LeakyRelu { .. } if centred >= 0 => {
            to + Factor::nearest(f64::from(input_scale / output_scale)).apply(centred)
        }
        UnaryKind::LeakyRelu { alpha } => {
            let slope = f64::from(input_scale * alpha / output_scale);
            // A negative slope keeps its sign in the mantissa.
            match slope < 0.0 {
                true => {
                    let Factor { mantissa, exponent } = Factor::nearest(-slope);
                    to + Factor { mantissa: -mantissa, exponent }.apply(centred)
                }
                false => to + Factor::nearest(slope).apply(centred),
            }
        }
        UnaryKind::HardSwish => hard_swish(input_scale, output_scale, centred) + to,
        _ => {
            let real = kind.value(f64::from(input_scale) * centred as f64);
            (real / f64::from(output_scale)).round() as i64 + to
        }
    }
}

/// Rescales to four integer bits and applies `finish`; beyond what they hold the result is the end of the range.
fn sigmoid(input_scale: f32, centred: i64, (low, high): (i64, i64), finish: impl Fn(i128) -> i64) -> i64 {
    let factor = Factor::nearest(f64::from(input_scale) * 2f64.powi(27));
    let radius = (15.0 * 2f64.powi(27) / 2f64.powi(factor.exponent as i32)).floor() as i64;
    if centred <= -radius {
        low
    } else if centred >= radius {
        high
    } else {
        finish(i128::from(factor.apply(centred)))
    }
}

/// x × relu6(x + 3) / 6 on 16-bit intermediates: x with 7 extra bits, relu6 in Q15 as (clamped x/3 + 1) / 2.
fn hard_swish(input_scale: f32, output_scale: f32, centred: i64) -> i64 {
    let sixteen = |x: i64| x.clamp(-32768, 32767);
    let short = |factor: Factor| ((factor.mantissa + (1 << 15)) >> 16).min(32767);
    // The doubled high product of 16-bit numbers rounds half up, as that of 32-bit numbers does.
    let high = |a: i64, b: i64| sixteen(super::fixed::nearest_half_up(i128::from(a * b), 15) as i64);
    let fine_scale = (1.0f32 / 128.0) * input_scale;
    let to_output = Factor::nearest(f64::from(fine_scale / output_scale));
    let to_reluish = Factor::nearest(f64::from(fine_scale / (3.0f32 / 32768.0)));
    let fine = centred * 128;
    let scaled = high(fine, short(to_output));
    let exponent = to_reluish.exponent;
    let mut reluish = fine;
    if exponent > 0 {
        reluish = sixteen(reluish << (exponent - 1));
    }
    reluish = high(reluish, short(to_reluish));
    if exponent > 0 {
        reluish = sixteen(reluish << 1);
    } else {
        reluish = half_away(reluish, (-exponent) as u32);
    }
    let share = (reluish + 32768) >> 1;
    // This product truncates towards zero.
    let before_shift = share * scaled / 32768;
    assert!(to_output.exponent <= 0, "HARD_SWISH to an output scale below 1/128 of the input's is not defined");
    half_away(before_shift, (-to_output.exponent) as u32)
}

fn half_away(x: i64, bits: u32) -> i64 {
    super::fixed::nearest_half_away(i128::from(x), bits) as i64
}
