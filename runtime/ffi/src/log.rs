//! Telling the caller what went wrong, when it goes wrong: a function and a pointer of the caller's, kept with a model or
//! a session. Without one, nothing of this is linked; with one, success is silent.

use crate::pointers;
use crate::status::{self, Status};
use crate::storage::Place;
use core::ffi::{c_char, c_void};

/// Level of what stops an application: a refused model, too little memory, a fault of a run.
pub const LOG_ERROR: i32 = 1;
/// Level of a wrong call, which changed nothing.
pub const LOG_WARNING: i32 = 2;

/// What a log is told.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LogEvent {
    /// `MOTE_LOG_ERROR` or `MOTE_LOG_WARNING`.
    pub level: i32,
    /// The status that the call returns.
    pub status: Status,
    /// What the status means; a string of the library, as `mote_status_text` has it.
    pub message: *const c_char,
    /// Records it is about, and the status's detail.
    pub place: Place,
}

/// A function that is told; `event` is there only during the call. It may not use the model or session it is told of.
pub type LogFunction = Option<unsafe extern "C" fn(user: *mut c_void, event: *const LogEvent)>;

/// Where events go; copied when it is given.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// Called for each event, by the thread that made the call it is about; null for none.
    pub write: LogFunction,
    /// Handed to `write`; the library does not look at it.
    pub user: *mut c_void,
}

/// A log as models and sessions keep it. Calling through a pointer links the messages only into programs that give
/// logs.
#[derive(Clone, Copy)]
pub(crate) struct Reporter {
    report: fn(&Log, Status, Place),
    log: Log,
}

impl Reporter {
    /// For the caller's log; none for a null pointer.
    ///
    /// # Errors
    /// Misaligned.
    ///
    /// # Safety
    /// The log is readable, its function callable with its pointer.
    pub(crate) unsafe fn of(log: *const Log) -> Result<Option<Self>, Status> {
        if log.is_null() {
            return Ok(None);
        }
        pointers::check(log, 1)?;
        // SAFETY: not null and aligned; readable by the caller's promise.
        Ok(Some(Self { report, log: unsafe { *log } }))
    }
}

/// A status other than `OK`, with its place.
#[derive(Clone, Copy)]
pub(crate) struct Refused {
    pub(crate) status: Status,
    pub(crate) place: Place,
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Self { status, place: Place::NONE }
    }
}

/// The status of a call, told if it is not `OK`.
pub(crate) fn conclude(result: Result<(), Refused>, log: Option<Reporter>) -> Status {
    let Err(refused) = result else { return status::OK };
    if let Some(reporter) = log {
        (reporter.report)(&reporter.log, refused.status, refused.place);
    }
    refused.status
}

fn report(log: &Log, status: Status, place: Place) {
    let Some(write) = log.write else { return };
    // Statuses about arguments are the first group.
    let level = if status > status::ERROR_ARENA_TOO_SMALL { LOG_WARNING } else { LOG_ERROR };
    let event = LogEvent { level, status, message: status::text(status).as_ptr(), place };
    // SAFETY: callable by the promise of whoever gave the log; the event outlives the call.
    unsafe { write(log.user, &raw const event) }
}
