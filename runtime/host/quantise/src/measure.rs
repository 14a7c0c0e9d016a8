//! How far the int8 graph is from the float one, tensor by tensor.

use crate::Sample;
use crate::decisive::{Decisive, View};
use crate::error::QuantizeError;
use crate::parameters::{floats, reals_of, stored};
use mote_compile::Evaluator;
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::{ElementType, Graph, TensorId};

/// Sums over all samples of one tensor's elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Energy {
    /// Of squares of the float values.
    pub signal: f64,
    /// Of squares of the differences.
    pub noise: f64,
    /// Elements at either end of int8.
    pub at_ends: u64,
    /// Elements.
    pub all: u64,
}

impl Energy {
    /// Adds another's sums.
    pub fn add(&mut self, other: &Self) {
        self.signal += other.signal;
        self.noise += other.noise;
        self.at_ends += other.at_ends;
        self.all += other.all;
    }

    /// Signal to quantisation noise in decibels: 10·log10(Σ x² / Σ (x − x̂)²); at most 200.
    pub fn sqnr_db(&self) -> f64 {
        if self.signal == 0.0 && self.noise == 0.0 {
            return 200.0;
        }
        (10.0 * (self.signal.max(1e-300) / self.noise.max(1e-300)).log10()).clamp(-200.0, 200.0)
    }
}

/// Float values of the tensors that are compared, by sample.
pub struct FloatRuns {
    compared: Vec<Decisive>,
    values: Vec<Vec<Vec<f32>>>,
}

impl FloatRuns {
    /// Runs the float graph on `samples` and keeps what the compared tensors were.
    pub fn of(graph: &Graph, samples: &[Sample], compared: Vec<Decisive>) -> Result<Self, QuantizeError> {
        let mut evaluator = Evaluator::with_operators(graph, Numerics::Tflm, operators::native())?;
        let mut values = Vec::new();
        for sample in samples {
            evaluator.run(sample)?;
            let one = |seen: &Decisive| seen.view.of(evaluator.tensor(seen.tensor).map(floats).unwrap_or_default());
            values.push(compared.iter().map(one).collect());
        }
        Ok(Self { compared, values })
    }

    /// As [`FloatRuns::of`], tensors as they are.
    pub fn plain(graph: &Graph, samples: &[Sample], tensors: Vec<TensorId>) -> Result<Self, QuantizeError> {
        let compared = tensors.into_iter().map(|tensor| Decisive { tensor, view: View::Plain }).collect();
        Self::of(graph, samples, compared)
    }

    /// Runs `quantized` on the same samples and sums up each kept tensor's error, in the order of the kept tensors.
    pub fn compare(
        &self,
        float: &Graph,
        quantized: &Graph,
        samples: &[Sample],
        numerics: Numerics,
    ) -> Result<Vec<Energy>, QuantizeError> {
        let mut evaluator = Evaluator::with_operators(quantized, numerics, operators::native())?;
        let mut energies = vec![Energy::default(); self.compared.len()];
        for (sample, expected) in samples.iter().zip(&self.values) {
            evaluator.run(&inputs(float, quantized, sample))?;
            for ((seen, expected), energy) in self.compared.iter().zip(expected).zip(&mut energies) {
                let Some(bytes) = evaluator.tensor(seen.tensor) else { continue };
                let tensor = &quantized.tensors[seen.tensor];
                energy.at_ends += at_ends(bytes, tensor.element_type);
                energy.all += (bytes.len() / tensor.element_type.bytes()) as u64;
                for (&expected, found) in expected.iter().zip(seen.view.of(reals_of(bytes, tensor))) {
                    energy.signal += f64::from(expected).powi(2);
                    energy.noise += f64::from(expected - found).powi(2);
                }
            }
        }
        Ok(energies)
    }
}

/// Stored values at either end of their type.
fn at_ends(bytes: &[u8], element_type: ElementType) -> u64 {
    let count = match element_type {
        ElementType::I8 => bytes.iter().filter(|&&byte| matches!(byte as i8, i8::MIN | i8::MAX)).count(),
        ElementType::I16 => {
            let ends = |&&chunk: &&[u8; 2]| matches!(i16::from_le_bytes(chunk), i16::MIN | i16::MAX);
            bytes.as_chunks::<2>().0.iter().filter(ends).count()
        }
        _ => 0,
    };
    count as u64
}

/// The inputs of one inference as the quantised graph takes them.
pub fn inputs(float: &Graph, quantized: &Graph, sample: &Sample) -> Sample {
    let one = |(index, bytes): (usize, &Vec<u8>)| {
        let (from, to) = (&float.tensors[float.inputs[index]], &quantized.tensors[quantized.inputs[index]]);
        match (from.element_type, to.element_type) {
            (ElementType::F32, ElementType::I8 | ElementType::I16) => stored(&floats(bytes), to),
            _ => bytes.clone(),
        }
    };
    sample.iter().enumerate().map(one).collect()
}
