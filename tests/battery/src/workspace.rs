//! The memory that cases run in, and one run of one kernel with its surroundings watched.

use crate::Problem;
use mote_kernels::{Fault, Memory};

/// Bytes of state and arena of a case, with the guard behind them.
pub(crate) const WORK_BYTES: usize = 6 * 1024;
/// Bytes of constants of a case.
const CONSTANT_BYTES: usize = 8 * 1024;
/// Bytes of scratch with a guard on either side.
const SCRATCH_BYTES: usize = 4 * 1024;
/// Bytes next to what a kernel may use that are watched.
pub(crate) const GUARD_BYTES: usize = 16;
/// What scratch and its guards are filled with.
const CANARY: u8 = 0xA5;

/// Memory a workspace takes.
pub const WORKSPACE_BYTES: usize = 3 * WORK_BYTES + CONSTANT_BYTES + SCRATCH_BYTES;

/// Memory for one case at a time. The caller owns it; nothing in it matters between cases.
pub struct Workspace<'m> {
    /// State and arena before any kernel ran.
    pub(crate) pristine: &'m mut [u8],
    /// What the reference left.
    pub(crate) expected: &'m mut [u8],
    /// What the kernel under test left.
    pub(crate) found: &'m mut [u8],
    pub(crate) constants: &'m mut [u8],
    pub(crate) scratch: &'m mut [u8],
}

impl<'m> Workspace<'m> {
    /// Divides `memory`; none when it is shorter than [`WORKSPACE_BYTES`].
    pub fn new(memory: &'m mut [u8]) -> Option<Self> {
        let (pristine, rest) = memory.split_at_mut_checked(WORK_BYTES)?;
        let (expected, rest) = rest.split_at_mut_checked(WORK_BYTES)?;
        let (found, rest) = rest.split_at_mut_checked(WORK_BYTES)?;
        let (constants, rest) = rest.split_at_mut_checked(CONSTANT_BYTES)?;
        let scratch = rest.get_mut(..SCRATCH_BYTES)?;
        Some(Self { pristine, expected, found, constants, scratch })
    }
}

/// How a case divides the workspace.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub constant_bytes: usize,
    pub state_bytes: usize,
    pub arena_bytes: usize,
    pub scratch_bytes: usize,
}

impl Sizes {
    /// State, arena and guard.
    pub fn work_bytes(&self) -> usize {
        self.state_bytes + self.arena_bytes + GUARD_BYTES
    }
}

/// Runs `kernel` on `work` (state, arena, guard), then looks at what it may not touch. The guard behind the arena is
/// left for the comparison of all memory.
pub(crate) fn run(
    sizes: &Sizes,
    work: &mut [u8],
    constants: &[u8],
    scratch: &mut [u8],
    kernel: &mut dyn FnMut(&mut Memory<'_>) -> Result<(), Fault>,
) -> Result<(), Problem> {
    let constants = constants.get(..sizes.constant_bytes).ok_or(Problem::NoCase)?;
    let sum = checksum(constants);
    let watched = scratch.get_mut(..sizes.scratch_bytes + 2 * GUARD_BYTES).ok_or(Problem::NoCase)?;
    watched.fill(CANARY);
    let (before, rest) = watched.split_at_mut_checked(GUARD_BYTES).ok_or(Problem::NoCase)?;
    let (scratch, behind) = rest.split_at_mut_checked(sizes.scratch_bytes).ok_or(Problem::NoCase)?;
    let (state, rest) = work.split_at_mut_checked(sizes.state_bytes).ok_or(Problem::NoCase)?;
    let arena = rest.get_mut(..sizes.arena_bytes).ok_or(Problem::NoCase)?;
    kernel(&mut Memory { arena, scratch, state, constants }).map_err(|_| Problem::Fault)?;
    if before.iter().chain(behind.iter()).any(|&byte| byte != CANARY) {
        return Err(Problem::Scratch);
    }
    if checksum(constants) != sum {
        return Err(Problem::Constants);
    }
    Ok(())
}

/// Changes with any single byte.
fn checksum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let sum = words.iter().fold(0u32, |sum, word| sum.rotate_left(5).wrapping_add(u32::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, &byte| sum.rotate_left(5).wrapping_add(u32::from(byte)))
}

/// The first byte in which two memories differ.
pub(crate) fn first_difference(expected: &[u8], found: &[u8]) -> Option<Problem> {
    let pairs = expected.iter().zip(found);
    pairs.enumerate().find(|(_, (expected, found))| expected != found).map(|(at, (&expected, &found))| Problem::Byte {
        at,
        expected,
        found,
    })
}
