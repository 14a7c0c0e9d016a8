//! One file per command.

pub mod boards;
pub mod check;
pub mod compile;
pub mod demo;
pub mod eval;
pub mod explain;
pub mod flash;
pub mod generate;
pub mod inspect;
pub mod keys;
pub mod monitor;
pub mod ops;
pub mod profile;
pub mod release;
pub mod run;
pub mod validate;
mod validate_outputs;
