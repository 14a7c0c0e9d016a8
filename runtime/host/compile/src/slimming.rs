//! Slimming as the compiler uses it: the self-check runs on the compiler's own evaluator.

use crate::custom::{CustomOptions, HostOperators};
use crate::evaluate::Evaluator;
use crate::report::{RewriteLine, SlimSection};
use crate::slim::{SlimError, SlimOptions, SlimReport, Slimmed, slim};
use mote_engine::operators;
use mote_format::Numerics;
use mote_graph::Graph;

/// Slims `graph` for a rounding.
///
/// # Errors
/// A failed self-check; the graph is then to be compiled as it is.
pub fn slim_for(graph: &Graph, numerics: Numerics, custom: &CustomOptions) -> Result<Slimmed, SlimError> {
    let options = SlimOptions { numerics, ..SlimOptions::default() };
    let mut evaluate = |graph: &Graph, inputs: &[Vec<u8>]| {
        // Stand-ins for custom operators may run here: what is compared is what they are given and what follows them.
        let operators = HostOperators::for_graph(graph, operators::generic(), &custom.code);
        let evaluator = Evaluator::with_stand_ins(graph, numerics, operators);
        evaluator.and_then(|mut evaluator| evaluator.run(inputs)).map_err(|error| error.to_string())
    };
    slim(graph, &options, &mut evaluate)
}

/// What slimming did, for the report.
pub fn section(result: Result<&SlimReport, &SlimError>) -> SlimSection {
    match result {
        Err(error) => SlimSection { refused: Some(error.to_string()), ..SlimSection::default() },
        Ok(report) => SlimSection {
            refused: None,
            checked_inputs: report.checked_inputs,
            rewrites: report
                .rewrites
                .iter()
                .map(|rewrite| RewriteLine {
                    kind: rewrite.kind.to_string(),
                    origin: rewrite.origin.clone(),
                    what: rewrite.what.clone(),
                    macs_saved: rewrite.macs_saved,
                    weight_bytes_saved: rewrite.weight_bytes_saved,
                })
                .collect(),
        },
    }
}
