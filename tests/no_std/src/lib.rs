//! Uses the engine as firmware does, so that a build for bare metal compiles the whole
//! path, generic code included, and fails if any crate on it needs an operating system,
//! an allocator or instructions that the target lacks.
#![no_std]
#![forbid(unsafe_code)]

use mote_engine::{Model, Session, operators};

/// Runs a model once and returns the index of its largest score; `None` for any fault.
pub fn classify(model_bytes: &[u8], arena: &mut [u8], state: &mut [u8], input: &[u8]) -> Option<usize> {
    let model = Model::parse(model_bytes, operators::generic()).ok()?;
    let mut session = Session::new(&model, arena, state).ok()?;
    session.input(0).ok()?.copy_from(input).ok()?;
    while session.poll(1).ok()?.is_pending() {}
    session.output(0).ok()?.arg_max()
}
