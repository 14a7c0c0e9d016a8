//! How far two tensors are apart.

use crate::arrays::{Array, Elements};
use serde::Serialize;

/// Figures of a comparison of a tensor with its reference, summed over inferences.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Difference {
    /// Elements compared.
    pub elements: u64,
    /// Stored integers that differ; for float tensors, elements that differ at all.
    pub differing: u64,
    /// Largest difference of stored integers; none when either side is float.
    pub max_lsb: Option<u64>,
    /// Root of the mean squared difference of real values.
    pub rmse: f64,
    /// 10·log10(Σ reference² / Σ difference²) in decibels; none when nothing differs.
    pub sqnr_db: Option<f64>,
    /// Cosine of the angle between the two as vectors; none when one of them is all zero.
    pub cosine: Option<f64>,
    #[serde(skip)]
    sums: Sums,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    error: f64,
    reference: f64,
    value: f64,
    product: f64,
}

/// A tensor with what turns stored integers into real values.
pub struct Quantized<'a> {
    /// Stored elements.
    pub array: &'a Array,
    /// Scale; 0 for tensors without.
    pub scale: f32,
    /// Zero point.
    pub zero_point: i32,
}

impl Quantized<'_> {
    fn real(&self, index: usize) -> f64 {
        match &self.array.elements {
            Elements::F32(values) => values[index] as f64,
            Elements::Integer(values, _) if self.scale > 0.0 => {
                (values[index] - self.zero_point as i64) as f64 * self.scale as f64
            }
            Elements::Integer(values, _) => values[index] as f64,
        }
    }

    fn stored(&self, index: usize) -> Option<i64> {
        match &self.array.elements {
            Elements::F32(_) => None,
            Elements::Integer(values, _) => Some(values[index]),
        }
    }
}

impl Difference {
    /// Takes one inference in: element i of `value` against element `map(i)` of `reference`.
    pub fn add(&mut self, value: &Quantized<'_>, reference: &Quantized<'_>, map: impl Fn(usize) -> usize) {
        for index in 0..value.array.len() {
            let (ours, theirs) = (value.real(index), reference.real(map(index)));
            match (value.stored(index), reference.stored(map(index))) {
                (Some(a), Some(b)) => {
                    self.differing += (a != b) as u64;
                    self.max_lsb = Some(self.max_lsb.unwrap_or(0).max(a.abs_diff(b)));
                }
                _ => self.differing += (ours != theirs) as u64,
            }
            self.sums.error += (ours - theirs) * (ours - theirs);
            self.sums.reference += theirs * theirs;
            self.sums.value += ours * ours;
            self.sums.product += ours * theirs;
        }
        self.elements += value.array.len() as u64;
        let Sums { error, reference, value, product } = self.sums;
        self.rmse = (error / self.elements.max(1) as f64).sqrt();
        self.sqnr_db = (error > 0.0).then(|| 10.0 * (reference / error).log10());
        self.cosine = (reference > 0.0 && value > 0.0).then(|| product / (reference.sqrt() * value.sqrt()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_engine::ElementType;

    #[test]
    fn figures_follow_their_definitions() {
        let array = |values: &[i64]| Array {
            shape: vec![values.len()],
            elements: Elements::Integer(values.to_vec(), ElementType::I8),
        };
        let (ours, theirs) = (array(&[1, 2, 4]), array(&[1, 2, 3]));
        let quantized = |array| Quantized { array, scale: 0.5, zero_point: 0 };
        let mut difference = Difference::default();
        difference.add(&quantized(&ours), &quantized(&theirs), |i| i);
        assert_eq!((difference.elements, difference.differing, difference.max_lsb), (3, 1, Some(1)));
        assert!((difference.rmse - (0.25f64 / 3.0).sqrt()).abs() < 1e-12);
        let expected = 10.0 * ((0.25 + 1.0 + 2.25) / 0.25f64).log10();
        assert!((difference.sqnr_db.unwrap() - expected).abs() < 1e-12);
    }
}
