//! Board-independent firmware: what an image does with a model once a board has started.
//!
//! [`Board`] is all that an application needs of a board. [`bench`] runs every golden vector of a model, counts what
//! set-up, inference and each operator cost, and prints lines that `cargo xtask boards` reads; [`hello`] is the smallest
//! useful application. Not here: registers and start code, which are in `firmware/boards`.
#![no_std]
#[cfg(test)]
extern crate std;

mod bench;
mod board;
mod hello;
mod inputs;
mod place;
mod print;
mod timing;

pub use bench::bench;
pub use board::{Board, Verdict};
pub use hello::{first_result, hello};
pub use inputs::{fill_counting, fill_seeded};
pub use place::{Place, place};
pub use print::Printer;

#[cfg(test)]
mod tests;
