//! Labelled data for evaluations: archives, tables, and folders of pictures or recordings.

use crate::arrays::{self, Array, Elements, extension};
use crate::inputs::{Feed, Stacking, from_arrays};
use crate::media;
use crate::ports::Ports;
use anyhow::{Context, Result, bail, ensure};
use mote_engine::Model;
use mote_format::TensorRecord;
use std::path::{Path, PathBuf};

/// Column and array names taken for the truth when none is named.
const TRUTH_NAMES: [&str; 5] = ["y", "label", "labels", "target", "class"];

/// The truth of each sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// Classes by index.
    Classes(Vec<usize>),
    /// Real values, one row a sample.
    Values(Vec<Vec<f64>>),
}

impl Truth {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Values(rows) => rows.len(),
        }
    }
}

/// Samples as the model takes them, with the truth of each; none where the data has no labels.
pub struct Dataset {
    /// Input bytes.
    pub feed: Feed,
    /// Truth.
    pub truth: Option<Truth>,
}

/// Reads `path` for a model with `ports`: `.npz` (inputs by name or `x`; truth `y`), `.csv` (a header; every column but the truth is a
/// feature, in order), or a folder with a folder of pictures or recordings for each class.
pub fn read(ports: &Ports, path: &Path, truth_name: Option<&str>) -> Result<Dataset> {
    let (records, names, labels) = (&ports.inputs, &ports.input_names, &ports.labels);
    let dataset = if path.is_dir() {
        folder(ports, path)
    } else {
        match extension(path).as_str() {
            "npz" => archive(records, names, path, truth_name),
            "csv" => table(records, names, path, truth_name, labels),
            other => bail!("'.{other}' is no data set: pass .npz, .csv or a folder with one folder a class"),
        }
    };
    let dataset = dataset.with_context(|| format!("data set {}", path.display()))?;
    let samples = dataset.feed.inferences.len();
    if let Some(truth) = &dataset.truth {
        ensure!(truth.len() == samples, "{samples} samples but {} labels", truth.len());
    }
    Ok(dataset)
}

/// Class labels of the first output; empty when the passport has none.
pub fn labels_of(model: &Model<'_>) -> Vec<String> {
    let passport = model.passport();
    let port = passport.as_ref().and_then(|passport| passport.outputs.iter().next());
    port.map(|port| port.labels.lines().map(String::from).collect()).unwrap_or_default()
}

fn is_truth(name: &str, asked: Option<&str>) -> bool {
    asked.map_or_else(|| TRUTH_NAMES.contains(&name.to_lowercase().as_str()), |asked| asked == name)
}

fn archive(records: &[TensorRecord], names: &[String], path: &Path, truth_name: Option<&str>) -> Result<Dataset> {
    let (truth, inputs): (Vec<_>, Vec<_>) =
        arrays::read(path)?.into_iter().partition(|(name, _)| is_truth(name, truth_name));
    if let (Some(name), true) = (truth_name, truth.is_empty()) {
        bail!("no array '{name}'");
    }
    let feed = from_arrays(records, names, inputs)?;
    let truth = truth.into_iter().next().map(|(_, array)| truth_of(&array, feed.inferences.len())).transpose()?;
    Ok(Dataset { feed, truth })
}

fn truth_of(array: &Array, samples: usize) -> Result<Truth> {
    let each = array.len().checked_div(samples).filter(|each| each * samples == array.len());
    let each = each.with_context(|| format!("{} labels for {samples} samples", array.len()))?;
    match &array.elements {
        Elements::Integer(values, _) if each == 1 => {
            let class = |&value: &i64| usize::try_from(value).with_context(|| format!("{value} is no class index"));
            Ok(Truth::Classes(values.iter().map(class).collect::<Result<_>>()?))
        }
        Elements::Integer(values, _) => {
            Ok(Truth::Values(values.chunks(each).map(|row| row.iter().map(|&value| value as f64).collect()).collect()))
        }
        Elements::F32(values) => {
            Ok(Truth::Values(values.chunks(each).map(|row| row.iter().map(|&value| value.into()).collect()).collect()))
        }
    }
}

fn table(
    records: &[TensorRecord],
    names: &[String],
    path: &Path,
    truth_name: Option<&str>,
    labels: &[String],
) -> Result<Dataset> {
    ensure!(records.len() == 1, "the model takes {} inputs: a table feeds one", records.len());
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<&str> = cells(lines.next().context("the table is empty")?).collect();
    let truth_column = header.iter().position(|name| is_truth(name, truth_name));
    if let (Some(name), None) = (truth_name, truth_column) {
        bail!("no column '{name}': found {}", header.join(", "));
    }
    let (mut features, mut answers) = (Vec::new(), Vec::new());
    let mut samples = 0;
    for (line, row) in lines.enumerate() {
        let cells: Vec<&str> = cells(row).collect();
        ensure!(cells.len() == header.len(), "line {}: {} cells, not {}", line + 2, cells.len(), header.len());
        for (column, cell) in cells.iter().enumerate() {
            if Some(column) == truth_column {
                answers.push((*cell).to_owned());
            } else {
                let place = || format!("line {}, column '{}': '{cell}' is no number", line + 2, header[column]);
                features.push(cell.parse::<f32>().with_context(place)?);
            }
        }
        samples += 1;
    }
    let extents = records[0].shape.extents().iter().map(|&extent| extent as usize);
    let shape: Vec<usize> = std::iter::once(samples).chain(extents).collect();
    let needed: usize = shape.iter().product();
    ensure!(
        features.len() == needed,
        "{} features a row, the model takes {}",
        features.len() / samples.max(1),
        needed / samples.max(1)
    );
    let array = Array { shape, elements: Elements::F32(features) };
    let feed = from_arrays(records, names, vec![("x".into(), array)])?;
    let truth = truth_column.map(|_| truth_of_text(&answers, labels)).transpose()?;
    Ok(Dataset { feed, truth })
}

/// Names of the columns of a table that are features, in order.
///
/// # Errors
/// The file cannot be read or is empty.
pub fn feature_columns(path: &Path, truth_name: Option<&str>) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let header = text.lines().find(|line| !line.trim().is_empty()).context("the table is empty")?;
    Ok(cells(header).filter(|name| !is_truth(name, truth_name)).map(String::from).collect())
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"'))
}

/// Names of classes, whole numbers as class indices, or real values.
fn truth_of_text(answers: &[String], labels: &[String]) -> Result<Truth> {
    if answers.iter().all(|answer| labels.contains(answer)) {
        let index = |answer: &String| labels.iter().position(|label| label == answer).unwrap_or(0);
        return Ok(Truth::Classes(answers.iter().map(index).collect()));
    }
    if let Ok(classes) = answers.iter().map(|answer| answer.parse::<usize>()).collect() {
        return Ok(Truth::Classes(classes));
    }
    let real = |answer: &String| {
        let value = answer.parse::<f64>();
        let place = || format!("'{answer}' is neither a number nor one of the labels {}", labels.join(", "));
        value.map(|value| vec![value]).with_context(place)
    };
    Ok(Truth::Values(answers.iter().map(real).collect::<Result<_>>()?))
}

/// A folder for each class, named as the label or in the order of the names.
fn folder(ports: &Ports, path: &Path) -> Result<Dataset> {
    let (records, labels) = (&ports.inputs, &ports.labels);
    ensure!(records.len() == 1, "the model takes {} inputs: pictures and recordings feed one", records.len());
    let preprocessing = ports.preprocessing.as_ref();
    let preprocessing = preprocessing.context("nothing says how media become tensors: pass a .npz file")?;
    let mut classes: Vec<PathBuf> = entries(path)?.into_iter().filter(|entry| entry.is_dir()).collect();
    classes.sort();
    ensure!(!classes.is_empty(), "no folders of classes in it");
    let (mut inferences, mut truth) = (Vec::new(), Vec::new());
    for (order, class) in classes.iter().enumerate() {
        let name = class.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let index = match labels.iter().position(|label| *label == name) {
            Some(index) => index,
            None if labels.is_empty() => order,
            None => bail!("folder '{name}' is none of the labels {}", labels.join(", ")),
        };
        for file in entries(class)?.into_iter().filter(|file| is_media(file)) {
            let array = media::read(&file, preprocessing, &records[0])?;
            let one = from_arrays(records, &["x".into()], vec![("x".into(), array)])?;
            inferences.extend(one.inferences);
            truth.push(index);
        }
    }
    Ok(Dataset { feed: Feed { inferences, stacking: Stacking::ExtraAxis }, truth: Some(Truth::Classes(truth)) })
}

fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    all.sort();
    Ok(all)
}

fn is_media(path: &Path) -> bool {
    matches!(extension(path).as_str(), "png" | "jpg" | "jpeg" | "bmp" | "wav")
}
