//! `mote explain`: which parts of an input carried the answer.

use crate::analysis::layers;
use crate::analysis::occlusion::{Explanation, Extent, Grid, Occlusion, explain, reals};
use crate::analysis::view::{Kind, view};
use crate::arrays::extension;
use crate::ports::Ports;
use crate::render::explanation as render;
use crate::{Answer, Output, dataset, load};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use mote_engine::operators;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `mote explain`.
#[derive(Args)]
pub struct Arguments {
    /// A model.mote file, or a source model to compile on the spot.
    pub model: PathBuf,
    /// .npy, .npz, .png, .jpg, .bmp, .wav, .csv (with a header), or raw tensor bytes.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Which inference of the file, from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub row: usize,
    /// Index or label of the output to explain [default: the largest].
    #[arg(long, value_name = "K")]
    pub class: Option<String>,
    /// Rows and columns hidden at a time, as 8x8; one number for both.
    #[arg(long, value_name = "HxW", value_parser = extent)]
    pub patch: Option<Extent>,
    /// Rows and columns from one hidden part to the next [default: half a patch].
    #[arg(long, value_name = "HxW", value_parser = extent)]
    pub stride: Option<Extent>,
    /// What hidden values become: mean (of --data; else of the input, and 0 for features), zero, or a number.
    #[arg(long, value_name = "VALUE", default_value = "mean")]
    pub baseline: String,
    /// Samples whose mean stands in for hidden values.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// What the input is [default: by its shape].
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Rows and columns of an input that is stored flat, as 49x40.
    #[arg(long, value_name = "HxW", value_parser = extent)]
    pub view: Option<Extent>,
    /// Write a picture (.png), or a page with picture and table (.html).
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Regions shown; `--json` has all.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
}

fn extent(text: &str) -> Result<Extent, String> {
    let (rows, columns) = text.split_once('x').unwrap_or((text, text));
    let number = |text: &str| text.parse::<usize>().ok().filter(|&extent| extent > 0);
    let wrong = || format!("'{text}': expected rows and columns from 1, as 8x4 or 8");
    Ok(Extent { rows: number(rows).ok_or_else(wrong)?, columns: number(columns).ok_or_else(wrong)? })
}

/// Hides part after part and says what that did.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let bytes = load::compiled(&arguments.model, &load::FixedInputs::default())?;
    let model = load::runnable(&bytes, operators::native(), &arguments.model)?;
    let ports = Ports::of_model(&model);
    let record = *ports.inputs.first().context("the model has no input")?;
    let feed = layers::feed_of(&ports, &arguments.input)?;
    let count = feed.inferences.len();
    let inputs = feed.inferences.get(arguments.row);
    let inputs = inputs.with_context(|| format!("--row {}: the file holds {count} inferences", arguments.row))?;
    let shape = crate::analysis::side::extents(&record);
    let (kind, grid) = view(&shape, arguments.kind, arguments.view)?;
    let (patch, stride) = kind.patch(grid);
    let patch = arguments.patch.unwrap_or(patch);
    let half = Extent { rows: (patch.rows / 2).max(1), columns: (patch.columns / 2).max(1) };
    let stride = arguments.stride.unwrap_or(if arguments.patch.is_some() { half } else { stride });
    let values = reals(&record, &inputs[0]);
    let baseline = baseline(arguments, &ports, kind, grid, &values)?;
    let class = arguments.class.as_deref().map(|class| class_of(class, &ports.labels)).transpose()?;
    let occlusion = Occlusion { inputs, port: 0, grid, patch, stride, baseline: &baseline, class };
    let found = explain(&model, &occlusion)?;

    let picture = render::Subject {
        name: load::name_of(&arguments.model),
        kind,
        label: label(found.class, &ports.labels),
        features: feature_names(arguments, grid)?,
        values: &values,
        top: arguments.top,
    };
    if let Some(path) = &arguments.output {
        write(path, &picture, &found)?;
    }
    let value = json!({
        "model": arguments.model, "input": arguments.input, "row": arguments.row, "kind": kind,
        "label": picture.label, "features": picture.features, "explanation": found, "written": arguments.output,
    });
    output.print(value, || render::to_text(&picture, &found))?;
    Ok(Answer::Yes)
}

fn write(path: &Path, picture: &render::Subject<'_>, found: &Explanation) -> Result<()> {
    let bytes = match extension(path).as_str() {
        "png" => {
            ensure!(
                picture.kind != Kind::Table,
                "features without order make no picture: write a page with bars (--output FILE.html)"
            );
            render::to_png(picture, found)?
        }
        "html" => render::to_html(picture, found)?.into_bytes(),
        other => bail!("'.{other}': a picture is .png, a page .html"),
    };
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// An index, or one of the labels.
fn class_of(class: &str, labels: &[String]) -> Result<usize> {
    let by_label = labels.iter().position(|label| label == class);
    let found = by_label.or_else(|| class.parse().ok());
    found.with_context(|| match labels.is_empty() {
        true => format!("--class {class}: the model has no labels, pass an index from 0"),
        false => format!("--class {class}: neither an index nor one of {}", labels.join(", ")),
    })
}

fn label(class: usize, labels: &[String]) -> String {
    labels.get(class).map_or_else(|| format!("output {class}"), |label| format!("'{label}' (output {class})"))
}

/// The real value that stands in for each element.
fn baseline(arguments: &Arguments, ports: &Ports, kind: Kind, grid: Grid, values: &[f64]) -> Result<Vec<f32>> {
    let constant = |value: f32| Ok(vec![value; values.len()]);
    match (arguments.baseline.as_str(), &arguments.data) {
        ("mean", Some(path)) => {
            let feed = layers::feed_of(ports, path)?;
            let mut sums = vec![0.0; values.len()];
            for inputs in &feed.inferences {
                let one = reals(&ports.inputs[0], &inputs[0]);
                sums.iter_mut().zip(one).for_each(|(sum, value)| *sum += value / feed.inferences.len() as f64);
            }
            Ok(sums.into_iter().map(|mean| mean as f32).collect())
        }
        ("mean", None) => Ok(own_mean(kind, grid, values)),
        ("zero", _) => constant(0.0),
        (number, _) => {
            let value: f32 = number
                .parse()
                .ok()
                .filter(|value: &f32| value.is_finite())
                .with_context(|| format!("--baseline {number}: expected mean, zero or a number"))?;
            constant(value)
        }
    }
}

/// Mean of the input itself: of each channel of a picture, each band of audio, the whole signal; 0 for features.
fn own_mean(kind: Kind, grid: Grid, values: &[f64]) -> Vec<f32> {
    let group = match kind {
        Kind::Table => return vec![0.0; values.len()],
        Kind::Image => grid.channels,
        Kind::Audio => grid.columns * grid.channels,
        Kind::Signal => 1,
    };
    let mut means = vec![0.0; group];
    for (at, value) in values.iter().enumerate() {
        means[at % group] += value * group as f64 / values.len() as f64;
    }
    (0..values.len()).map(|at| means[at % group] as f32).collect()
}

/// Names of features, from the header of the input or of the data when that is a table.
fn feature_names(arguments: &Arguments, grid: Grid) -> Result<Vec<String>> {
    let tables = [Some(&arguments.input), arguments.data.as_ref()].into_iter().flatten();
    for path in tables.filter(|path| extension(path) == "csv") {
        let names = dataset::feature_columns(path, None)?;
        if names.len() == grid.rows * grid.columns {
            return Ok(names);
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_read() {
        assert_eq!(extent("8x4"), Ok(Extent { rows: 8, columns: 4 }));
        assert_eq!(extent("3"), Ok(Extent { rows: 3, columns: 3 }));
        for wrong in ["", "0", "3x0", "x", "3x4x5", "-1"] {
            assert!(extent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn own_means_follow_what_the_input_is() {
        let grid = Grid { rows: 2, columns: 2, channels: 1 };
        let values = [1.0, 2.0, 3.0, 6.0];
        assert_eq!(own_mean(Kind::Image, grid, &values), [3.0; 4]);
        assert_eq!(own_mean(Kind::Audio, grid, &values), [2.0, 4.0, 2.0, 4.0]);
        assert_eq!(own_mean(Kind::Table, grid, &values), [0.0; 4]);
    }
}
