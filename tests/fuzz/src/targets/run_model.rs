//! Runs a checked model within bounds, on two operator sets that must agree.

use mote_engine::{Model, OperatorSet, RunError, Session, operators};
use mote_format::{ElementType, OpCode};

use crate::Verdict;
use crate::random::Random;
use crate::targets::kind_of;

/// Models that ask for more memory than this are checked but not run.
const MAX_MEMORY_BYTES: u32 = 1 << 20;
/// Units of work per slice, and most slices.
const SLICE_UNITS: u32 = 1 << 12;
const MAX_SLICES: u32 = 64;

/// Checks `bytes` and runs them if they are a model: on the generic operators in slices and
/// on the reference operators in slices of another size. Both must end alike.
///
/// # Panics
/// When an integer model gives different bytes on the two sets: that is a finding.
pub fn check_and_run(bytes: &[u8]) -> Verdict {
    let model = match Model::parse(bytes, operators::generic()) {
        Ok(model) => model,
        Err(error) => return Verdict::refused(&kind_of(&error)),
    };
    let header = *model.header();
    if header.arena_bytes.max(header.state_bytes) > MAX_MEMORY_BYTES {
        return Verdict::accepted(&"too large to run");
    }
    let seed = bytes.iter().fold(1, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let generic = outcome(bytes, operators::generic(), seed, SLICE_UNITS);
    let reference = outcome(bytes, operators::reference(), seed, SLICE_UNITS / 8 + 1);
    if let (Some(generic), Some(reference)) = (&generic, &reference)
        && has_only_integers(&model)
    {
        assert!(generic == reference, "generic and reference operators differ");
    }
    let ending = generic.map(|outcome| outcome.map(|_| ()).map_err(|error| kind_of(&error)));
    Verdict::accepted(&(codes(&model), ending))
}

/// Output bytes and state of one run; `None` if it did not end within bounds.
type Outcome = Option<Result<(Vec<Vec<u8>>, Vec<u8>), RunError>>;

fn outcome(bytes: &[u8], set: OperatorSet<'static>, seed: u64, slice_units: u32) -> Outcome {
    let model = Model::parse(bytes, set).ok()?;
    let mut arena = vec![0xa5; model.header().arena_bytes as usize];
    let mut state = vec![0; model.header().state_bytes as usize];
    let mut session = Session::new(&model, &mut arena, &mut state).ok()?;
    let mut random = Random::new(seed);
    for index in 0..model.input_count() {
        let input = session.input(index).ok()?;
        let style = random.below(4);
        input.bytes.iter_mut().for_each(|byte| {
            *byte = match style {
                0 => 0x80,
                1 => 0x7f,
                _ => random.bits() as u8,
            }
        });
    }
    let slices = MAX_SLICES * SLICE_UNITS.div_ceil(slice_units);
    for _ in 0..slices {
        match session.poll(slice_units) {
            Ok(progress) if progress.is_pending() => {}
            Ok(_) => {
                let outputs: Option<Vec<_>> = (0..model.output_count())
                    .map(|index| session.output(index).ok().map(|output| output.bytes.to_vec()))
                    .collect();
                return Some(Ok((outputs?, session.state().to_vec())));
            }
            Err(error) => return Some(Err(error)),
        }
    }
    None
}

fn has_only_integers(model: &Model<'_>) -> bool {
    let tensors = 0..model.header().tensor_count;
    tensors.filter_map(|index| model.file().tensor(index).ok()).all(|tensor| tensor.element_type != ElementType::F32)
}

/// The operators of a model, each once.
fn codes(model: &Model<'_>) -> std::collections::BTreeSet<OpCode> {
    let mut records = model.file().operators();
    std::iter::from_fn(|| records.next_record()).filter_map(Result::ok).map(|record| OpCode(record.code)).collect()
}
