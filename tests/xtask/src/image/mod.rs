//! Examines a linked firmware image: which symbols are in it, who refers to whom, which of
//! them may not be there, and what each crate costs.

mod decode;
mod elf;
mod locations;
mod offenders;
mod references;
mod sizes;
pub mod stack;

pub use elf::{Image, Symbol};
pub use offenders::{Offence, find as find_offences, refuse as refuse_offences};
pub use sizes::table as size_table;
