//! Any bytes as a model file.

use crate::targets::run_model::check_and_run;
use crate::{Target, Verdict, corpus, seeds};

/// Bytes are changed with no regard to the format.
pub struct ModelFileTarget;

impl Target for ModelFileTarget {
    fn name(&self) -> &'static str {
        "model_file"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = seeds::models();
        seeds.extend(corpus::malformed::model_files());
        seeds
    }

    fn run(&self, input: &[u8]) -> Verdict {
        check_and_run(input)
    }
}
