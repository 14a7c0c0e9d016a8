//! How far two tensors are apart.

use crate::arrays::{Array, Elements};
use mote_engine::ElementType;
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
    /// Largest difference of real values.
    pub max_error: f64,
    /// Mean magnitude of the differences of real values.
    pub mean_error: f64,
    /// Share of elements whose reference lies more than half a step beyond what the stored type holds; none for float
    /// tensors.
    pub saturated_share: Option<f64>,
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
    magnitude: f64,
    saturated: u64,
}

/// A tensor with what turns stored integers into real values.
pub struct Quantized<'a> {
    /// Stored elements.
    pub array: &'a Array,
    /// Scale; 0 for tensors without.
    pub scale: f32,
    /// Zero point.
    pub zero_point: i32,
    /// What each channel (last axis) is multiplied by; none for 1.
    pub factors: Option<&'a [f64]>,
}

impl Quantized<'_> {
    /// Element `index` in real values; an integer without a scale stands for itself.
    pub fn real(&self, index: usize) -> f64 {
        let plain = match &self.array.elements {
            Elements::F32(values) => values[index] as f64,
            Elements::Integer(values, _) if self.scale > 0.0 => {
                (values[index] - self.zero_point as i64) as f64 * self.scale as f64
            }
            Elements::Integer(values, _) => values[index] as f64,
        };
        plain * self.factor(index)
    }

    /// What the channel of element `index` is multiplied by.
    pub fn factor(&self, index: usize) -> f64 {
        self.factors.and_then(|factors| factors.get(index % factors.len())).copied().unwrap_or(1.0)
    }

    /// Least and greatest real value the stored type holds, channels' factors left out; none for float tensors and those without a scale.
    pub fn range(&self) -> Option<(f64, f64)> {
        let Elements::Integer(_, element_type) = &self.array.elements else { return None };
        let (least, greatest) = match element_type {
            ElementType::I8 => (i8::MIN as f64, i8::MAX as f64),
            ElementType::U8 => (0.0, u8::MAX as f64),
            ElementType::I16 => (i16::MIN as f64, i16::MAX as f64),
            _ => return None,
        };
        let real = |stored: f64| (stored - self.zero_point as f64) * self.scale as f64;
        (self.scale > 0.0).then(|| (real(least), real(greatest)))
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
        let beyond = value.range().map(|(low, high)| {
            let half = value.scale as f64 / 2.0;
            (low - half, high + half)
        });
        for index in 0..value.array.len() {
            let (ours, theirs) = (value.real(index), reference.real(map(index)));
            match (value.stored(index), reference.stored(map(index))) {
                (Some(a), Some(b)) => {
                    self.differing += (a != b) as u64;
                    self.max_lsb = Some(self.max_lsb.unwrap_or(0).max(a.abs_diff(b)));
                }
                _ => self.differing += (ours != theirs) as u64,
            }
            let error = (ours - theirs).abs();
            self.max_error = self.max_error.max(error);
            self.sums.magnitude += error;
            self.sums.saturated += beyond.is_some_and(|(low, high)| {
                let unscaled = theirs / value.factor(index);
                unscaled < low || unscaled > high
            }) as u64;
            self.sums.error += error * error;
            self.sums.reference += theirs * theirs;
            self.sums.value += ours * ours;
            self.sums.product += ours * theirs;
        }
        self.elements += value.array.len() as u64;
        let Sums { error, reference, value: own, product, magnitude, saturated } = self.sums;
        let elements = self.elements.max(1) as f64;
        self.mean_error = magnitude / elements;
        self.saturated_share = beyond.map(|_| saturated as f64 / elements);
        self.rmse = (error / elements).sqrt();
        self.sqnr_db = (error > 0.0).then(|| 10.0 * (reference / error).log10());
        self.cosine = (reference > 0.0 && own > 0.0).then(|| product / (reference.sqrt() * own.sqrt()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_follow_their_definitions() {
        let array = |values: &[i64]| Array {
            shape: vec![values.len()],
            elements: Elements::Integer(values.to_vec(), ElementType::I8),
        };
        let (ours, theirs) = (array(&[1, 2, 4]), array(&[1, 2, 3]));
        let quantized = |array| Quantized { array, scale: 0.5, zero_point: 0, factors: None };
        let mut difference = Difference::default();
        difference.add(&quantized(&ours), &quantized(&theirs), |i| i);
        assert_eq!((difference.elements, difference.differing, difference.max_lsb), (3, 1, Some(1)));
        assert!((difference.rmse - (0.25f64 / 3.0).sqrt()).abs() < 1e-12);
        let expected = 10.0 * ((0.25 + 1.0 + 2.25) / 0.25f64).log10();
        assert!((difference.sqnr_db.unwrap() - expected).abs() < 1e-12);
        assert_eq!((difference.max_error, difference.saturated_share), (0.5, Some(0.0)));
        assert!((difference.mean_error - 0.5 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn only_values_beyond_the_range_are_saturated() {
        let ends = Array { shape: vec![4], elements: Elements::Integer(vec![-128, -128, 127, 127], ElementType::I8) };
        let real = Array { shape: vec![4], elements: Elements::F32(vec![0.0, -2.0, 25.5, 25.7]) };
        let (ours, theirs) = (
            Quantized { array: &ends, scale: 0.1, zero_point: -128, factors: None },
            Quantized { array: &real, scale: 0.0, zero_point: 0, factors: None },
        );
        let mut difference = Difference::default();
        difference.add(&ours, &theirs, |i| i);
        assert_eq!(difference.saturated_share, Some(0.5));
    }
}
