//! Where to clip: from the values a tensor took to the range that int8 will cover.

use crate::histogram::Histogram;
use crate::options::Method;

/// Steps by which a search narrows a range, and the narrowest share of it.
const STEPS: usize = 100;
const NARROWEST: f64 = 0.2;

/// Levels of int8.
const LEVELS: f64 = 255.0;

/// The range of `histogram` by `method`; always holds 0.
pub fn choose(histogram: &Histogram, method: Method) -> (f32, f32) {
    let (low, high) = (histogram.minimum.min(0.0), histogram.maximum.max(0.0));
    if !low.is_finite() || !high.is_finite() || low == high {
        return (0.0, 0.0);
    }
    let values = histogram.occupied();
    match method {
        Method::MinMax => (low, high),
        Method::Percentile(share) => percentile(&values, share, low, high),
        Method::MeanSquaredError => narrowed(low, high, |low, high| square_error(&values, low, high)),
        Method::Entropy => narrowed(low, high, |low, high| divergence(&values, low, high)),
    }
}

/// Leaves out `share` of the values at either end, but never the side on which no value lies.
fn percentile(values: &[(f64, u64)], share: f64, low: f32, high: f32) -> (f32, f32) {
    let all: u64 = values.iter().map(|(_, count)| count).sum();
    let left_out = (all as f64 * share) as u64;
    let (first, last) = (beyond(values.iter(), left_out), beyond(values.iter().rev(), left_out));
    (first.clamp(low, 0.0), last.clamp(0.0, high))
}

/// The value at which more than `left_out` values have been passed.
fn beyond<'v>(mut ordered: impl Iterator<Item = &'v (f64, u64)>, left_out: u64) -> f32 {
    let mut seen = 0;
    let found = ordered.find(|&&(_, count)| {
        seen += count;
        seen > left_out
    });
    found.map_or(0.0, |&(value, _)| value as f32)
}

/// The range of least `cost` among those that scale both ends of `low` .. `high` by one factor, or one end alone.
fn narrowed(low: f32, high: f32, cost: impl Fn(f64, f64) -> f64) -> (f32, f32) {
    let (low, high) = (f64::from(low), f64::from(high));
    let shares = || (0..=STEPS).map(|step| 1.0 - (1.0 - NARROWEST) * step as f64 / STEPS as f64);
    let both = shares().map(|share| (low * share, high * share));
    let lower = shares().map(|share| (low * share, high)).filter(|_| low < 0.0);
    let upper = shares().map(|share| (low, high * share)).filter(|_| high > 0.0);
    let mut best = (f64::INFINITY, (low, high));
    for (low, high) in both.chain(lower).chain(upper) {
        let found = cost(low, high);
        // The first of equals: the widest.
        if found < best.0 {
            best = (found, (low, high));
        }
    }
    (best.1.0 as f32, best.1.1 as f32)
}

/// Sum of squares of clipping, and of rounding as that of a uniform distribution within a step.
fn square_error(values: &[(f64, u64)], low: f64, high: f64) -> f64 {
    let step = (high - low) / LEVELS;
    let rounding = step * step / 12.0;
    let error = |&(value, count): &(f64, u64)| {
        // Zero is held exactly.
        let within = if value == 0.0 { 0.0 } else { rounding };
        let beyond = (value - value.clamp(low, high)).powi(2);
        count as f64 * (within + beyond)
    };
    values.iter().map(error).sum()
}

/// Kullback-Leibler divergence of the values from what is left of them in 256 levels over `low` .. `high`: within a level
/// all occupied bins are taken as equally frequent, and what lies beyond is moved to the ends.
///
/// A level of b bins that are equally frequent diverges by about (b − 1) / 2n all the same when n values are counted (Miller
/// 1955); without taking that off, few values ask for a narrow range.
fn divergence(values: &[(f64, u64)], low: f64, high: f64) -> f64 {
    let all: f64 = values.iter().filter(|(value, _)| *value != 0.0).map(|&(_, count)| count as f64).sum();
    let step = (high - low) / LEVELS;
    if all == 0.0 || step <= 0.0 {
        return 0.0;
    }
    let level = |value: f64| ((value.clamp(low, high) - low) / step).round() as usize;
    let mut clipped: Vec<(usize, f64)> = Vec::new();
    let (mut below, mut above) = (0.0, 0.0);
    for &(value, count) in values.iter().filter(|(value, _)| *value != 0.0) {
        if value < low {
            below += count as f64;
        } else if value > high {
            above += count as f64;
        } else {
            clipped.push((level(value), count as f64));
        }
    }
    // The reference distribution holds what was clipped at its ends; the candidate knows only what lies within.
    let reference: Vec<f64> = {
        let mut counts: Vec<f64> = clipped.iter().map(|(_, count)| *count).collect();
        let Some(last) = counts.len().checked_sub(1) else { return f64::INFINITY };
        counts[0] += below;
        counts[last] += above;
        counts
    };
    let mut levels = vec![(0.0, 0u32); LEVELS as usize + 1];
    for &(level, count) in &clipped {
        levels[level].0 += count;
        levels[level].1 += 1;
    }
    let within: f64 = clipped.iter().map(|(_, count)| count).sum();
    let by_chance: f64 = levels.iter().map(|&(_, bins)| f64::from(bins.saturating_sub(1))).sum::<f64>() / (2.0 * all);
    let divergence: f64 = clipped
        .iter()
        .zip(&reference)
        .map(|((level, _), reference)| {
            let (sum, bins) = levels[*level];
            let (p, q) = (reference / all, sum / f64::from(bins) / within);
            p * (p / q).ln()
        })
        .sum();
    divergence - by_chance
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bell of many small values and one far outlier.
    fn outlier() -> Histogram {
        let mut histogram = Histogram::default();
        let bell: Vec<f32> =
            (0..20_000).map(|index| ((index * 7919) % 1000) as f32 / 500.0 - 1.0).map(|x| x * x * x).collect();
        histogram.add(&bell);
        histogram.add(&[20.0]);
        histogram
    }

    #[test]
    fn every_method_but_the_first_leaves_an_outlier_out() {
        let histogram = outlier();
        assert_eq!(choose(&histogram, Method::MinMax), (-1.0, 20.0));
        for method in [Method::Percentile(0.001), Method::MeanSquaredError, Method::Entropy] {
            let (low, high) = choose(&histogram, method);
            assert!((-1.0..=-0.19).contains(&low), "{method:?} {low}");
            assert!((0.9..20.0).contains(&high), "{method:?} {high}");
        }
    }

    #[test]
    fn a_range_holds_zero_and_stays_within_the_values() {
        let mut positive = Histogram::default();
        positive.add(&[2.0, 3.0, 4.0]);
        for method in [Method::MinMax, Method::Percentile(0.01), Method::MeanSquaredError, Method::Entropy] {
            let (low, high) = choose(&positive, method);
            assert!(low == 0.0 && high > 0.0 && high <= 4.0, "{method:?} {low} {high}");
        }
        assert_eq!(choose(&Histogram::default(), Method::Entropy), (0.0, 0.0));
    }
}
