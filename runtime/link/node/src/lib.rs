//! How a device takes an update: a state machine without input or output of its own.
//!
//! [`Node`] is told what happened ([`Event`]) and says what to do next ([`Action`]); it does not know sockets, clocks or
//! the engine. Whoever drives it fetches what it asks for, runs the self-test, and calls again. Its state is in flash,
//! one record for each transition, so it can be dropped at any instant and opened again.
//!
//! ```text
//! Idle → Offered → (preflight) → Fetching → Verified → (waiting) → Armed → Trial → Confirmed → Idle
//!              ↘ Rejected   ↘ Failed, Aborted               RolledBack ↙
//! ```
//!
//! What always holds:
//! - I1 a verified runnable model, or the built-in one, is there to serve;
//! - I2 bytes that were not verified since the last reset are never served;
//! - I3 counters never sink, but by the word of a new root;
//! - I4 a model is confirmed only after its self-test;
//! - I5 power cycling alone never changes the confirmed model;
//! - I6 each generation that was taken has exactly one outcome, told until it is acknowledged;
//! - I7 bytes, repeats and records are bounded;
//! - I8 the confirmed model's slot is untouched until its successor is confirmed.
#![no_std]

mod beliefs;
mod candidate;
mod event;
mod node;
mod state;

pub use beliefs::{Beliefs, BeliefsError, TRUST_RECORD_BYTES};
pub use event::{Action, Context, Event, NodeError, ResetCause, Serving};
pub use node::{Limits, Node};
pub use state::{Candidate, Installed, Outcome, OutcomeKind, Phase, Reason};
