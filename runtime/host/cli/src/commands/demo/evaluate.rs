//! The test set through the model.

use crate::arrays::{self, Elements};
use crate::inputs::from_arrays;
use crate::runner::{SessionMemory, infer, progress};
use anyhow::{Context, Result};
use mote_engine::{Model, Port, Unobserved};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::time::Instant;

/// What the test set showed.
pub struct Evaluation {
    /// Counts by true class, then answered class.
    pub confusion: Vec<Vec<u64>>,
    /// Samples that were answered wrongly: index, true class, answer.
    pub mistakes: Vec<(usize, usize, usize)>,
    /// Median time of one inference in microseconds.
    pub median_us: f64,
    /// Hash of all output bytes in order.
    pub output_sha256: String,
    /// The images, real values, one after the other.
    pub images: Vec<f32>,
    /// Side of a square image in pixels.
    pub side: usize,
}

impl Evaluation {
    /// Runs every sample of an archive with arrays `x` (images) and `y` (labels).
    pub fn run(model: &Model<'_>, archive: &[u8], classes: usize) -> Result<Self> {
        let arrays = arrays::read_npz(Cursor::new(archive))?;
        let find = |key: &str| arrays.iter().find(|(name, _)| name == key).map(|(_, a)| a).context("test set");
        let labels = find("y")?.to_integers();
        let images = match &find("x")?.elements {
            Elements::F32(values) => values.clone(),
            Elements::Integer(values, _) => values.iter().map(|&v| v as f32).collect(),
        };
        let record = model.input(0).context("the model has no input")?;
        let feed = from_arrays(&[record], &["x".into()], arrays)?;

        let mut memory = SessionMemory::for_model(model);
        let mut session = memory.session(model)?;
        let mut confusion = vec![vec![0; classes]; classes];
        let (mut mistakes, mut times, mut hash) = (Vec::new(), Vec::new(), Sha256::new());
        let bar = progress("test set", feed.inferences.len());
        for (index, inputs) in bar.wrap_iter(feed.inferences.iter().enumerate()) {
            let started = Instant::now();
            let outputs = infer(&mut session, inputs, &mut Unobserved)?;
            times.push(started.elapsed().as_secs_f64() * 1e6);
            hash.update(&outputs[0]);
            let port = Port { record: model.output(0).context("the model has no output")?, bytes: &outputs[0] };
            let answer = port.arg_max().context("the model answers nothing")?;
            let truth = labels[index] as usize;
            confusion[truth][answer] += 1;
            if truth != answer {
                mistakes.push((index, truth, answer));
            }
        }
        bar.finish_and_clear();
        times.sort_by(f64::total_cmp);
        let output_sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let side = record.shape.elements().isqrt();
        Ok(Self { confusion, mistakes, median_us: times[times.len() / 2], output_sha256, images, side })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.confusion.iter().flatten().sum::<u64>() as usize
    }

    /// Number of right answers.
    pub fn correct(&self) -> usize {
        self.samples() - self.mistakes.len()
    }

    /// Share of right answers.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.samples() as f64
    }
}
