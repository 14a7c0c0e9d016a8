//! The `model.mote` file: layout, records, zero-copy reader, and (feature `write`) the host's writer.
//!
//! `SPEC.md` beside this crate is the byte layout. The reader borrows the file's bytes, allocates nothing, and answers
//! any byte string with records or a [`FormatError`]; what the records mean together (shapes against operators, the
//! memory plan) is checked by the engine, which knows the operators.
#![no_std]
#[cfg(feature = "write")]
extern crate alloc;

mod error;
mod file;
mod fixed;
mod header;
mod opcode;
mod operator;
pub mod parameters;
mod passport;
mod tensor;
mod tensor_view;
mod wire;
#[cfg(feature = "write")]
pub mod write;

pub use error::FormatError;
pub use file::ModelFile;
pub use fixed::Fixed;
pub use header::{Header, MAGIC, MAJOR, MAX_RECORDS, MINOR, Numerics, Packing, SectionKind};
pub use opcode::OpCode;
pub use operator::{ConstantRef, OperatorRecord, OperatorRecords, SEGMENT_WHOLE, SegmentRecord, StateRun, StateRuns};
pub use passport::{GoldenInput, GoldenVector, Histogram, Metric, Passport, PortInfo, Records};
pub use tensor::{ElementType, Location, MAX_RANK, NOT_A_VIEW, Shape, TENSOR_RECORD_BYTES, TensorRecord};
pub use tensor_view::{TensorView, TensorViews};
