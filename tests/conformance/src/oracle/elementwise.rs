//! Operators of two inputs with broadcasting.

use super::fixed::{Factor, activation_range, activation_reals, within};
use super::value::{flat, positions};
use super::{Step, Value, scale, zero_point};
use mote_graph::{Activation, BinaryKind};

/// Index of the element of a broadcast operand at an output position.
fn source(shape: &[usize], position: &[usize]) -> usize {
    let tail = &position[position.len() - shape.len()..];
    let at: Vec<usize> = tail.iter().zip(shape).map(|(&p, &extent)| if extent == 1 { 0 } else { p }).collect();
    flat(shape, &at)
}

pub(crate) fn binary(step: &Step<'_>, kind: BinaryKind, activation: Activation) -> Value {
    let output_shape = step.output_shape();
    let (left, right) = (step.input_tensor(0), step.input_tensor(1));
    let pairs = positions(&output_shape).map(|p| (source(&left.shape, &p), source(&right.shape, &p)));
    match (step.input(0), step.input(1)) {
        (Value::Reals(a), Value::Reals(b)) => {
            let (low, high) = activation_reals(activation);
            Value::Reals(pairs.map(|(i, j)| real(kind, a[i], b[j]).max(low).min(high)).collect())
        }
        (a, b) => {
            let (a, b) = (a.integers(), b.integers());
            let combine = stored(step, kind);
            let range = activation_range(activation, step.output_tensor(0));
            Value::Integers(pairs.map(|(i, j)| within(combine(a[i], b[j]), range)).collect())
        }
    }
}

fn real(kind: BinaryKind, a: f64, b: f64) -> f64 {
    match kind {
        BinaryKind::Add => a + b,
        BinaryKind::Subtract => a - b,
        BinaryKind::Multiply => a * b,
        BinaryKind::Maximum => a.max(b),
        BinaryKind::Minimum => a.min(b),
    }
}

/// The operator on stored integers, before the clamp.
fn stored(step: &Step<'_>, kind: BinaryKind) -> Box<dyn Fn(i64, i64) -> i64> {
    let (left, right, output) = (step.input_tensor(0), step.input_tensor(1), step.output_tensor(0));
    let [za, zb, zo] = [left, right, output].map(zero_point);
    match kind {
        BinaryKind::Maximum => Box::new(|a, b| a.max(b)),
        BinaryKind::Minimum => Box::new(|a, b| a.min(b)),
        BinaryKind::Multiply => {
            let [sa, sb, so] = [left, right, output].map(|t| f64::from(scale(t)));
            let factor = Factor::nearest(sa * sb / so);
            Box::new(move |a, b| factor.apply((a - za) * (b - zb)) + zo)
        }
        // Both inputs are brought to twice the larger scale with twenty extra bits (int16: fifteen), summed, and brought
        // to the output's.
        BinaryKind::Add | BinaryKind::Subtract => {
            let [sa, sb, so] = [left, right, output].map(|t| f64::from(scale(t)));
            let bits = if step.is_int16() { 15 } else { 20 };
            let common = 2.0 * sa.max(sb);
            let (fa, fb) = (Factor::nearest(sa / common), Factor::nearest(sb / common));
            let finish = Factor::nearest(common / (2f64.powi(bits) * so));
            let sign = if kind == BinaryKind::Add { 1 } else { -1 };
            Box::new(move |a, b| {
                let sum = fa.apply((a - za) << bits) + sign * fb.apply((b - zb) << bits);
                finish.apply(sum) + zo
            })
        }
    }
}
