//! Broken plans and records, one at a time, and bytes at random.

mod support;

use mote_engine::{Model, ModelError, Reason, Refusal, Session, operators};
use mote_format::write::{ModelToWrite, write_model};
use mote_format::{FormatError, Location};
use support::{chain, stateful, tensor};

fn refusal(model: &ModelToWrite) -> ModelError {
    Model::parse(&write_model(model), operators::generic()).map(drop).expect_err("must be refused")
}

/// The chain with a change.
fn changed(change: impl FnOnce(&mut ModelToWrite)) -> ModelError {
    let mut model = chain();
    change(&mut model);
    refusal(&model)
}

#[test]
fn the_examples_are_valid() {
    for model in [chain(), stateful()] {
        Model::parse(&write_model(&model), operators::generic()).expect("valid");
    }
}

#[test]
fn tensors_outside_their_region_are_refused() {
    assert_eq!(changed(|m| m.tensors[2].offset = 33).reason, Reason::TensorBounds);
    assert_eq!(changed(|m| m.tensors[2].offset = u32::MAX - 3).reason, Reason::TensorBounds);
    assert_eq!(changed(|m| m.tensors[1].bytes = 15).reason, Reason::TensorBounds);
    assert_eq!(changed(|m| m.tensors[1].location = Location::State).tensor, Some(1));
    assert_eq!(changed(|m| m.header.scratch_bytes = 1).reason, Reason::TensorBounds);
}

#[test]
fn lifetimes_that_disagree_are_refused() {
    assert_eq!(changed(|m| m.tensors[1].last_step = 1).reason, Reason::Lifetime);
    assert_eq!(changed(|m| m.tensors[1].first_step = 2).reason, Reason::Lifetime);
    assert_eq!(changed(|m| m.tensors[2].last_step = 9).reason, Reason::Lifetime);
    assert_eq!(changed(|m| m.tensors[2].last_step = 2).reason, Reason::Port);
    assert_eq!(changed(|m| m.operators[1].inputs[0] = 2).reason, Reason::Lifetime);
    let unwritten = changed(|m| {
        m.tensors.insert(2, tensor(Location::Arena, 0, 2, 2));
        m.operators[1].outputs[0] = 3;
        m.outputs[0] = 3;
    });
    assert!(matches!(unwritten.reason, Reason::Header), "{unwritten}");
}

#[test]
fn overlapping_tensors_are_refused_unless_in_place() {
    assert_eq!(changed(|m| m.tensors[1].offset = 8).reason, Reason::Overlap);
    assert_eq!(changed(|m| m.tensors[2].offset = 17).reason, Reason::Overlap);
    let mut in_place = chain();
    in_place.tensors[1].offset = 0;
    Model::parse(&write_model(&in_place), operators::generic()).expect("a lookup may stand on its input");
    // The input must end there: one that is read later may not be written over.
    in_place.tensors[0].last_step = 2;
    assert_eq!(refusal(&in_place).reason, Reason::Overlap);
}

/// The order of records is for speed only: the plan is verified as exactly in any other.
#[test]
fn tensors_may_stand_in_any_order() {
    let reversed = |change: fn(&mut ModelToWrite)| {
        let mut model = chain();
        change(&mut model);
        model.tensors.reverse();
        let other = |id: &mut u16| *id = 2 - *id;
        model.operators.iter_mut().flat_map(|o| o.inputs.iter_mut().chain(&mut o.outputs)).for_each(other);
        model.inputs.iter_mut().chain(&mut model.outputs).for_each(other);
        Model::parse(&write_model(&model), operators::generic()).map(drop).map_err(|error| error.reason)
    };
    assert_eq!(reversed(|_| ()), Ok(()));
    assert_eq!(reversed(|m| m.tensors[1].offset = 8), Err(Reason::Overlap));
    assert_eq!(reversed(|m| m.tensors[2].offset = 17), Err(Reason::Overlap));
    assert_eq!(reversed(|m| m.tensors[1].last_step = 1), Err(Reason::Lifetime));
    // The input lives on while its place is given away.
    assert_eq!(reversed(|m| (m.tensors[0].last_step, m.tensors[2].offset) = (2, 0)), Err(Reason::Overlap));
    assert_eq!(reversed(|m| m.tensors[2].offset = 0), Ok(()));
}

#[test]
fn views_must_show_their_base() {
    let with_view = |change: fn(&mut ModelToWrite)| {
        let mut model = chain();
        let mut view = tensor(Location::Arena, 16, 1, 2);
        view.view_of = 1;
        model.tensors.insert(2, view);
        model.operators[1].inputs[0] = 2;
        model.operators[1].outputs[0] = 3;
        model.outputs[0] = 3;
        change(&mut model);
        Model::parse(&write_model(&model), operators::generic()).map(drop).map_err(|error| error.reason)
    };
    assert_eq!(with_view(|_| ()), Ok(()));
    assert_eq!(with_view(|m| m.tensors[2].offset = 0), Err(Reason::Overlap));
    assert_eq!(with_view(|m| m.tensors[2].view_of = 2), Err(Reason::Overlap));
    assert_eq!(with_view(|m| m.tensors[2].view_of = 77), Err(Reason::Format(FormatError::Tensor(77))));
    assert_eq!(with_view(|m| m.tensors[1].last_step = 1), Err(Reason::Overlap));
}

#[test]
fn operators_that_do_not_fit_are_refused() {
    let refused = |change: fn(&mut ModelToWrite)| changed(change).reason;
    assert_eq!(refused(|m| m.operators[0].parameters.clear()), Reason::Refused(Refusal::Parameter));
    assert_eq!(refused(|m| m.operators[0].parameters.push(0)), Reason::Refused(Refusal::Parameter));
    assert_eq!(refused(|m| m.operators[0].outputs.clear()), Reason::Refused(Refusal::OperandCount));
    assert_eq!(refused(|m| m.constants.truncate(255)), Reason::Refused(Refusal::Constant));
    assert_eq!(refused(|m| m.operators[0].inputs[0] = 99), Reason::Refused(Refusal::OperandCount));
    assert!(matches!(refused(|m| m.operators[1].code.0 = 999), Reason::MissingOperator(_)));
    assert_eq!(refused(|m| m.tensors[1].scale = f32::NAN), Reason::Quantization);
    assert_eq!(refused(|m| m.tensors[1].zero_point = 128), Reason::Quantization);
}

#[test]
fn state_that_does_not_fill_is_refused() {
    let mut model = stateful();
    model.state[0].0 = 15;
    assert_eq!(refusal(&model).reason, Reason::State);
    model.state.clear();
    assert_eq!(refusal(&model).reason, Reason::State);
}

#[test]
fn truncations_and_random_bytes_never_panic() {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let rounds = if cfg!(miri) { 150 } else { 100_000 };
    for file in [write_model(&chain()), write_model(&stateful())] {
        for length in 0..file.len() {
            assert!(Model::parse(&file[..length], operators::generic()).is_err(), "{length} bytes");
        }
        for _ in 0..rounds {
            let mut bytes = file.clone();
            for _ in 0..1 + random() % 3 {
                let at = random() % bytes.len().min(400);
                bytes[at] = random() as u8;
            }
            let Ok(model) = Model::parse(&bytes, operators::generic()) else { continue };
            let header = model.header();
            if header.arena_bytes > 1 << 16 || header.state_bytes > 1 << 16 {
                continue;
            }
            let mut arena = vec![0; header.arena_bytes as usize];
            let mut memory = vec![0; header.state_bytes as usize];
            let mut session = Session::new(&model, &mut arena, &mut memory).expect("as much as the header says");
            let _ = session.run();
        }
    }
}
