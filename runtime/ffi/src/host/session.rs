//! A session that owns its memory.

use super::model::{Aligned, aligned_bytes, bytes_mut};
use super::{HostError, HostModel};
use crate::status;
use mote_engine::{Observer, OpCode, OperatorEvent, RunError, Session};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use std::vec::Vec;

/// Work between two looks at the cancellation flag, in multiply-accumulates: some microseconds on a phone.
const SLICE: u32 = 25_000;

/// A model with an arena and state of its own. One run at a time: a second thread is refused, not kept waiting.
pub struct HostSession {
    running: Mutex<Memory>,
    cancelled: AtomicBool,
    model: Arc<HostModel>,
}

struct Memory {
    // Borrows the two below and the model; declared first, so gone first.
    session: Session<'static>,
    _arena: Vec<Aligned>,
    _state: Vec<Aligned>,
}

/// What one operator took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerTime {
    /// The operator.
    pub code: OpCode,
    /// Time it ran, on this machine, in this run.
    pub time: Duration,
}

impl HostSession {
    /// A session of `model`, state at its initial value.
    ///
    /// # Errors
    /// Not enough memory.
    pub fn new(model: Arc<HostModel>) -> Result<Self, HostError> {
        let header = *model.model().header();
        let mut arena = aligned_bytes(header.arena_bytes as usize)?;
        let mut state = aligned_bytes(header.state_bytes as usize)?;
        let lasting: *const mote_engine::Model<'static> = model.lasting();
        let (arena_bytes, state_bytes) = (bytes_mut(&mut arena), bytes_mut(&mut state));
        // SAFETY: the model stands in the shared allocation that `self.model` keeps, and never changes.
        let lasting: &'static mote_engine::Model<'static> = unsafe { &*lasting };
        // SAFETY: the vectors are kept beside the session, neither touched nor resized, and go after it.
        let (arena_bytes, state_bytes) = unsafe {
            (
                core::slice::from_raw_parts_mut(arena_bytes.as_mut_ptr(), arena_bytes.len()),
                core::slice::from_raw_parts_mut(state_bytes.as_mut_ptr(), state_bytes.len()),
            )
        };
        let session = Session::new(lasting, arena_bytes, state_bytes).map_err(|error| refused(&error))?;
        let memory = Memory { session, _arena: arena, _state: state };
        Ok(Self { running: Mutex::new(memory), cancelled: AtomicBool::new(false), model })
    }

    /// The model.
    pub fn model(&self) -> &Arc<HostModel> {
        &self.model
    }

    /// Stops the run under way, soon; does nothing when there is none.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Sets state to its initial value.
    ///
    /// # Errors
    /// [`status::ERROR_RUNNING`].
    pub fn reset_state(&self) -> Result<(), HostError> {
        self.lock()?.session.reset_state();
        Ok(())
    }

    /// One inference: copies each input in, runs, copies each output out. All lengths are looked at before anything is
    /// written.
    ///
    /// # Errors
    /// Another number of buffers, or of bytes, than the model's; [`status::ERROR_RUNNING`];
    /// [`status::ERROR_RUN_CANCELLED`], after which outputs are as they were.
    pub fn run(&self, inputs: &[&[u8]], outputs: &mut [&mut [u8]]) -> Result<(), HostError> {
        let sources: Vec<Source> =
            inputs.iter().map(|bytes| Source { start: bytes.as_ptr(), bytes: bytes.len() }).collect();
        let targets: Vec<Target> =
            outputs.iter_mut().map(|bytes| Target { start: bytes.as_mut_ptr(), bytes: bytes.len() }).collect();
        // SAFETY: the slices are readable and writable for their lengths during the call.
        unsafe { self.run_foreign(&sources, &targets) }
    }

    /// As [`HostSession::run`] on memory of another language, which may overlap.
    ///
    /// # Safety
    /// Sources are readable and targets writable for their bytes during the call.
    pub unsafe fn run_foreign(&self, inputs: &[Source], outputs: &[Target]) -> Result<(), HostError> {
        let mut memory = self.lock()?;
        // SAFETY: the caller's promise.
        unsafe { self.fill(&mut memory.session, inputs, outputs)? };
        while memory.session.poll(SLICE).map_err(|error| refused(&error))?.is_pending() {
            if self.cancelled.load(Ordering::Relaxed) {
                memory.session.reset();
                return Err(status::ERROR_RUN_CANCELLED.into());
            }
        }
        for (index, target) in outputs.iter().enumerate() {
            let port = memory.session.output(index).map_err(|error| refused(&error))?;
            // SAFETY: lengths are equal, as `fill` found; writable by the caller's promise; the arena is ours.
            unsafe { core::ptr::copy(port.bytes.as_ptr(), target.start, port.bytes.len()) };
        }
        Ok(())
    }

    /// As [`HostSession::run_foreign`] without outputs, and tells what each operator took. Cannot be cancelled.
    ///
    /// # Safety
    /// Sources are readable for their bytes during the call.
    pub unsafe fn profile_foreign(&self, inputs: &[Source]) -> Result<Vec<LayerTime>, HostError> {
        let mut memory = self.lock()?;
        // SAFETY: the caller's promise; there are no targets.
        unsafe { self.fill_inputs(&mut memory.session, inputs)? };
        let mut clock = Clock { since: Instant::now(), layers: Vec::new() };
        memory.session.run_observed(&mut clock).map_err(|error| refused(&error))?;
        Ok(clock.layers)
    }

    fn lock(&self) -> Result<MutexGuard<'_, Memory>, HostError> {
        let memory = match self.running.try_lock() {
            Ok(memory) => memory,
            // A panic in the middle of a run left an inference under way, no more.
            Err(TryLockError::Poisoned(poisoned)) => {
                let mut memory = PoisonError::into_inner(poisoned);
                memory.session.reset();
                self.running.clear_poison();
                memory
            }
            Err(TryLockError::WouldBlock) => return Err(status::ERROR_RUNNING.into()),
        };
        self.cancelled.store(false, Ordering::Relaxed);
        Ok(memory)
    }

    /// # Safety
    /// As [`HostSession::run_foreign`].
    unsafe fn fill(
        &self,
        session: &mut Session<'static>,
        inputs: &[Source],
        outputs: &[Target],
    ) -> Result<(), HostError> {
        counted("output", outputs.len(), self.model.model().output_count())?;
        for (index, target) in outputs.iter().enumerate() {
            let needed = self.model.model().output(index).map_or(0, |record| record.bytes as usize);
            sized("output", index, target.bytes, needed)?;
        }
        // SAFETY: the caller's promise.
        unsafe { self.fill_inputs(session, inputs) }
    }

    /// # Safety
    /// Sources are readable for their bytes.
    unsafe fn fill_inputs(&self, session: &mut Session<'static>, inputs: &[Source]) -> Result<(), HostError> {
        counted("input", inputs.len(), self.model.model().input_count())?;
        for (index, source) in inputs.iter().enumerate() {
            let needed = self.model.model().input(index).map_or(0, |record| record.bytes as usize);
            sized("input", index, source.bytes, needed)?;
        }
        for (index, source) in inputs.iter().enumerate() {
            let port = session.input(index).map_err(|error| refused(&error))?;
            // SAFETY: lengths are equal as just found; readable by the caller's promise; the arena is ours.
            unsafe { core::ptr::copy(source.start, port.bytes.as_mut_ptr(), port.bytes.len()) };
        }
        Ok(())
    }
}

/// Memory to read an input from.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// First byte.
    pub start: *const u8,
    /// Length.
    pub bytes: usize,
}

/// Memory to write an output to.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// First byte.
    pub start: *mut u8,
    /// Length.
    pub bytes: usize,
}

struct Clock {
    since: Instant,
    layers: Vec<LayerTime>,
}

impl Observer for Clock {
    fn started(&mut self, _: u16, _: OpCode) {
        self.since = Instant::now();
    }

    fn finished(&mut self, event: &OperatorEvent<'_>) {
        self.layers.push(LayerTime { code: event.code, time: self.since.elapsed() });
    }
}

fn counted(kind: &str, given: usize, needed: usize) -> Result<(), HostError> {
    if given == needed {
        return Ok(());
    }
    let words = std::format!("{given} {kind} buffers given: the model has {needed} {kind}s");
    Err(HostError::new(status::ERROR_NO_SUCH_PORT, words))
}

fn sized(kind: &str, index: usize, given: usize, needed: usize) -> Result<(), HostError> {
    if given == needed {
        return Ok(());
    }
    let words = std::format!("{kind} {index}: {given} bytes given, the tensor has {needed}");
    Err(HostError::new(status::ERROR_LENGTH, words))
}

fn refused(error: &RunError) -> HostError {
    HostError::new(status::of_run(error), std::format!("{error}"))
}
