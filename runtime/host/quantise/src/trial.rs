//! A float graph with all that settings are compared by: over all samples, and, where weights are fitted and might fit
//! their own samples only, over each half with what the other half gave.

use crate::Sample;
use crate::calibrate::{Observations, calibrate};
use crate::decisive::decisive;
use crate::equalize::equalize;
use crate::error::QuantizeError;
use crate::fit::fit;
use crate::measure::{Energy, FloatRuns};
use crate::rewrite::{Settings, rewrite};
use mote_format::Numerics;
use mote_graph::Graph;

/// Below this many samples each half is all of them.
const LEAST_SPLIT: usize = 4;

/// A float graph ready to be rewritten, with what its tensors did.
pub struct Variant {
    /// Float graph.
    pub graph: Graph,
    /// On all samples.
    pub observations: Observations,
    /// Pairs of layers whose channels were equalised.
    pub pairs: usize,
    runs: FloatRuns,
}

impl Variant {
    /// `graph` as it is.
    ///
    /// # Errors
    /// As of [`crate::quantize`].
    pub fn new(graph: Graph, samples: &[Sample]) -> Result<Self, QuantizeError> {
        let observations = calibrate(&graph, samples)?;
        let runs = FloatRuns::of(&graph, samples, decisive(&graph))?;
        Ok(Self { graph, observations, pairs: 0, runs })
    }

    /// The same with channels of each tensor brought to one range, where two layers allow it.
    ///
    /// # Errors
    /// As of [`crate::quantize`].
    pub fn equalized(&self, samples: &[Sample]) -> Result<Self, QuantizeError> {
        let mut graph = self.graph.clone();
        let pairs = equalize(&mut graph, &self.observations);
        Ok(Self { pairs, ..Self::new(graph, samples)? })
    }

    /// Signal-to-noise ratio of the worst decisive output of `quantized` over `samples`, those this was made from.
    ///
    /// # Errors
    /// A graph that does not compile or run.
    pub fn score(&self, quantized: &Graph, samples: &[Sample], numerics: Numerics) -> Result<f64, QuantizeError> {
        Ok(worst(&self.runs.compare(&self.graph, quantized, samples, numerics)?))
    }

    /// Signal-to-noise ratio of the worst decisive output over samples that ranges and weights have not seen.
    ///
    /// # Errors
    /// A graph that does not compile or run.
    pub fn unseen(
        &self,
        settings: Settings,
        fitted: bool,
        samples: &[Sample],
        numerics: Numerics,
    ) -> Result<f64, QuantizeError> {
        let whole = samples.len() < LEAST_SPLIT;
        let half = |parity: usize| -> Vec<Sample> {
            samples.iter().enumerate().filter(|(at, _)| whole || at % 2 == parity).map(|(_, one)| one.clone()).collect()
        };
        let mut sums: Vec<Energy> = Vec::new();
        for parity in 0..2 {
            let (seen, unseen) = (half(parity), half(1 - parity));
            let mut result = rewrite(&self.graph, &calibrate(&self.graph, &seen)?, settings);
            if fitted {
                fit(&self.graph, &mut result, &seen, numerics)?;
            }
            let runs = FloatRuns::of(&self.graph, &unseen, decisive(&self.graph))?;
            let energies = runs.compare(&self.graph, &result, &unseen, numerics)?;
            sums.resize(energies.len(), Energy::default());
            sums.iter_mut().zip(&energies).for_each(|(sum, energy)| sum.add(energy));
        }
        Ok(worst(&sums))
    }

    /// The int8 graph under `settings`, from all samples.
    ///
    /// # Errors
    /// A graph that does not compile or run.
    pub fn quantized(
        &self,
        settings: Settings,
        fitted: bool,
        samples: &[Sample],
        numerics: Numerics,
    ) -> Result<Graph, QuantizeError> {
        let mut result = rewrite(&self.graph, &self.observations, settings);
        if fitted {
            fit(&self.graph, &mut result, samples, numerics)?;
        }
        Ok(result)
    }
}

fn worst(energies: &[Energy]) -> f64 {
    energies.iter().map(Energy::sqnr_db).fold(f64::INFINITY, f64::min)
}
