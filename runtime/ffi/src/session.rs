//! Sessions: a model with memory to run in.

use crate::log::{Log, Refused, Reporter, conclude};
use crate::pointers::{self, Extent, answer};
use crate::status::{self, Status};
use crate::storage::{ModelSlot, ModelStorage, Place, SessionSlot, SessionStorage};
use core::ffi::c_void;
use mote_engine::{RunError, Session};

/// Alignment an arena must have, in bytes.
pub const ARENA_ALIGNMENT: usize = 16;

/// Makes a session of `model`, in `arena` (aligned to `MOTE_ARENA_ALIGNMENT`) and `state` (null for models without,
/// else set to its initial value). Longer memory is fine.
///
/// # Safety
/// Storage and memory are the session's alone as long as it is used, and the model stays in its storage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_init(
    session: *mut SessionStorage,
    model: *const ModelStorage,
    arena: *mut c_void,
    arena_bytes: usize,
    state: *mut c_void,
    state_bytes: usize,
) -> Status {
    // SAFETY: zero or filled, by the caller's promise.
    let log = unsafe { ModelSlot::log(model) };
    // SAFETY: the caller's promises are those of `init`.
    conclude(unsafe { init(session, model, arena.cast(), arena_bytes, state.cast(), state_bytes) }, log)
}

/// Gives the session a log of its own, or none if it is null, in place of its model's. A log is told of every call of
/// the session that does not return `MOTE_OK`.
///
/// # Safety
/// `session` is zero or was filled; the log's function can be called with its pointer as long as the session is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_set_log(session: *mut SessionStorage, log: *const Log) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { SessionSlot::open(session) }.and_then(|(_, _, kept)| {
        // SAFETY: as above.
        *kept = unsafe { Reporter::of(log)? };
        Ok(())
    }))
}

/// # Safety
/// As [`mote_session_init`].
unsafe fn init(
    storage: *mut SessionStorage,
    model_storage: *const ModelStorage,
    arena: *mut u8,
    arena_bytes: usize,
    state: *mut u8,
    state_bytes: usize,
) -> Result<(), Refused> {
    pointers::check(storage, 1)?;
    // SAFETY: zero or filled, and unchanged from now on, by the caller's promise.
    let model = unsafe { ModelSlot::model(model_storage)? };
    if arena.addr() & (ARENA_ALIGNMENT - 1) != 0 {
        return Err(status::ERROR_ALIGNMENT.into());
    }
    for (pointer, bytes) in [(arena, arena_bytes), (state, state_bytes)] {
        if bytes > 0 {
            pointers::check(pointer, bytes)?;
        }
    }
    let constants = model.file().constants();
    let extents = [
        Extent::new(storage, size_of::<SessionStorage>()),
        Extent::new(model_storage, size_of::<ModelStorage>()),
        Extent::new(arena, arena_bytes),
        Extent::new(state, state_bytes),
        Extent::new(constants.as_ptr(), constants.len()),
    ];
    let mut rest = extents.iter();
    while let Some(&one) = rest.next() {
        if rest.clone().any(|&other| one.meets(other)) {
            return Err(status::ERROR_SHARED_MEMORY.into());
        }
    }
    // SAFETY: shared with nothing else here, as just checked, nor elsewhere, by the caller's promise.
    let (arena, state) =
        unsafe { (pointers::slice_mut(arena, arena_bytes)?, pointers::slice_mut(state, state_bytes)?) };
    let session = Session::new(model, arena, state).map_err(|error| located(&error));
    // SAFETY: writable by the caller's promise.
    unsafe { SessionSlot::fill(storage, ModelSlot::log(model_storage), session) }
}

/// Status and place of a run's error.
fn located(error: &RunError) -> Refused {
    let mut place = Place::NONE;
    match *error {
        RunError::ArenaTooSmall { needed_bytes } | RunError::StateTooSmall { needed_bytes } => {
            place.detail = needed_bytes;
        }
        RunError::Length { needed_elements } => place.detail = needed_elements,
        RunError::Fault { operator } => place.operator_index = i32::from(operator),
        _ => {}
    }
    Refused { status: status::of_run(error), place }
}

/// Does `work` with the session in `storage` and keeps the place of its error.
///
/// # Safety
/// Storage is zero or was filled; nobody else uses the session meanwhile.
pub(crate) unsafe fn with(
    storage: *mut SessionStorage,
    work: impl FnOnce(&mut Session<'static>) -> Result<Result<(), RunError>, i32>,
) -> i32 {
    // SAFETY: the caller's promise.
    let (session, place, &mut log) = match unsafe { SessionSlot::open(storage) } {
        Ok(opened) => opened,
        Err(status) => return status,
    };
    let result = work(session).map_err(Refused::from).and_then(|done| done.map_err(|error| located(&error)));
    if let Err(refused) = result {
        *place = refused.place;
    }
    conclude(result, log)
}

/// Where the session's last error was met.
///
/// # Safety
/// `session` was given to `mote_session_init`; `place` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_error_place(session: *const SessionStorage, place: *mut Place) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { SessionSlot::place(session) }.and_then(|found| unsafe {
        // SAFETY: writable by the caller's promise.
        pointers::write(place, found)
    }))
}

/// Address and length of input `index`, to fill before each run: a run consumes its inputs. Both stay the same for the
/// session's life.
///
/// # Safety
/// `session` is zero or was filled; the other pointers are writable; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_input(
    session: *mut SessionStorage,
    index: u32,
    data: *mut *mut c_void,
    bytes: *mut usize,
) -> Status {
    let port = |opened: &mut Session<'static>| match opened.input(index as usize) {
        Ok(port) => {
            // SAFETY: writable by the caller's promise.
            unsafe { pointers::write(bytes, port.bytes.len())? };
            // SAFETY: as above.
            unsafe { pointers::write(data, port.bytes.as_mut_ptr().cast())? };
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    };
    // SAFETY: the caller's promise.
    unsafe { with(session, port) }
}

/// Address and length of output `index`, to read after a run and before inputs are filled again.
///
/// # Safety
/// `session` is zero or was filled; the other pointers are writable; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_output(
    session: *mut SessionStorage,
    index: u32,
    data: *mut *const c_void,
    bytes: *mut usize,
) -> Status {
    let port = |opened: &mut Session<'static>| match opened.output(index as usize) {
        Ok(port) => {
            // SAFETY: writable by the caller's promise.
            unsafe { pointers::write(bytes, port.bytes.len())? };
            // SAFETY: as above.
            unsafe { pointers::write(data, port.bytes.as_ptr().cast())? };
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    };
    // SAFETY: the caller's promise.
    unsafe { with(session, port) }
}

/// Runs the inference to its end, from where it stands if polled before.
///
/// # Safety
/// `session` is zero or was filled; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_run(session: *mut SessionStorage) -> Status {
    // SAFETY: the caller's promise.
    unsafe { with(session, |opened| Ok(opened.run())) }
}

/// Runs about `budget` units of work (multiply-accumulates or elements moved), at least one slice of an operator, and
/// sets `pending` to 1 when more is left, else to 0.
///
/// # Safety
/// `session` is zero or was filled; `pending` is writable; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_poll(session: *mut SessionStorage, budget: u32, pending: *mut i32) -> Status {
    if let Err(status) = pointers::check(pending, 1) {
        return status;
    }
    let slice = |opened: &mut Session<'static>| match opened.poll(budget) {
        Ok(progress) => {
            // SAFETY: writable by the caller's promise.
            unsafe { pointers::write(pending, i32::from(progress.is_pending()))? };
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    };
    // SAFETY: the caller's promise.
    unsafe { with(session, slice) }
}

/// Drops an inference under way; state keeps what it holds.
///
/// # Safety
/// `session` is zero or was filled; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_reset(session: *mut SessionStorage) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        with(session, |opened| {
            opened.reset();
            Ok(Ok(()))
        })
    }
}

/// Drops an inference under way and sets state to its initial value.
///
/// # Safety
/// `session` is zero or was filled; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_reset_state(session: *mut SessionStorage) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        with(session, |opened| {
            opened.reset_state();
            Ok(Ok(()))
        })
    }
}
