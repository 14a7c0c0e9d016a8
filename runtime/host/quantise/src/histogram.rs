//! Values of one tensor over all samples: extremes, moments and a histogram whose range grows as needed.

use crate::report::HistogramLine;

/// Bins of a histogram as reports hold it.
const LINE_BINS: usize = 64;

/// Bins of a histogram, half of them for each sign.
pub const BINS: usize = 4096;

/// Counts of values in equal bins over −limit .. limit. When a value lies beyond, the limit doubles and neighbouring bins
/// are joined, so that one pass over the samples is enough and their order does not matter but for that rounding.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Least value seen.
    pub minimum: f32,
    /// Greatest value seen.
    pub maximum: f32,
    /// Half of the range that the bins cover; a power of two, or 0 while only zeros were seen.
    limit: f64,
    counts: Vec<u64>,
    zeros: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { minimum: f32::INFINITY, maximum: f32::NEG_INFINITY, limit: 0.0, counts: vec![0; BINS], zeros: 0 }
    }
}

impl Histogram {
    /// Adds finite values.
    pub fn add(&mut self, values: &[f32]) {
        for &value in values {
            self.minimum = self.minimum.min(value);
            self.maximum = self.maximum.max(value);
            if value == 0.0 {
                self.zeros += 1;
                continue;
            }
            let magnitude = f64::from(value.abs());
            if magnitude >= self.limit {
                self.raise(2f64.powi(magnitude.log2().floor() as i32 + 1));
            }
            let position = (f64::from(value) + self.limit) / (2.0 * self.limit) * BINS as f64;
            self.counts[(position as usize).min(BINS - 1)] += 1;
        }
    }

    /// Joins neighbouring bins until they cover `limit`, a power of two.
    fn raise(&mut self, limit: f64) {
        if self.limit == 0.0 {
            self.limit = limit;
        }
        while self.limit < limit {
            let mut joined = vec![0; BINS];
            for (bin, &count) in self.counts.iter().enumerate() {
                joined[BINS / 4 + bin / 2] += count;
            }
            self.counts = joined;
            self.limit *= 2.0;
        }
    }

    /// Each occupied bin's centre with its count, from below; zeros stand at exactly 0.
    pub fn occupied(&self) -> Vec<(f64, u64)> {
        let width = 2.0 * self.limit / BINS as f64;
        let centre = |bin: usize| -self.limit + (bin as f64 + 0.5) * width;
        let mut all: Vec<(f64, u64)> =
            (0..BINS).filter(|&bin| self.counts[bin] > 0).map(|bin| (centre(bin), self.counts[bin])).collect();
        if self.zeros > 0 {
            let at = all.partition_point(|&(value, _)| value < 0.0);
            all.insert(at, (0.0, self.zeros));
        }
        all
    }

    /// The occupied range in [`LINE_BINS`] equal bins.
    pub fn line(&self) -> HistogramLine {
        let (low, high) = (f64::from(self.minimum.min(0.0)), f64::from(self.maximum.max(0.0)));
        let mut counts = vec![0; LINE_BINS];
        for (value, count) in self.occupied() {
            let position = (value - low) / (high - low).max(f64::MIN_POSITIVE) * LINE_BINS as f64;
            counts[(position as usize).min(LINE_BINS - 1)] += count;
        }
        HistogramLine { low, high, counts }
    }

    /// Adds another tensor's values.
    pub fn merge(&mut self, other: &Self) {
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.zeros += other.zeros;
        if other.limit == 0.0 {
            return;
        }
        let mut other = other.clone();
        self.raise(other.limit);
        other.raise(self.limit);
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_keeps_every_value() {
        let mut histogram = Histogram::default();
        let values: Vec<f32> = (0..1000).map(|index| index as f32 * 0.37 - 100.0).collect();
        histogram.add(&[0.0, 0.0, 1e-6]);
        histogram.add(&values);
        assert_eq!(histogram.occupied().iter().map(|(_, count)| count).sum::<u64>(), 1003);
        assert_eq!((histogram.minimum, histogram.maximum), (-100.0, values[999]));
        assert!(histogram.occupied().is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn merging_equals_adding() {
        let (small, large) = ([0.25f32, -0.125, 0.0], [77.0f32, -3.0, 0.5]);
        for (first, second) in [(small, large), (large, small)] {
            let (mut merged, mut other) = (Histogram::default(), Histogram::default());
            merged.add(&first);
            other.add(&second);
            merged.merge(&other);
            let mut both = Histogram::default();
            both.add(&first);
            both.add(&second);
            assert_eq!(merged.occupied(), both.occupied());
            assert_eq!((merged.minimum, merged.maximum), (both.minimum, both.maximum));
        }
    }
}
