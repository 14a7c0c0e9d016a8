//! What values each tensor takes over the samples.

use crate::Sample;
use crate::error::QuantizeError;
use crate::histogram::Histogram;
use crate::parameters::floats;
use mote_compile::Evaluator;
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::{ElementType, Graph};

/// What one float tensor did.
#[derive(Clone, Debug)]
pub struct Observed {
    /// All values.
    pub histogram: Histogram,
    /// Mean of each element over the samples.
    pub means: Vec<f64>,
    /// Largest magnitude of each channel (last axis).
    pub channel_maxima: Vec<f32>,
}

/// What every float tensor that is no constant did; by tensor index.
pub type Observations = Vec<Option<Observed>>;

/// Runs `graph` on every sample.
///
/// # Errors
/// No samples; a graph that does not compile; an input of the wrong length; values that are no numbers, by tensor.
pub fn calibrate(graph: &Graph, samples: &[Sample]) -> Result<Observations, QuantizeError> {
    if samples.is_empty() {
        return Err(QuantizeError::NoSamples);
    }
    let mut evaluator = Evaluator::with_operators(graph, Numerics::Tflm, operators::native())?;
    let mut observations: Observations = vec![None; graph.tensors.len()];
    for (index, sample) in samples.iter().enumerate() {
        evaluator.run(sample)?;
        for (id, tensor) in graph.tensors.iter().enumerate() {
            if tensor.element_type != ElementType::F32 || tensor.data.is_some() {
                continue;
            }
            let Some(bytes) = evaluator.tensor(id) else { continue };
            let values = floats(bytes);
            if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
                return Err(QuantizeError::NotFinite { tensor: tensor.name.clone(), value, sample: index });
            }
            let channels = tensor.shape.last().copied().unwrap_or(1).max(1);
            let observed = observations[id].get_or_insert_with(|| Observed {
                histogram: Histogram::default(),
                means: vec![0.0; values.len()],
                channel_maxima: vec![0.0; channels],
            });
            observed.histogram.add(&values);
            for (at, &value) in values.iter().enumerate() {
                observed.means[at] += f64::from(value) / samples.len() as f64;
                let largest = &mut observed.channel_maxima[at % channels];
                *largest = largest.max(value.abs());
            }
        }
    }
    Ok(observations)
}

impl Observed {
    /// Means by position along the last `inner` elements: channels of an image, or features of a flattened one.
    pub fn means_of(&self, inner: usize) -> Vec<f64> {
        let mut means = vec![0.0; inner];
        let rounds = (self.means.len() / inner.max(1)).max(1);
        for (at, mean) in self.means.iter().enumerate() {
            means[at % inner] += mean / rounds as f64;
        }
        means
    }
}
