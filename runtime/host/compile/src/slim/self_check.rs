//! Source and slimmed graph side by side on many inputs.

use super::patterns::{Trial, trials};
use super::{Evaluate, Rewrite, SlimError, SlimOptions, Stage};
use mote_graph::Graph;

/// Compares all outputs byte for byte; the number of inputs compared.
///
/// # Errors
/// A graph that does not run, or the first difference, with the first kind of rewrite after which it shows.
pub(super) fn check(
    source: &Graph,
    stages: &[Stage],
    rewrites: &[Rewrite],
    slimmed: &Graph,
    options: &SlimOptions,
    evaluate: &mut Evaluate<'_>,
) -> Result<usize, SlimError> {
    let trials = trials(source, options);
    let run = |name: &str, graph: &Graph, trial: &Trial, evaluate: &mut Evaluate<'_>| {
        evaluate(graph, &trial.inputs).map_err(|reason| SlimError::Evaluation { graph: name.into(), reason })
    };
    for trial in &trials {
        let expected = run("source", source, trial, evaluate)?;
        let found = run("slimmed", slimmed, trial, evaluate)?;
        if expected == found {
            continue;
        }
        for (index, stage) in stages.iter().enumerate() {
            let found = run(&stage.kind.to_string(), &stage.graph, trial, evaluate)?;
            let last = index + 1 == stages.len();
            if expected != found || last {
                let (output, byte) = first_difference(&expected, &found);
                let list = rewrites[stage.rewrites.clone()].iter();
                let names: Vec<String> = list.map(|rewrite| format!("{}: {}", rewrite.origin, rewrite.what)).collect();
                let (input, rewrites) = (trial.name.clone(), names.join("; "));
                return Err(SlimError::Differs { stage: stage.kind, rewrites, input, output, byte });
            }
        }
    }
    Ok(trials.len())
}

/// Output and byte of the first difference.
fn first_difference(expected: &[Vec<u8>], found: &[Vec<u8>]) -> (usize, usize) {
    for (output, (expected, found)) in expected.iter().zip(found).enumerate() {
        if expected != found {
            let byte = expected.iter().zip(found).position(|(a, b)| a != b);
            return (output, byte.unwrap_or(expected.len().min(found.len())));
        }
    }
    (expected.len().min(found.len()), 0)
}
