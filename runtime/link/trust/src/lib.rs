//! What a device believes about updates, and why: signed documents, checked before they are read.
//!
//! - [`Envelope`]: role, body, signatures. Nothing of the body is looked at before enough signatures hold.
//! - [`document`]: the bodies. Root (who may sign what), release (what a model is), assignment (who runs what),
//!   timestamp (what is current).
//! - [`Trusted`]: the keys and counters a device keeps, and every rule by which a document is taken or refused. A rule
//!   that takes a document gives a new value and leaves the old one as it is: nothing is half-believed, and nothing is
//!   believed before the caller has written it down.
//!
//! `SPEC.md` beside this crate has bytes, rules and test vectors. The verifying half only, `no_std`, no allocation;
//! signing is the host's.
#![no_std]
#[cfg(feature = "write")]
extern crate alloc;

mod assess;
mod chunk;
mod digest;
pub mod document;
mod envelope;
mod error;
mod keys;
mod trusted;

pub use assess::{Assigned, Counters, Device};
pub use chunk::{ChunkError, Chunks};
pub use digest::{Digest, sha256};
pub use envelope::{ENVELOPE_MAGIC, Envelope, MAX_SIGNATURES, REVISION, Role, Signature};
pub use error::TrustError;
pub use keys::{KeyId, KeySet, MAX_KEYS, PUBLIC_KEY_BYTES};
pub use trusted::{TRUSTED_BYTES, Trusted};
