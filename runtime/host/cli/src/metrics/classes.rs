//! Classification. Averages over classes are macro averages over the classes that occur in truth or answer, undefined
//! ratios count as 0, as scikit-learn does by default.

use super::{Figure, largest};

/// Scores are cut to this distance from 0 and 1 before a logarithm (the resolution of float64, as scikit-learn does).
const SMALLEST_PROBABILITY: f64 = f64::EPSILON;

/// Answers beyond the first that `top_k_accuracy` counts.
pub const TOP: usize = 3;

/// Figures of one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassFigures {
    /// Share of the answers "this class" that are right.
    pub precision: f64,
    /// Share of this class's samples that are answered so.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Samples of this class.
    pub support: u64,
}

/// Counts by true class, then answered class.
pub fn confusion(scores: &[&[f64]], truth: &[usize]) -> Vec<Vec<u64>> {
    let classes = scores.iter().map(|row| row.len()).max().unwrap_or(0);
    let mut counts = vec![vec![0; classes]; classes];
    scores.iter().zip(truth).for_each(|(row, &truth)| counts[truth][largest(row)] += 1);
    counts
}

/// Figures of every class.
pub fn per_class(confusion: &[Vec<u64>]) -> Vec<ClassFigures> {
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let one = |class: usize| {
        let right = confusion[class][class];
        let support = confusion[class].iter().sum();
        let answered: u64 = confusion.iter().map(|row| row[class]).sum();
        ClassFigures {
            precision: ratio(right, answered),
            recall: ratio(right, support),
            f1: ratio(2 * right, support + answered),
            support,
        }
    };
    (0..confusion.len()).map(one).collect()
}

/// All figures of a classification.
pub fn figures(scores: &[&[f64]], truth: &[usize]) -> Vec<Figure> {
    let counts = confusion(scores, truth);
    let classes = counts.len();
    let all = truth.len().max(1) as f64;
    let right: u64 = (0..classes).map(|class| counts[class][class]).sum();
    let figures = per_class(&counts);
    let occurs = |class: usize| counts[class].iter().any(|&n| n > 0) || counts.iter().any(|row| row[class] > 0);
    // Of two classes the second is the positive one, and precision, recall and F1 are its.
    let averaged: Vec<usize> =
        if classes == 2 { vec![1] } else { (0..classes).filter(|&class| occurs(class)).collect() };
    let mean = |of: fn(&ClassFigures) -> f64| {
        averaged.iter().map(|&class| of(&figures[class])).sum::<f64>() / averaged.len().max(1) as f64
    };
    let mut list = vec![
        better("accuracy", right as f64 / all),
        better("precision", mean(|class| class.precision)),
        better("recall", mean(|class| class.recall)),
        better("f1", mean(|class| class.f1)),
        better("roc_auc", area(scores, truth, classes)),
        Figure { name: "cross_entropy", value: cross_entropy(scores, truth), larger_is_better: false },
    ];
    if classes > TOP {
        list.insert(1, better("top_3_accuracy", top(scores, truth) / all));
    }
    list
}

fn better(name: &'static str, value: f64) -> Figure {
    Figure { name, value, larger_is_better: true }
}

/// Samples whose true class is among the [`TOP`] best scores; of equal scores the later class counts as better, as
/// scikit-learn's stable sort has it.
fn top(scores: &[&[f64]], truth: &[usize]) -> f64 {
    let among = |(row, &truth): (&&[f64], &usize)| {
        let own = row[truth];
        let ahead = row.iter().enumerate().filter(|&(class, &score)| score > own || (score == own && class > truth));
        ahead.count() < TOP
    };
    scores.iter().zip(truth).filter(|&(row, truth)| among((row, truth))).count() as f64
}

/// Mean of −ln p of the true class, rows brought to a sum of 1. Not defined where a score is negative.
fn cross_entropy(scores: &[&[f64]], truth: &[usize]) -> f64 {
    let loss = |(row, &truth): (&&[f64], &usize)| {
        if row.iter().any(|&score| score < 0.0) {
            return f64::NAN;
        }
        let clipped = |score: f64| score.clamp(SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY);
        let sum: f64 = row.iter().map(|&score| clipped(score)).sum();
        -(clipped(row[truth]) / sum).ln()
    };
    scores.iter().zip(truth).map(loss).sum::<f64>() / truth.len().max(1) as f64
}

/// Area under the ROC curve: of two classes the second's score; of more, the mean over classes of each against the rest.
fn area(scores: &[&[f64]], truth: &[usize], classes: usize) -> f64 {
    let of = |class: usize| {
        let own: Vec<f64> = scores.iter().map(|row| row[class]).collect();
        let truth: Vec<bool> = truth.iter().map(|&truth| truth == class).collect();
        roc_auc(&own, &truth)
    };
    match classes {
        0 | 1 => f64::NAN,
        2 => of(1),
        _ => (0..classes).map(of).sum::<f64>() / classes as f64,
    }
}

/// Probability that a positive sample scores above a negative one, ties counting half (the Mann-Whitney statistic). NaN
/// when there is only one kind.
pub fn roc_auc(scores: &[f64], positive: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut rank_sum, mut at) = (0.0, 0);
    while at < order.len() {
        let end = (at..order.len()).find(|&next| scores[order[next]] != scores[order[at]]).unwrap_or(order.len());
        let mean_rank = (at + 1 + end) as f64 / 2.0;
        rank_sum += mean_rank * order[at..end].iter().filter(|&&sample| positive[sample]).count() as f64;
        at = end;
    }
    let positives = positive.iter().filter(|&&positive| positive).count() as f64;
    let negatives = positive.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return f64::NAN;
    }
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}
