//! Power cuts before, after and inside every operation on flash.
//!
//! [`Nor`] is NOR flash with the faults that real flash shows when its power goes: words half written, sectors half
//! erased, words that error correction refuses to read afterwards, and words that read well once and ill later.
//! [`explore`] runs a [`Scenario`] once, remembers the flash before each operation, and starts again from every one of
//! them with every fault, and from a sample of those with a second fault while the device recovers.
//!
//! [`world`] is everything around an update node: signed documents, files, self-tests.
//!
//! [`SyncedFile`] is the same for a file whose unsynced blocks may or may not have reached the medium, in any order.

mod explore;
mod fault;
mod file;
mod nor;
mod random;
pub mod world;

pub use explore::{Figures, Scenario, Thoroughness, explore};
pub use fault::{Fault, Tear};
pub use file::SyncedFile;
pub use nor::{Nor, Operation};
pub use random::Random;
