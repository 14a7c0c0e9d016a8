//! The kernel battery: seeded cases for every int8 kernel, the same on a microcontroller and on a computer.
//!
//! A case is made from the family's name and a number alone: geometry, quantisation, constants, and noise in all
//! memory. The reference kernel runs on it first; every other implementation ([`Family::implementations`]) must then
//! leave the same bytes in the whole memory, in one go and cut in two, stay inside its output and scratch, and refuse
//! units that do not exist. Movement kernels, which have no second implementation, are compared with loops written
//! here ([`oracles`]).
//!
//! A difference names family, implementation and case; [`AnyFamily::run_case`] with these runs it again anywhere.
//! Nothing here allocates or panics. Float kernels are not here: boards without a floating-point unit would spend their
//! time in soft-float routines; hosts test them with the kernels.
#![no_std]

mod difference;
pub mod families;
mod family;
mod layout;
pub mod oracles;
mod parameters;
mod random;
mod shapes;
mod weighted;
mod workspace;

pub use difference::{Difference, Listener, Problem, Tally};
pub use families::all;
pub use family::{AnyFamily, Case, Family, Implementation, Kernel};
pub use layout::Layout;
pub use parameters::Parameters;
pub use random::Random;
pub use workspace::{WORKSPACE_BYTES, Workspace};
