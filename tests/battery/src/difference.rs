//! What a battery tells.

use crate::Parameters;

/// What is wrong with one implementation on one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A byte of memory is not what the reference left there.
    Byte {
        /// Offset in state and arena, one behind the other.
        at: usize,
        /// The reference's byte.
        expected: u8,
        /// The byte found.
        found: u8,
    },
    /// The reference kernel wrote outside its output, here.
    Outside(usize),
    /// Scratch was written beyond what the kernel asked for.
    Scratch,
    /// Constants were written.
    Constants,
    /// The kernel reported a fault on valid arguments.
    Fault,
    /// A unit that does not exist was not refused.
    NotRefused,
    /// The generator made no case that fits the workspace: a fault of the battery's.
    NoCase,
}

impl Problem {
    /// A word for a line of text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Byte { .. } => "byte",
            Self::Outside(_) => "outside-output",
            Self::Scratch => "outside-scratch",
            Self::Constants => "constants",
            Self::Fault => "fault",
            Self::NotRefused => "not-refused",
            Self::NoCase => "no-case",
        }
    }

    /// Offset, expected and found; zeros where they mean nothing.
    pub const fn numbers(self) -> [usize; 3] {
        match self {
            Self::Byte { at, expected, found } => [at, expected as usize, found as usize],
            Self::Outside(at) => [at, 0, 0],
            _ => [0; 3],
        }
    }
}

/// One implementation that failed on one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The family's name.
    pub family: &'static str,
    /// Which implementation: `reference`, `generic`, or the instruction set's name.
    pub implementation: &'static str,
    /// The case's number.
    pub case: u32,
    /// True when the units were run in two calls.
    pub in_slices: bool,
    /// What is wrong.
    pub problem: Problem,
}

/// Hears of differences as they are found.
pub trait Listener {
    /// `parameters` are those of the case; none when there was no case.
    fn difference(&mut self, difference: &Difference, parameters: Option<&dyn Parameters>);
}

/// What came of some cases of one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases run.
    pub cases: u32,
    /// Cases on which some implementation failed.
    pub failed: u32,
    /// Runs of implementations that were compared.
    pub comparisons: u32,
}
