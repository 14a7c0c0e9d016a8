//! How far a figure could be off by the choice of samples: percentile bootstrap (Efron 1979), seeded, so that the same
//! answers give the same interval.

use super::Answers;

/// Sets of samples drawn.
const ROUNDS: usize = 1000;

/// Share of the drawn figures within the interval.
const CONFIDENCE: f64 = 0.95;

/// Lower and upper end of a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The interval of every figure of `answers`, in their order; none where a figure is not defined.
pub fn intervals(answers: &Answers) -> Vec<Option<Interval>> {
    let samples = answers.samples();
    if samples == 0 {
        return Vec::new();
    }
    let mut seed = 0u64;
    let mut drawn: Vec<Vec<f64>> = Vec::new();
    for _ in 0..ROUNDS {
        let chosen: Vec<usize> = (0..samples).map(|_| (next(&mut seed) % samples as u64) as usize).collect();
        for (index, figure) in answers.figures(&chosen).into_iter().enumerate() {
            if drawn.len() <= index {
                drawn.push(Vec::new());
            }
            if figure.value.is_finite() {
                drawn[index].push(figure.value);
            }
        }
    }
    drawn.into_iter().map(interval).collect()
}

fn interval(mut values: Vec<f64>) -> Option<Interval> {
    if values.len() < ROUNDS / 2 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Some(Interval { low: at((1.0 - CONFIDENCE) / 2.0), high: at((1.0 + CONFIDENCE) / 2.0) })
}

/// splitmix64.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_figure_and_narrows_with_samples() {
        let answers = |samples: usize| Answers::Classes {
            scores: (0..samples).map(|at| if at % 5 == 0 { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect(),
            truth: vec![1; samples],
        };
        let width = |samples: usize| {
            let interval = intervals(&answers(samples))[0].expect("accuracy is defined");
            assert!(interval.low <= 0.8 && 0.8 <= interval.high);
            interval.high - interval.low
        };
        assert!(width(2000) < width(100) / 2.0);
        assert_eq!(intervals(&answers(50)), intervals(&answers(50)));
        // One class only: no area under a curve.
        assert_eq!(intervals(&answers(50))[4], None);
    }
}
