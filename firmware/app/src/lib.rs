//! Board-independent firmware: what an image does with a model once a board has started.
//!
//! [`Board`] is all that an application needs of a board. [`bench`] runs every golden vector of a model, counts what
//! set-up, inference and each operator cost, and prints lines that `cargo xtask boards` reads; [`hello`] is the smallest
//! useful application; [`conformance`] tries every kernel on seeded cases; [`mlperf`] answers the runner of MLPerf Tiny;
//! [`watchdog`] runs a model beside a watchdog that is shorter than an inference; [`custom()`] brings an operator of its
//! own. Not here: registers and start code,
//! which are in `firmware/boards`.
#![no_std]
#[cfg(test)]
extern crate std;

mod bench;
mod board;
mod conformance;
mod custom;
mod hello;
mod inputs;
mod log;
mod mlperf;
mod place;
mod print;
mod ram_flash;
mod timing;
mod watchdog;

pub use bench::bench;
pub use board::{Board, NoWatchdog, ResetCause, Verdict};
pub use conformance::conformance;
pub use custom::{MOVING_MAXIMUM, MovingMaximum, custom};
pub use hello::{first_result, hello};
pub use inputs::{fill_counting, fill_seeded};
pub use mlperf::mlperf;
pub use place::{Place, place};
pub use print::Printer;
pub use ram_flash::RamFlash;
pub use watchdog::{run_fed, watchdog};

// The traits of `Board`'s parts, so that board support and applications name one version.
pub use {embedded_hal, embedded_io, embedded_storage};

#[cfg(test)]
mod tests;
