//! Checks and runs `model.mote` files.
//!
//! [`Model::parse`] is the one bounded pass that checks everything; [`Session`] then runs in caller-owned memory:
//! no heap, no globals, no panic. [`Session::poll`] runs a bounded slice of work and can be resumed; an
//! [`Observer`] sees every operator's output and costs nothing when unused.
//!
//! An image links the operators of the [`OperatorSet`] it names and no others: [`operators::generic`] has all of them,
//! an application may list its own, and bring operators that models name: [`operators::CustomOperator`].
//!
//! ```
//! use mote_engine::{Arena, Model, ModelError, Session, operators};
//! # fn main() {
//! let bytes: &[u8] = &[]; // a model.mote file, in flash or in memory
//! match Model::parse(bytes, operators::generic()) {
//!     Ok(model) => {
//!         let mut arena = Arena::<4096>::new();
//!         let mut session = Session::new(&model, &mut arena.0, &mut []).unwrap();
//!         session.run().unwrap();
//!     }
//!     Err(error) => assert!(matches!(error, ModelError { .. })),
//! }
//! # }
//! ```
#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

mod check;
mod error;
mod model;
mod observer;
mod operation;
pub mod operators;
mod plan;
mod quantize;
mod session;

pub use error::{CustomName, ModelError, Reason, RunError};
pub use model::Model;
pub use mote_format::{ElementType, Numerics, OpCode, Packing};
pub use mote_kernels::{Fault, Memory};
pub use observer::{Observer, OperatorEvent, Unobserved};
pub use operation::{Operand, Operation, Overlap, Refusal, Work};
pub use operators::{OperatorEntry, OperatorSet};
pub use quantize::{dequantize, quantize};
pub use session::{Port, PortMut, Progress, Session};

/// An arena of `BYTES` bytes, aligned for every kernel.
#[repr(align(16))]
pub struct Arena<const BYTES: usize>(pub [u8; BYTES]);

impl<const BYTES: usize> Arena<BYTES> {
    /// A zeroed arena; `const`, so that it can be a static.
    pub const fn new() -> Self {
        Self([0; BYTES])
    }
}

impl<const BYTES: usize> Default for Arena<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}
