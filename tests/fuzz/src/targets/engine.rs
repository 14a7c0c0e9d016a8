//! Valid-but-odd graphs: well-formed files whose records have been changed field by field.

use mote_format::write::write_model;

use crate::parts::{self, Parts};
use crate::random::Random;
use crate::targets::run_model::check_and_run;
use crate::{Target, Verdict, mutate, seeds};

/// Files are taken apart, one or a few fields changed, and put together again.
pub struct EngineTarget;

impl Target for EngineTarget {
    fn name(&self) -> &'static str {
        "engine"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::models()
    }

    fn run(&self, input: &[u8]) -> Verdict {
        check_and_run(input)
    }

    fn mutate(&self, input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
        let Some(mut model) = Parts::read(input) else {
            mutate::bytes(input, other, random);
            return;
        };
        loop {
            parts::change(&mut model, other, random);
            if random.one_in(2) {
                break;
            }
        }
        *input = write_model(&model);
    }
}
