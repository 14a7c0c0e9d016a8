//! Which parts of an input carry an answer: each is hidden in turn, and the change of the answer's score says how much it
//! mattered (occlusion sensitivity: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014).

use crate::runner::{SessionMemory, infer, progress};
use anyhow::{Context, Result, ensure};
use mote_engine::{ElementType, Model, Observer, OperatorEvent, Port, quantize};
use mote_format::{NOT_A_VIEW, TensorRecord};
use serde::Serialize;

/// An input seen as rows of columns of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// Rows: of pixels, or steps of time.
    pub rows: usize,
    /// Columns: of pixels, or bands of frequency.
    pub columns: usize,
    /// Values of a cell, hidden together.
    pub channels: usize,
}

/// Extents in rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

/// A part of the input, and what hiding it does.
#[derive(Clone, Debug, Serialize)]
pub struct Region {
    /// First row.
    pub row: usize,
    /// First column.
    pub column: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Score when it is hidden, minus the score of the whole input: below 0 where the region speaks for the class.
    pub change: f64,
    /// The same of the model's own output, which a softmax has squeezed.
    pub output_change: f64,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Grid.
    pub grid: Grid,
    /// Size of a hidden part.
    pub patch: Extent,
    /// Distance of hidden parts.
    pub stride: Extent,
    /// Index of the explained output.
    pub class: usize,
    /// What the score is: `output`; or `log-odds`, ln(p / (1 − p)) computed from what the final softmax reads.
    pub scored: &'static str,
    /// Score of the whole input.
    pub score: f64,
    /// Output of the whole input.
    pub output: f64,
    /// All regions, the largest change first.
    pub regions: Vec<Region>,
    /// Mean change of the regions that cover each cell, row by row.
    pub map: Vec<f64>,
}

/// What is hidden how.
pub struct Occlusion<'o> {
    /// All inputs of the inference.
    pub inputs: &'o [Vec<u8>],
    /// Which of them is explained.
    pub port: usize,
    /// How it is seen.
    pub grid: Grid,
    /// Size of a hidden part.
    pub patch: Extent,
    /// Distance of hidden parts.
    pub stride: Extent,
    /// Real value that stands in for each hidden element.
    pub baseline: &'o [f32],
    /// Output to explain; the largest when none.
    pub class: Option<usize>,
}

/// Keeps the last bytes written to a tensor or a view of it.
struct Watch<'w> {
    tensors: &'w [u16],
    found: Vec<u8>,
}

impl Observer for Watch<'_> {
    fn finished(&mut self, event: &OperatorEvent<'_>) {
        for index in 0.. {
            let Some((tensor, bytes)) = event.output(index) else { break };
            if self.tensors.contains(&tensor) {
                self.found = bytes.to_vec();
            }
        }
    }
}

/// Runs the model once per part.
///
/// # Errors
/// The class is beyond the outputs, the grid is not the input's size, the model keeps state.
pub fn explain(model: &Model<'_>, occlusion: &Occlusion<'_>) -> Result<Explanation> {
    let record = model.input(occlusion.port).context("the model has no such input")?;
    let output_record = model.output(0).context("the model has no output")?;
    let Grid { rows, columns, channels } = occlusion.grid;
    let elements = record.shape.elements();
    ensure!(
        rows * columns * channels == elements && elements == occlusion.baseline.len(),
        "a grid of {rows}×{columns} with {channels} values a cell does not hold the {elements} elements of the input"
    );
    ensure!(
        model.header().state_bytes == 0,
        "the model keeps state between inferences: its answer depends on what it was given before, so hiding parts of \
         one input says little"
    );
    let logits = logits(model);
    let tensors = logits.as_ref().map_or(&[][..], |(tensors, _)| tensors);
    let mut memory = SessionMemory::for_model(model);
    let mut session = memory.session(model)?;
    let mut run = |inputs: &[Vec<u8>]| -> Result<(Vec<f64>, Vec<f64>)> {
        let mut watch = Watch { tensors, found: Vec::new() };
        let outputs = infer(&mut session, inputs, &mut watch)?;
        let output = reals(&output_record, &outputs[0]);
        let score = logits.as_ref().map(|(_, record)| log_odds(&reals(record, &watch.found)));
        Ok((score.unwrap_or_else(|| output.clone()), output))
    };
    let (scores, outputs) = run(occlusion.inputs)?;
    let class = occlusion.class.unwrap_or_else(|| crate::metrics::largest(&outputs));
    ensure!(class < outputs.len(), "the model has {} outputs, numbered from 0: there is no {class}", outputs.len());

    let size = record.element_type.bytes();
    let baseline: Vec<Vec<u8>> = occlusion.baseline.iter().map(|&real| stored(&record, real)).collect();
    let places = |whole: usize, patch: usize, stride: usize| {
        let last = whole.saturating_sub(patch);
        (0..last).step_by(stride.max(1)).chain([last]).collect::<Vec<_>>()
    };
    let patch = Extent { rows: occlusion.patch.rows.min(rows), columns: occlusion.patch.columns.min(columns) };
    let (down, across) =
        (places(rows, patch.rows, occlusion.stride.rows), places(columns, patch.columns, occlusion.stride.columns));
    let bar = progress("hiding", down.len() * across.len());
    let mut regions = Vec::new();
    for (&row, &column) in down.iter().flat_map(|row| across.iter().map(move |column| (row, column))) {
        let mut inputs = occlusion.inputs.to_vec();
        let bytes = &mut inputs[occlusion.port];
        for cell in (row..row + patch.rows).flat_map(|r| (column..column + patch.columns).map(move |c| r * columns + c))
        {
            for element in cell * channels..(cell + 1) * channels {
                bytes[element * size..(element + 1) * size].copy_from_slice(&baseline[element]);
            }
        }
        let (score, output) = run(&inputs)?;
        regions.push(Region {
            row,
            column,
            height: patch.rows,
            width: patch.columns,
            change: score[class] - scores[class],
            output_change: output[class] - outputs[class],
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let map = map(occlusion.grid, &regions);
    regions.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    Ok(Explanation {
        grid: occlusion.grid,
        patch,
        stride: occlusion.stride,
        class,
        scored: if logits.is_some() { "log-odds" } else { "output" },
        score: scores[class],
        output: outputs[class],
        regions,
        map,
    })
}

/// Mean change of the regions over each cell.
fn map(grid: Grid, regions: &[Region]) -> Vec<f64> {
    let mut sums = vec![(0.0, 0u32); grid.rows * grid.columns];
    for region in regions {
        for row in region.row..region.row + region.height {
            for column in region.column..region.column + region.width {
                let (sum, count) = &mut sums[row * grid.columns + column];
                *sum += region.change;
                *count += 1;
            }
        }
    }
    sums.into_iter().map(|(sum, count)| if count > 0 { sum / f64::from(count) } else { 0.0 }).collect()
}

/// When a softmax gives the first output: the tensors (one and its views) that hold what it reads. A saturated softmax
/// hides nearly all changes.
fn logits(model: &Model<'_>) -> Option<(Vec<u16>, TensorRecord)> {
    let file = model.file();
    let output = file.output(0)?;
    let operations: Vec<_> = model.operations().map(|(operation, _)| operation).collect();
    let last = operations.iter().rev().find(|one| one.output(0).is_ok_and(|operand| operand.index == output))?;
    let read = last.input(0).ok().filter(|_| last.code().name().starts_with("softmax"))?;
    let root = |mut tensor: u16| {
        while let Some(record) = file.tensor(tensor).ok().filter(|record| record.view_of != NOT_A_VIEW) {
            tensor = record.view_of;
        }
        tensor
    };
    let count = model.header().tensor_count;
    let tensors = (0..count).filter(|&tensor| root(tensor) == root(read.index)).collect();
    let record = read.record().filter(|record| record.shape.elements() > 1)?;
    let alike = model.output(0).is_some_and(|output| output.shape.elements() == record.shape.elements());
    alike.then_some((tensors, record))
}

/// ln(p / (1 − p)) of each class under a softmax: its logit less the logarithm of the sum of the others' exponentials.
fn log_odds(logits: &[f64]) -> Vec<f64> {
    let odds = |class: usize| {
        let others = || logits.iter().enumerate().filter(|(other, _)| *other != class).map(|(_, logit)| *logit);
        let largest = others().fold(f64::NEG_INFINITY, f64::max);
        logits[class] - largest - others().map(|logit| (logit - largest).exp()).sum::<f64>().ln()
    };
    (0..logits.len()).map(odds).collect()
}

/// A tensor's bytes as real values; integers without scale as they are.
pub fn reals(record: &TensorRecord, bytes: &[u8]) -> Vec<f64> {
    let port = Port { record: *record, bytes };
    if record.scale > 0.0 || record.element_type == ElementType::F32 {
        return (0..record.shape.elements()).filter_map(|index| port.real(index)).map(f64::from).collect();
    }
    let side = crate::arrays::Array::from_bytes(record.element_type, Vec::new(), bytes);
    side.to_integers().into_iter().map(|value| value as f64).collect()
}

/// One element's bytes for a real value.
fn stored(record: &TensorRecord, real: f32) -> Vec<u8> {
    let (least, greatest) = match record.element_type {
        ElementType::F32 => return real.to_le_bytes().to_vec(),
        ElementType::I8 => (i8::MIN as i32, i8::MAX as i32),
        ElementType::U8 => (0, u8::MAX as i32),
        ElementType::I16 => (i16::MIN as i32, i16::MAX as i32),
        ElementType::Bool => (0, 1),
        ElementType::I32 | ElementType::I64 => (i32::MIN, i32::MAX),
    };
    let value = match record.scale > 0.0 {
        true => quantize(real, record.scale, record.zero_point, least, greatest),
        false => (real.round() as i32).clamp(least, greatest),
    };
    i64::from(value).to_le_bytes()[..record.element_type.bytes()].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_those_of_the_softmax_and_do_not_saturate() {
        let logits = [0.3, -1.2, 2.0];
        let sum: f64 = logits.iter().map(|logit: &f64| logit.exp()).sum();
        for (odds, logit) in log_odds(&logits).into_iter().zip(logits) {
            let p = logit.exp() / sum;
            assert!((odds - (p / (1.0 - p)).ln()).abs() < 1e-12);
        }
        assert!((log_odds(&[500.0, -500.0])[0] - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn the_map_is_the_mean_of_what_covers_a_cell() {
        let region = |row, change| Region { row, column: 0, height: 2, width: 1, change, output_change: change };
        let grid = Grid { rows: 4, columns: 1, channels: 1 };
        assert_eq!(map(grid, &[region(0, 1.0), region(1, -3.0)]), [1.0, -1.0, -3.0, 0.0]);
    }
}
