//! A firmware image that checks and runs whatever model lies in a memory range the compiler
//! knows nothing about, with every operator linked. It is linked to be examined: nothing in
//! it may be able to panic, format or allocate.
#![no_std]
#![no_main]

mod start;

use mote_engine::{Arena, Model, Session, operators};

/// Memory of the model; the least of the figures, as the operators' code is the point.
const ARENA_BYTES: usize = 64 * 1024;

/// What the image has done, read by whoever watches the memory.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Verdict {
    /// The model ran and its first output has a largest value.
    Ran = 1,
    /// The bytes are no runnable model.
    Refused = 2,
    /// A run ended in an error.
    Stopped = 3,
}

/// Everything an application does with the engine.
fn application(model_bytes: &[u8], input: &[u8], arena: &mut [u8], state: &mut [u8]) -> Verdict {
    let Ok(model) = Model::parse(model_bytes, operators::generic()) else {
        return Verdict::Refused;
    };
    let Ok(mut session) = Session::new(&model, arena, state) else {
        return Verdict::Refused;
    };
    match run(&mut session, input) {
        Some(_) => Verdict::Ran,
        None => Verdict::Stopped,
    }
}

/// One whole run, and one in slices.
fn run(session: &mut Session<'_>, input: &[u8]) -> Option<usize> {
    session.input(0).ok()?.copy_from(input).ok()?;
    session.run().ok()?;
    session.reset_state();
    session.input(0).ok()?.quantise_from(&[0.5]).ok()?;
    while session.poll(1).ok()?.is_pending() {}
    let output = session.output(0).ok()?;
    output.real(0)?;
    output.arg_max()
}

/// Called by the start code with memory set up.
fn image_main() -> ! {
    static mut ARENA: Arena<ARENA_BYTES> = Arena::new();
    static mut STATE: Arena<4096> = Arena::new();
    // SAFETY: this function runs once, alone, so these are the only references.
    let (arena, state) = unsafe { (&mut *&raw mut ARENA, &mut *&raw mut STATE) };
    let verdict = application(start::opaque_range(0), start::opaque_range(1), &mut arena.0, &mut state.0);
    #[cfg(feature = "deliberate-panic")]
    deliberate::index(start::opaque_range(1));
    #[cfg(feature = "deliberate-formatting")]
    deliberate::format(start::opaque_range(1));
    start::finish(verdict as u32)
}

/// Faults that the checker has to find.
#[cfg(any(feature = "deliberate-panic", feature = "deliberate-formatting"))]
mod deliberate {
    /// An index that the compiler cannot prove.
    #[cfg(feature = "deliberate-panic")]
    #[inline(never)]
    pub fn index(bytes: &[u8]) {
        let place = bytes.len() / 3;
        crate::start::publish(u32::from(bytes[place + 1]));
    }

    /// Text made from a number, without any panic of its own.
    #[cfg(feature = "deliberate-formatting")]
    #[inline(never)]
    pub fn format(bytes: &[u8]) {
        use core::fmt::Write;
        let _ = write!(Sink, "{}", bytes.len());
    }

    #[cfg(feature = "deliberate-formatting")]
    struct Sink;

    #[cfg(feature = "deliberate-formatting")]
    impl core::fmt::Write for Sink {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            text.bytes().for_each(|byte| crate::start::publish(u32::from(byte)));
            Ok(())
        }
    }
}
