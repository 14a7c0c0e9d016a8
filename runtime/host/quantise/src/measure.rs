//! How far the int8 graph is from the float one, tensor by tensor.

use crate::Sample;
use crate::error::QuantizeError;
use crate::parameters::{floats, to_i8, to_reals};
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
    tensors: Vec<TensorId>,
    values: Vec<Vec<Vec<f32>>>,
}

impl FloatRuns {
    /// Runs the float graph on `samples` and keeps what `tensors` were.
    pub fn of(graph: &Graph, samples: &[Sample], tensors: Vec<TensorId>) -> Result<Self, QuantizeError> {
        let mut evaluator = Evaluator::with_operators(graph, Numerics::Tflm, operators::native())?;
        let mut values = Vec::new();
        for sample in samples {
            evaluator.run(sample)?;
            values.push(tensors.iter().map(|&id| evaluator.tensor(id).map(floats).unwrap_or_default()).collect());
        }
        Ok(Self { tensors, values })
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
        let mut energies = vec![Energy::default(); self.tensors.len()];
        for (sample, expected) in samples.iter().zip(&self.values) {
            evaluator.run(&inputs(float, quantized, sample))?;
            for ((&id, expected), energy) in self.tensors.iter().zip(expected).zip(&mut energies) {
                let Some(bytes) = evaluator.tensor(id) else { continue };
                let tensor = &quantized.tensors[id];
                let found = match (&tensor.quantization, tensor.element_type) {
                    (Some(quantization), ElementType::I8) => {
                        energy.at_ends +=
                            bytes.iter().filter(|&&byte| matches!(byte as i8, i8::MIN | i8::MAX)).count() as u64;
                        to_reals(bytes, quantization)
                    }
                    (_, ElementType::F32) => floats(bytes),
                    _ => continue,
                };
                energy.all += bytes.len() as u64;
                for (&expected, found) in expected.iter().zip(found) {
                    energy.signal += f64::from(expected).powi(2);
                    energy.noise += f64::from(expected - found).powi(2);
                }
            }
        }
        Ok(energies)
    }
}

/// The inputs of one inference as the quantised graph takes them.
pub fn inputs(float: &Graph, quantized: &Graph, sample: &Sample) -> Sample {
    let one = |(index, bytes): (usize, &Vec<u8>)| {
        let (from, to) = (&float.tensors[float.inputs[index]], &quantized.tensors[quantized.inputs[index]]);
        match (&to.quantization, from.element_type, to.element_type) {
            (Some(quantization), ElementType::F32, ElementType::I8) => to_i8(&floats(bytes), quantization),
            _ => bytes.clone(),
        }
    };
    sample.iter().enumerate().map(one).collect()
}
