//! A session with memory of its own, for commands that run models.

use crate::arrays::Array;
use crate::inputs::{Feed, Stacking};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use mote_engine::{ElementType, Model, Observer, Session, Unobserved};
use mote_format::TensorRecord;

/// Memory for one session.
pub struct SessionMemory {
    arena: Vec<u8>,
    state: Vec<u8>,
}

impl SessionMemory {
    /// As much as `model` needs.
    pub fn for_model(model: &Model<'_>) -> Self {
        let header = model.header();
        Self { arena: vec![0; header.arena_bytes as usize], state: vec![0; header.state_bytes as usize] }
    }

    /// A session in this memory.
    pub fn session<'s>(&'s mut self, model: &'s Model<'s>) -> Result<Session<'s>> {
        Ok(Session::new(model, &mut self.arena, &mut self.state)?)
    }
}

/// Runs one inference: sets all inputs, runs, and returns the bytes of all outputs.
pub fn infer(session: &mut Session<'_>, inputs: &[Vec<u8>], observer: &mut impl Observer) -> Result<Vec<Vec<u8>>> {
    for (index, bytes) in inputs.iter().enumerate() {
        session.input(index)?.copy_from(bytes)?;
    }
    session.run_observed(observer)?;
    let outputs = 0..session.model().output_count();
    outputs.map(|index| Ok(session.output(index)?.bytes.to_vec())).collect()
}

/// Runs every inference of `feed` in order on one session, state carrying over; `outputs[k]` are the bytes of output k
/// of all inferences, one after the other.
pub fn infer_all(model: &Model<'_>, feed: &Feed, progress: &ProgressBar) -> Result<Vec<Vec<u8>>> {
    let mut memory = SessionMemory::for_model(model);
    let mut session = memory.session(model)?;
    let mut outputs = vec![Vec::new(); model.output_count()];
    for inputs in progress.wrap_iter(feed.inferences.iter()) {
        for (all, one) in outputs.iter_mut().zip(infer(&mut session, inputs, &mut Unobserved)?) {
            all.extend(one);
        }
    }
    progress.finish_and_clear();
    Ok(outputs)
}

/// An output of `inferences` inferences as an array stacked as the inputs were.
pub fn output_array(record: &TensorRecord, bytes: &[u8], inferences: usize, stacking: Stacking) -> Array {
    let mut shape: Vec<usize> = record.shape.extents().iter().map(|&extent| extent as usize).collect();
    match stacking {
        Stacking::Single => {}
        Stacking::BatchAxis if shape.first() == Some(&1) => shape[0] = inferences,
        Stacking::BatchAxis | Stacking::ExtraAxis => shape.insert(0, inferences),
    }
    Array::from_bytes(record.element_type, shape, bytes)
}

/// A progress bar on standard error, shown on terminals only and when there is much to do.
pub fn progress(what: &str, steps: usize) -> ProgressBar {
    if steps < 32 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {msg:<12} {bar:40} {pos}/{len} {eta}").expect("the template is valid");
    ProgressBar::new(steps as u64).with_style(style).with_message(what.to_string())
}

/// Input `index` filled from seed 0, by the rule golden vectors use.
pub fn seeded_input(record: &TensorRecord, index: usize) -> Vec<u8> {
    mote_compile::seeded_input(graph_type(record.element_type), record.shape.elements(), index, 0)
}

fn graph_type(element_type: ElementType) -> mote_graph::ElementType {
    match element_type {
        ElementType::I8 => mote_graph::ElementType::I8,
        ElementType::U8 => mote_graph::ElementType::U8,
        ElementType::I16 => mote_graph::ElementType::I16,
        ElementType::I32 => mote_graph::ElementType::I32,
        ElementType::I64 => mote_graph::ElementType::I64,
        ElementType::F32 => mote_graph::ElementType::F32,
        ElementType::Bool => mote_graph::ElementType::Bool,
    }
}

/// Name of the kernels [`mote_engine::operators::native`] runs on this machine.
pub fn native_kernels() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        return "avx2";
    }
    "generic"
}
