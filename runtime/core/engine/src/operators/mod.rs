//! The glue between model records and kernels: one file per operator family.
//!
//! Each operator has three functions: `work` reads operands and parameters into kernel arguments and refuses what does
//! not fit together; `check` does that and, once per load, what costs time with the size of constants; `run` makes a
//! range of units. Adding an operator: see CONTRIBUTING.md, "How to add an operator".

mod lookup;

use crate::operation::{Operation, Refusal, Work};
use core::ops::Range;
use mote_format::OpCode;
use mote_kernels::{Fault, Memory};

/// What an operator does at load and at run time.
pub struct OperatorEntry {
    /// Its code in model files.
    pub code: OpCode,
    /// Full check at load: everything `work` refuses, and the constants.
    pub check: fn(&Operation<'_>) -> Result<Work, Refusal>,
    /// What a run will do; cheap.
    pub work: fn(&Operation<'_>) -> Result<Work, Refusal>,
    /// Makes units of the output.
    pub run: fn(&Operation<'_>, &mut Memory<'_>, Range<usize>) -> Result<(), Fault>,
}

/// The operators a build links.
pub type OperatorSet<'a> = &'a [&'a OperatorEntry];

pub use lookup::LOOKUP_8;

/// Every operator on portable kernels.
pub fn generic() -> OperatorSet<'static> {
    GENERIC
}

/// Every operator on the slow, clear kernels that all others are tested against.
pub fn reference() -> OperatorSet<'static> {
    REFERENCE
}

// One line per operator in each set.
static GENERIC: OperatorSet<'static> = &[
    &lookup::LOOKUP_8,
];
static REFERENCE: OperatorSet<'static> = &[
    &lookup::LOOKUP_8,
];
