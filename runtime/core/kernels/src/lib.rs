//! Operator kernels on byte memory.
//!
//! A kernel reads and writes tensors through [`Memory`]: plain byte regions with checked access, so that an output may
//! overlap an input the plan has proved consumed. Kernels know shapes and quantisation, not the model file.
//!
//! * [`reference`]: slow and clear, never optimised; what every other kernel is tested against.
//! * [`generic`]: portable and fast; what every target runs unless it has better.
//! * one folder per instruction set.
//!
//! **Row contract.** Every spatial kernel makes a range of output rows from input rows addressed through [`Rows`]
//! (base, bytes per row, rows in the ring); a whole tensor is the ring that holds all its rows. A row is W·C elements
//! in pixel order. Kernels go pixel by pixel, read the whole window of a pixel before any of its channels is written,
//! read nothing outside the window, and walk rows and pixels forward or backward as told ([`Walk`]).
//!
//! **Faults.** A model is checked before it runs, so an access out of bounds here is a fault of ours; a kernel then
//! stops with [`Fault`] and never panics.
#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

mod blocks;
mod channels;
mod curves;
mod elements;
mod memory;
mod pixel;
mod rows;
mod wide_channels;

pub mod arguments;
#[cfg(cortex_m_dsp)]
pub mod cortex_m_dsp;
pub mod generic;
pub mod prepare;
pub mod reference;
pub mod scan;
pub mod tables;
#[cfg(target_arch = "x86_64")]
pub mod x86_64;

pub use channels::{ChannelBlock, Channels};
pub use memory::{Fault, Memory, Region, Span};
pub use pixel::pixel_scratch_bytes;
pub use rows::{Rows, Walk, Window};
pub use wide_channels::WideChannels;
