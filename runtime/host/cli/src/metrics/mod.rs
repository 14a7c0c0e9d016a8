//! Figures of merit of a model's answers, as scikit-learn defines them, with bootstrap intervals.
//!
//! All functions take plain numbers: [`Answers::Classes`] holds a score for each class and the true class,
//! [`Answers::Values`] holds predicted and true values. Not here: running models, reading data sets.

mod bootstrap;
mod classes;
mod values;

pub use bootstrap::{Interval, intervals};
pub use classes::{ClassFigures, confusion, per_class};

/// What a model answered to a data set, beside the truth.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// Classification: `scores[sample][class]` (larger is likelier) and the true class of each sample.
    Classes {
        /// Scores, one row a sample, all rows of one length.
        scores: Vec<Vec<f64>>,
        /// True classes, each below the rows' length.
        truth: Vec<usize>,
    },
    /// Regression and reconstruction: predicted and true values, one row a sample.
    Values {
        /// Predicted values.
        predicted: Vec<Vec<f64>>,
        /// True values, of the same shape.
        truth: Vec<Vec<f64>>,
    },
    /// Two classes told apart by one number: larger means the positive class.
    Scores {
        /// One score a sample.
        scores: Vec<f64>,
        /// True for samples of the positive class.
        truth: Vec<bool>,
    },
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Plain name: `accuracy`, `f1`, `mse`.
    pub name: &'static str,
    /// Value; NaN where it is not defined (one class only).
    pub value: f64,
    /// Larger is better.
    pub larger_is_better: bool,
}

impl Answers {
    /// Number of samples.
    pub fn samples(&self) -> usize {
        match self {
            Self::Classes { truth, .. } => truth.len(),
            Self::Values { truth, .. } => truth.len(),
            Self::Scores { truth, .. } => truth.len(),
        }
    }

    /// Every figure over the samples at `chosen` (with repeats, as a bootstrap draws them).
    pub fn figures(&self, chosen: &[usize]) -> Vec<Figure> {
        match self {
            Self::Classes { scores, truth } => {
                let scores: Vec<&[f64]> = chosen.iter().map(|&at| scores[at].as_slice()).collect();
                let truth: Vec<usize> = chosen.iter().map(|&at| truth[at]).collect();
                classes::figures(&scores, &truth)
            }
            Self::Values { predicted, truth } => {
                let rows = |all: &'_ [Vec<f64>]| chosen.iter().map(|&at| all[at].clone()).collect::<Vec<_>>();
                values::figures(&rows(predicted), &rows(truth))
            }
            Self::Scores { scores, truth } => {
                let scores: Vec<f64> = chosen.iter().map(|&at| scores[at]).collect();
                let truth: Vec<bool> = chosen.iter().map(|&at| truth[at]).collect();
                vec![Figure { name: "roc_auc", value: classes::roc_auc(&scores, &truth), larger_is_better: true }]
            }
        }
    }
}

/// Index of the first largest score.
pub fn largest(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best })
}

#[cfg(test)]
mod tests;
