//! What phones and gateways call: models and sessions behind handles that cannot dangle.
//!
//! A handle is a number. Each call looks it up and holds what it names until it returns, so closing a handle in one
//! thread while another uses it is safe: the object goes when the last call ends. A handle that was closed, or never
//! given, is [`crate::status::ERROR_CLOSED`].
//!
//! Memory is the library's: a model owns a copy of its file, a session its arena and state. Inputs and outputs are
//! the caller's, borrowed during a run, read and written without a copy between.

mod model;
mod session;
mod table;

pub use model::{HostModel, TensorInfo};
pub use session::{HostSession, LayerTime, Source, Target};
pub use table::{Handle, Table};

use crate::status::{self, Status};
use std::string::{String, ToString};
use std::sync::Arc;

/// Why a call was refused: a status, and words that name what is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// One of [`crate::status::ALL`].
    pub status: Status,
    /// For people: the thing, the place, the fix.
    pub message: String,
}

impl HostError {
    /// An error of `status` with its own words.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl From<Status> for HostError {
    fn from(status: Status) -> Self {
        Self::new(status, status::text(status).to_string_lossy())
    }
}

impl std::fmt::Display for HostError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for HostError {}

static MODELS: Table<HostModel> = Table::new();
static SESSIONS: Table<HostSession> = Table::new();

/// Checks `file` (copied) and keeps it.
///
/// # Errors
/// What is wrong with the file.
pub fn open_model(file: &[u8]) -> Result<Handle, HostError> {
    MODELS.insert(HostModel::parse(file)?)
}

/// The model of `handle`.
///
/// # Errors
/// [`status::ERROR_CLOSED`].
pub fn model(handle: Handle) -> Result<Arc<HostModel>, HostError> {
    MODELS.get(handle).ok_or_else(|| closed("model"))
}

/// Forgets the model; sessions of it go on. True when the handle was open.
pub fn close_model(handle: Handle) -> bool {
    MODELS.remove(handle)
}

/// A session of the model of `handle`, with memory of its own.
///
/// # Errors
/// [`status::ERROR_CLOSED`]; not enough memory.
pub fn open_session(handle: Handle) -> Result<Handle, HostError> {
    SESSIONS.insert(HostSession::new(model(handle)?)?)
}

/// The session of `handle`.
///
/// # Errors
/// [`status::ERROR_CLOSED`].
pub fn session(handle: Handle) -> Result<Arc<HostSession>, HostError> {
    SESSIONS.get(handle).ok_or_else(|| closed("session"))
}

/// Stops a run under way, and forgets the session; its memory goes when that run has ended. True when the handle was
/// open.
pub fn close_session(handle: Handle) -> bool {
    if let Some(session) = SESSIONS.get(handle) {
        session.cancel();
    }
    SESSIONS.remove(handle)
}

/// Models and sessions that are open: for tests of leaks.
pub fn open_handles() -> (usize, usize) {
    (MODELS.len(), SESSIONS.len())
}

fn closed(kind: &str) -> HostError {
    HostError::new(status::ERROR_CLOSED, ["the ", kind, " is closed, or its handle was never given"].concat())
}

/// The error that a panic becomes, for the fence at a language's border.
pub fn panicked(payload: &(dyn std::any::Any + Send)) -> HostError {
    let words = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_string())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_string());
    HostError::new(status::ERROR_INTERNAL, std::format!("a fault inside the library, please report it: {words}"))
}

#[cfg(test)]
mod tests;
