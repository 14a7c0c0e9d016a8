//! How a check ends.

use std::fmt::Display;

/// Why a check did not pass.
#[derive(Debug)]
pub enum Problem {
    /// The check ran, or could not run though it must, and the answer is no.
    Failed(String),
    /// An optional tool is absent; the text says which.
    Skipped(String),
}

/// The result of one check.
pub type Outcome = Result<(), Problem>;

impl<E: Display> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Shorthand for a failed check.
pub fn failed<T>(message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::Failed(message.into()))
}
