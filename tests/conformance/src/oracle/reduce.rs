//! MEAN, SUM and ARG_MAX.

use super::fixed::Factor;
use super::value::{flat, positions};
use super::{Step, Value, scale, zero_point};
use mote_graph::ReduceKind;

pub(crate) fn reduce(step: &Step<'_>, kind: ReduceKind, axes: &[usize]) -> Value {
    let shape = &step.input_tensor(0).shape;
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let kept_shape: Vec<usize> = kept.iter().map(|&axis| shape[axis]).collect();
    let mut members = vec![Vec::new(); kept_shape.iter().product()];
    for position in positions(shape) {
        let at: Vec<usize> = kept.iter().map(|&axis| position[axis]).collect();
        members[flat(&kept_shape, &at)].push(flat(shape, &position));
    }
    let count: usize = axes.iter().map(|&axis| shape[axis]).product();
    match step.input(0) {
        Value::Reals(reals) => {
            let divisor = if kind == ReduceKind::Mean { count as f64 } else { 1.0 };
            let element = |members: &Vec<usize>| step.sum(members.iter().map(|&at| reals[at])) / divisor;
            Value::Reals(members.iter().map(element).collect())
        }
        Value::Integers(integers) => {
            let finish = finish(step, kind, count as i64);
            let element = |members: &Vec<usize>| finish(members.iter().map(|&at| integers[at]).sum()).clamp(-128, 127);
            Value::Integers(members.iter().map(element).collect())
        }
    }
}

/// What makes an output of a sum of stored integers.
fn finish(step: &Step<'_>, kind: ReduceKind, count: i64) -> Box<dyn Fn(i64) -> i64> {
    let (input, output) = (step.input_tensor(0), step.output_tensor(0));
    let (from, to) = (zero_point(input), zero_point(output));
    if step.rounds_once() {
        let divisor = if kind == ReduceKind::Mean { count as f64 } else { 1.0 };
        let real = f64::from(scale(input)) / f64::from(scale(output)) / divisor;
        return Box::new(move |sum| ((sum - from * count) as f64 * real).round_ties_even() as i64 + to);
    }
    let mut factor = Factor::nearest(f64::from(scale(input)) / f64::from(scale(output)));
    if kind == ReduceKind::Mean {
        // The division joins the factor: as many bits of headroom as the count has, then one truncating division.
        let bits = i64::from(63 - (count as u64).leading_zeros()).min(32).min(31 + factor.exponent);
        factor = Factor { mantissa: (factor.mantissa << bits) / count, exponent: factor.exponent - bits };
    }
    Box::new(move |sum| factor.apply(sum - from * count) + to)
}

pub(crate) fn arg_max(step: &Step<'_>, axis: usize) -> Value {
    let shape = &step.input_tensor(0).shape;
    let mut outer = shape.clone();
    outer.remove(axis);
    let largest = |position: Vec<usize>| {
        let at = |along: usize| {
            let mut full = position.clone();
            full.insert(axis, along);
            flat(shape, &full)
        };
        // Only a larger value replaces the first.
        (1..shape[axis]).fold(0, |best, along| if greater(step.input(0), at(along), at(best)) { along } else { best })
            as i64
    };
    Value::Integers(positions(&outer).map(largest).collect())
}

fn greater(value: &Value, a: usize, b: usize) -> bool {
    match value {
        Value::Integers(integers) => integers[a] > integers[b],
        Value::Reals(reals) => reals[a] > reals[b],
    }
}
