//! Comparison of tensors: integers bit for bit, floats within a stated tolerance.

use crate::oracle::Value;
use mote_graph::ElementType;

/// Difference two float32 results may have, as a part of 1 plus the largest magnitude of the expected tensor.
pub const FLOAT_TOLERANCE: f64 = 1e-5;
/// And as a part of the summed magnitudes of a sum's terms (about 16 units in the last place): sums are made in another
/// order or precision, and their error is relative to their terms, not to what cancellation or a clamp leaves.
pub const TERM_TOLERANCE: f64 = 1e-6;

/// What differs, for people; none when nothing does. `terms` is the summed magnitude of the largest sum's terms where
/// that is known, else 0; integers are compared bit for bit.
pub fn difference(element_type: ElementType, expected: &[u8], found: &[u8], terms: f64) -> Option<String> {
    if expected.len() != found.len() {
        return Some(format!("{} bytes expected, {} found", expected.len(), found.len()));
    }
    if expected == found {
        return None;
    }
    match (Value::decode(element_type, expected), Value::decode(element_type, found)) {
        (Value::Reals(expected), Value::Reals(found)) => {
            let largest = expected.iter().fold(0.0f64, |largest, real| largest.max(real.abs()));
            let allowed = FLOAT_TOLERANCE * (1.0 + largest) + TERM_TOLERANCE * terms;
            let apart = |&at: &usize| {
                let (a, b) = (expected[at], found[at]);
                a.to_bits() != b.to_bits() && ((a - b).abs() > allowed || a.is_nan() || b.is_nan())
            };
            let first = (0..expected.len()).find(apart)?;
            Some(format!("element {first}: expected {}, found {} (allowed {allowed:e})", expected[first], found[first]))
        }
        (Value::Integers(expected), Value::Integers(found)) => {
            let differing: Vec<usize> = (0..expected.len()).filter(|&at| expected[at] != found[at]).collect();
            let first = *differing.first()?;
            let (count, all) = (differing.len(), expected.len());
            Some(format!(
                "{count} of {all} elements, first {first}: expected {}, found {}",
                expected[first], found[first]
            ))
        }
        _ => unreachable!("both are of one element type"),
    }
}
