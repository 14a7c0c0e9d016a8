//! Conversions between number types and quantisations.

use super::fixed::{Factor, round_away, within};
use super::{Step, Value, scale, zero_point};
use mote_graph::ElementType;

/// Smallest and largest integer of a type.
pub(super) fn range(element_type: ElementType) -> (i64, i64) {
    match element_type {
        ElementType::I8 => (-128, 127),
        ElementType::U8 => (0, 255),
        ElementType::Bool => (0, 1),
        ElementType::I16 => (-32768, 32767),
        ElementType::I32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        ElementType::I64 => (i64::MIN, i64::MAX),
        ElementType::F32 => panic!("not an integer type"),
    }
}

pub(crate) fn quantize(step: &Step<'_>) -> Value {
    let (input, output) = (step.input_tensor(0), step.output_tensor(0));
    let range = range(output.element_type);
    match step.input(0) {
        Value::Reals(reals) => {
            // The division is in single precision; it decides ties.
            let stored = |&real: &f64| within(round_away(real as f32 / scale(output)) + zero_point(output), range);
            Value::Integers(reals.iter().map(stored).collect())
        }
        Value::Integers(integers) => {
            let factor = Factor::nearest(f64::from(scale(input)) / f64::from(scale(output)));
            let stored = |&x: &i64| within(factor.apply(x - zero_point(input)) + zero_point(output), range);
            Value::Integers(integers.iter().map(stored).collect())
        }
    }
}

pub(crate) fn dequantize(step: &Step<'_>) -> Value {
    let input = step.input_tensor(0);
    let real = |&x: &i64| f64::from(scale(input)) * (x - zero_point(input)) as f64;
    Value::Reals(step.input(0).integers().iter().map(real).collect())
}

pub(crate) fn cast(step: &Step<'_>) -> Value {
    let output = step.output_tensor(0).element_type;
    match (step.input(0), output) {
        (Value::Integers(integers), ElementType::F32) => Value::Reals(integers.iter().map(|&x| x as f64).collect()),
        (Value::Reals(reals), ElementType::F32) => Value::Reals(reals.clone()),
        (Value::Integers(integers), ElementType::Bool) => {
            Value::Integers(integers.iter().map(|&x| i64::from(x != 0)).collect())
        }
        (Value::Reals(reals), ElementType::Bool) => {
            Value::Integers(reals.iter().map(|&x| i64::from(x != 0.0)).collect())
        }
        // Towards zero, then the low bytes.
        (Value::Reals(reals), _) => Value::Integers(reals.iter().map(|&x| wrapped(x as i64, output)).collect()),
        (Value::Integers(integers), _) => Value::Integers(integers.iter().map(|&x| wrapped(x, output)).collect()),
    }
}

/// The low bytes of `x` as the type reads them.
fn wrapped(x: i64, element_type: ElementType) -> i64 {
    let bits = 8 * element_type.bytes() as u32;
    let (low, _) = range(element_type);
    if bits == 64 { x } else { low + (i128::from(x) - i128::from(low)).rem_euclid(1 << bits) as i64 }
}
