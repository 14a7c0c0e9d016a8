//! Two model slots and the journal that says which of them counts, on any NOR flash.
//!
//! - [`Journal`]: a log of fixed-size records, each a whole snapshot. The newest readable one is the state; a record cut
//!   in the middle is no record. Going to the next sector needs no compaction, as nothing older is needed.
//! - [`Store`]: slots and journal as one. A transition is one record; the slot of the confirmed model can be neither
//!   written nor erased.
//! - [`FileFlash`] (feature `std`): the same on a file, each operation durable before it returns.
//!
//! `SPEC.md` beside this crate has the bytes. No allocation, no panic: whatever the flash holds or refuses to read is a
//! value or a [`StorageError`].
//!
//! The journal is our own rather than `sequential-storage` (8.0): that one is a general key-value map behind async
//! traits whose slots for state would still need the rule "one transition, one record", and it keeps assertions, which
//! device code here may not.
#![no_std]
#[cfg(feature = "std")]
extern crate std;

mod error;
#[cfg(feature = "std")]
mod file;
mod flash;
mod journal;
mod layout;
mod store;

pub use error::StorageError;
#[cfg(feature = "std")]
pub use file::{BlockFile, FileFlash, FileFlashError};
pub use journal::{Found, Journal};
pub use layout::{Layout, Region, SlotIndex};
pub use store::{MAX_STATE_BYTES, STATE_RECORD_BYTES, Snapshot, Store};
