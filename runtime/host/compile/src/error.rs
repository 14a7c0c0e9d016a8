//! Why a graph was not compiled.

use mote_graph::GraphError;
use serde::Serialize;
use thiserror::Error;

/// One operator that cannot be lowered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Operator, as the graph names its origin.
    pub operator: String,
    /// Tensor concerned; empty when it is none in particular.
    pub tensor: String,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
}

/// Why a graph was not compiled.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The graph breaks a promise of graphs.
    #[error("the graph is inconsistent: {0}")]
    Graph(#[from] GraphError),
    /// Operators that cannot be lowered, all of them.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// The model is beyond a limit of the file format.
    #[error("the model has {found} {what}; a model file holds at most {limit}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many a file can hold.
        limit: usize,
    },
    /// The engine refuses the file that was made: a fault of the compiler, or an operator missing from this build.
    #[error("{place}: the engine refuses the compiled model: {reason}")]
    Refused {
        /// Operator or tensor, by name.
        place: String,
        /// The engine's reason.
        reason: String,
    },
    /// Slimming failed its own check.
    #[error("slimming: {0}")]
    Slim(String),
    /// Inputs given to an evaluation do not fit the model, or the run stopped.
    #[error("running the model: {0}")]
    Run(String),
}

fn list(problems: &[Problem]) -> String {
    let mut text = format!("{} operator(s) cannot be compiled", problems.len());
    for Problem { operator, tensor, reason, fix } in problems {
        let tensor = if tensor.is_empty() { String::new() } else { format!(" (tensor '{tensor}')") };
        text.push_str(&format!("\n  {operator}{tensor}: {reason}\n      fix: {fix}"));
    }
    text
}
