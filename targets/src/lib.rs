//! Facts about boards and device classes: one `<name>/target.toml` each, compiled in.
//!
//! Used by the compiler and the command line to answer what fits before anything is flashed, and by firmware builds for
//! memory maps. Not here: code that runs on a board.

mod fit;
mod linker;
mod physical;
mod target;

pub use fit::Fit;
pub use physical::{Boot, Physical};
pub use target::{
    Budgets, Counter, Emulator, FlashGeometry, Load, Region, RegionKind, Reserved, Target, Uart, UserMode, Watchdog,
};

use thiserror::Error;

static SOURCES: &[&str] = include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// A board that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no board '{name}': known are {known}")]
pub struct UnknownTarget {
    /// Name asked for.
    pub name: String,
    /// Names there are.
    pub known: String,
}

/// All targets, by name.
pub fn all() -> Vec<Target> {
    let parse = |source: &&str| toml::from_str(source).expect("target files are checked by this crate's tests");
    let mut targets: Vec<Target> = SOURCES.iter().map(parse).collect();
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    targets
}

/// The target called `name`.
///
/// # Errors
/// No such target, with the names there are.
pub fn find(name: &str) -> Result<Target, UnknownTarget> {
    let targets = all();
    let known = targets.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
    targets.into_iter().find(|t| t.name == name).ok_or(UnknownTarget { name: name.into(), known })
}

#[cfg(test)]
mod tests;
