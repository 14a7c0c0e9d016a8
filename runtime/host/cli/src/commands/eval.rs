//! `mote eval`: models on labelled data, side by side.

use crate::answering::{Answering, EngineSettings, Outcome};
use crate::dataset::{self, Dataset, Truth};
use crate::load;
use crate::metrics::{Answers, Figure, Interval, confusion, intervals, per_class};
use crate::ports::Ports;
use crate::render::table::Table;
use crate::runner::progress;
use crate::{Answer, Output};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use mote_engine::{ElementType, operators};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Classes beyond which the confusion matrix is not printed (it is in `--json`).
const MATRIX_CLASSES: usize = 16;

/// Arguments of `mote eval`.
#[derive(Args)]
pub struct Arguments {
    /// Models: .mote files, or source models (float ones run in tract, quantised ones are compiled on the spot). Several
    /// are compared; each takes the data in its own layout, channels first or last.
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// .npz (inputs by name or x, truth y), .csv (header; truth in a column), or a folder with one folder a class.
    #[arg(long, value_name = "DATA")]
    pub data: PathBuf,
    /// Array or column with the truth [default: y, label, labels, target or class].
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// What the model does; by default classification for whole-number truth, regression for real.
    #[arg(long, value_enum)]
    pub task: Option<Task>,
    /// Leave out the first N samples (those a model was calibrated on).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub skip: usize,
    #[command(flatten)]
    pub engine: EngineSettings,
}

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// The largest output names the class; one output is the probability of class 1.
    Classification,
    /// Outputs are values.
    Regression,
    /// The output rebuilds the input; the mean square error tells class 1 (anomalous) from class 0.
    Anomaly,
}

/// What one model did.
struct Evaluated {
    name: String,
    engine: &'static str,
    why: String,
    figures: Vec<Figure>,
    intervals: Vec<Option<Interval>>,
    confusion: Option<Vec<Vec<u64>>>,
    labels: Vec<String>,
    samples: usize,
}

/// Evaluates every model and prints one table.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let evaluated: Vec<Evaluated> =
        arguments.models.iter().map(|path| evaluate(path, arguments)).collect::<Result<_>>()?;
    let value = json!({ "data": arguments.data, "models": evaluated.iter().map(to_json).collect::<Vec<_>>() });
    output.print(value, || describe(&evaluated))?;
    Ok(Answer::Yes)
}

fn evaluate(path: &Path, arguments: &Arguments) -> Result<Evaluated> {
    let set = operators::native();
    let answering = Answering::open(path, &arguments.engine, Some(&arguments.data))?;
    let ports = answering.ports(set, path)?;
    let Dataset { mut feed, truth } = dataset::read(&ports, &arguments.data, arguments.label_column.as_deref())?;
    let mut truth = truth.context("the data has no truth: name it with --label-column")?;
    ensure!(arguments.skip < feed.inferences.len(), "--skip leaves no sample");
    feed.inferences.drain(..arguments.skip);
    match &mut truth {
        Truth::Classes(classes) => drop(classes.drain(..arguments.skip)),
        Truth::Values(rows) => drop(rows.drain(..arguments.skip)),
    }
    let outcome = answering.infer_all(set, path, &feed, &progress("evaluating", feed.inferences.len()))?;
    let rows = reals(&outcome)?;
    let answers = answers(&ports, arguments.task, rows, truth, &feed.inferences)?;
    let all: Vec<usize> = (0..answers.samples()).collect();
    let confusion = match &answers {
        Answers::Classes { scores, truth } => {
            let scores: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
            Some(confusion(&scores, truth))
        }
        _ => None,
    };
    Ok(Evaluated {
        name: load::name_of(path),
        engine: answering.engine(),
        why: answering.why,
        figures: answers.figures(&all),
        intervals: intervals(&answers),
        confusion,
        labels: ports.labels,
        samples: all.len(),
    })
}

/// The first output of every inference in real values.
pub fn reals(outcome: &Outcome) -> Result<Vec<Vec<f64>>> {
    let (record, bytes) = outcome.records.first().zip(outcome.bytes.first()).context("the model has no output")?;
    Ok(bytes.chunks(record.bytes as usize).map(|one| real_values(record, one)).collect())
}

fn real_values(record: &mote_format::TensorRecord, bytes: &[u8]) -> Vec<f64> {
    let (scale, zero_point) = (f64::from(record.scale), f64::from(record.zero_point));
    let real = |stored: f64| if record.scale > 0.0 { scale * (stored - zero_point) } else { stored };
    match record.element_type {
        ElementType::I8 => bytes.iter().map(|&byte| real(f64::from(byte as i8))).collect(),
        ElementType::U8 | ElementType::Bool => bytes.iter().map(|&byte| real(f64::from(byte))).collect(),
        ElementType::I16 => {
            bytes.as_chunks::<2>().0.iter().map(|&chunk| real(f64::from(i16::from_le_bytes(chunk)))).collect()
        }
        ElementType::I32 => {
            bytes.as_chunks::<4>().0.iter().map(|&chunk| real(f64::from(i32::from_le_bytes(chunk)))).collect()
        }
        ElementType::I64 => bytes.as_chunks::<8>().0.iter().map(|&chunk| i64::from_le_bytes(chunk) as f64).collect(),
        ElementType::F32 => {
            bytes.as_chunks::<4>().0.iter().map(|&chunk| f64::from(f32::from_le_bytes(chunk))).collect()
        }
    }
}

/// A model's outputs beside the truth, as its task reads them.
pub fn answers(
    ports: &Ports,
    task: Option<Task>,
    rows: Vec<Vec<f64>>,
    truth: Truth,
    inputs: &[Vec<Vec<u8>>],
) -> Result<Answers> {
    match (task, truth) {
        (Some(Task::Anomaly), Truth::Classes(classes)) => {
            let record = ports.inputs.first().context("the model has no input")?;
            let scores = rows.iter().zip(inputs).map(|(row, input)| {
                let input = real_values(record, &input[0]);
                row.iter().zip(&input).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / row.len().max(1) as f64
            });
            Ok(Answers::Scores { scores: scores.collect(), truth: classes.iter().map(|&class| class > 0).collect() })
        }
        (None | Some(Task::Classification), Truth::Classes(truth)) => {
            let scores: Vec<Vec<f64>> = rows.into_iter().map(probabilities).collect();
            let classes = scores.first().map_or(0, Vec::len);
            if let Some(&beyond) = truth.iter().find(|&&class| class >= classes) {
                bail!("the data holds class {beyond}, the model knows {classes}");
            }
            Ok(Answers::Classes { scores, truth })
        }
        (Some(Task::Regression), Truth::Classes(classes)) => {
            values(rows, classes.iter().map(|&c| vec![c as f64]).collect())
        }
        (None | Some(Task::Regression), Truth::Values(truth)) => values(rows, truth),
        (Some(task), Truth::Values(_)) => bail!("{task:?} needs whole-number truth, the data has real values"),
    }
}

fn values(predicted: Vec<Vec<f64>>, truth: Vec<Vec<f64>>) -> Result<Answers> {
    let (given, wanted) = (predicted.first().map_or(0, Vec::len), truth.first().map_or(0, Vec::len));
    ensure!(given == wanted, "the model gives {given} values a sample, the data has {wanted}");
    Ok(Answers::Values { predicted, truth })
}

/// A score for each class: one output is the probability of class 1; outputs that are no probabilities (some negative, or
/// far from a sum of 1) are taken as logits.
fn probabilities(row: Vec<f64>) -> Vec<f64> {
    if let [one] = row[..] {
        // A half counts as class 1, as `score >= 0.5` has it; among equal scores the first would be taken.
        let other = 1.0 - one;
        return vec![if other == one { other.next_down() } else { other }, one];
    }
    let sum: f64 = row.iter().sum();
    if row.iter().all(|&score| score >= 0.0) && (sum - 1.0).abs() < 0.1 {
        return row;
    }
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

fn to_json(evaluated: &Evaluated) -> Value {
    let mut object = serde_json::Map::new();
    object.insert("model".into(), json!(evaluated.name));
    object.insert("engine".into(), json!(evaluated.engine));
    object.insert("why".into(), json!(evaluated.why));
    object.insert("samples".into(), json!(evaluated.samples));
    for figure in &evaluated.figures {
        object.insert(figure.name.into(), json!(figure.value.is_finite().then_some(figure.value)));
    }
    let interval = |(figure, interval): (&Figure, &Option<Interval>)| {
        (figure.name.to_owned(), json!(interval.map(|interval| [interval.low, interval.high])))
    };
    let all: serde_json::Map<String, Value> =
        evaluated.figures.iter().zip(&evaluated.intervals).map(interval).collect();
    object.insert("interval_95".into(), Value::Object(all));
    if let Some(counts) = &evaluated.confusion {
        object.insert("confusion".into(), json!(counts));
        let one = |figures: &crate::metrics::ClassFigures| json!({ "precision": figures.precision, "recall": figures.recall, "f1": figures.f1, "support": figures.support });
        object.insert("classes".into(), per_class(counts).iter().map(one).collect());
    }
    Value::Object(object)
}

fn describe(evaluated: &[Evaluated]) -> String {
    let mut text = String::new();
    let mut titles = vec!["<figure".to_owned()];
    titles.extend(evaluated.iter().flat_map(|one| [one.name.clone(), "<95 %".to_owned()]));
    let mut table = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for (index, figure) in evaluated[0].figures.iter().enumerate() {
        let mut row = vec![figure.name.replace('_', " ")];
        for one in evaluated {
            let found = one.figures.iter().position(|other| other.name == figure.name).unwrap_or(index);
            row.push(one.figures.get(found).map_or("-".into(), |figure| number(figure.value)));
            let interval = one.intervals.get(found).copied().flatten();
            row.push(interval.map_or("-".into(), |i| format!("{} to {}", number(i.low), number(i.high))));
        }
        table.row(row);
    }
    text.push_str(&table.to_text());
    text.push_str(&format!("\n\n  {} samples; 95 % intervals by bootstrap\n", evaluated[0].samples));
    for one in evaluated {
        text.push_str(&format!("  {}: answered by {}: {}\n", one.name, one.engine, one.why));
    }
    for one in evaluated {
        if let Some(counts) = one.confusion.as_ref().filter(|counts| counts.len() <= MATRIX_CLASSES) {
            text.push_str(&format!("\n  {}: true class by answer\n{}\n", one.name, matrix(counts, &one.labels)));
        }
    }
    text.trim_end().to_owned()
}

fn number(value: f64) -> String {
    if value.is_nan() { "-".into() } else { format!("{value:.4}") }
}

fn matrix(counts: &[Vec<u64>], labels: &[String]) -> String {
    let label = |class: usize| labels.get(class).cloned().unwrap_or_else(|| class.to_string());
    let mut titles = vec!["<true".to_owned()];
    titles.extend((0..counts.len()).map(label));
    titles.extend(["precision", "recall", "f1"].map(String::from));
    let mut table = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for ((class, row), figures) in counts.iter().enumerate().zip(per_class(counts)) {
        let mut line = vec![label(class)];
        line.extend(row.iter().map(|&count| if count == 0 { "·".into() } else { count.to_string() }));
        line.extend([figures.precision, figures.recall, figures.f1].map(|value| format!("{value:.3}")));
        table.row(line);
    }
    table.to_text()
}
