//! Figures of a model on labelled data.

use crate::answering::Outcome;
use crate::commands::eval::{answers, reals};
use crate::dataset::{self, Truth};
use crate::metrics::{Answers, Interval, intervals};
use crate::ports::Ports;
use crate::runner::{infer_all, progress};
use anyhow::{Context, Result, ensure};
use mote_engine::Model;
use serde::Serialize;
use std::path::Path;

/// One figure with its interval.
#[derive(Clone, Debug, Serialize)]
pub struct FigureLine {
    /// Plain name: `accuracy`, `mse`.
    pub name: &'static str,
    /// Value; none where it is not defined.
    pub value: Option<f64>,
    /// 95 % interval by bootstrap.
    pub low: Option<f64>,
    /// 95 % interval by bootstrap.
    pub high: Option<f64>,
    /// Larger is better.
    pub larger_is_better: bool,
}

/// What one model did.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    /// Which model.
    pub model: String,
    /// Samples.
    pub samples: usize,
    /// Figures.
    pub figures: Vec<FigureLine>,
}

/// Runs `model` on the labelled data at `path`, without the first `skip` samples; intervals only when asked for, since
/// they take a thousand draws.
pub fn accuracy(model: &Model<'_>, name: &str, path: &Path, skip: usize, with_intervals: bool) -> Result<Accuracy> {
    let answers = answers_of(model, path, skip)?;
    let all: Vec<usize> = (0..answers.samples()).collect();
    let figures = answers.figures(&all);
    let ends: Vec<Option<Interval>> = if with_intervals { intervals(&answers) } else { vec![None; figures.len()] };
    let line = |(figure, ends): (&crate::metrics::Figure, &Option<Interval>)| FigureLine {
        name: figure.name,
        value: figure.value.is_finite().then_some(figure.value),
        low: ends.map(|ends| ends.low),
        high: ends.map(|ends| ends.high),
        larger_is_better: figure.larger_is_better,
    };
    Ok(Accuracy { model: name.into(), samples: all.len(), figures: figures.iter().zip(&ends).map(line).collect() })
}

fn answers_of(model: &Model<'_>, path: &Path, skip: usize) -> Result<Answers> {
    let ports = Ports::of_model(model);
    let mut data = dataset::read(&ports, path, None)?;
    let mut truth = data.truth.context("the data has no truth: an array or column y, label, target or class")?;
    ensure!(skip < data.feed.inferences.len(), "no sample is left to evaluate on");
    data.feed.inferences.drain(..skip);
    match &mut truth {
        Truth::Classes(classes) => drop(classes.drain(..skip)),
        Truth::Values(rows) => drop(rows.drain(..skip)),
    }
    let bytes = infer_all(model, &data.feed, &progress("evaluating", data.feed.inferences.len()))?;
    let records = (0..model.output_count()).filter_map(|index| model.output(index)).collect();
    answers(&ports, None, reals(&Outcome { records, bytes })?, truth, &data.feed.inferences)
}
