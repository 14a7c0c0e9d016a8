//! Graph to `model.mote`.
//!
//! [`compile`] slims a graph (exactly: not a bit of any result changes), lowers it to the device's operators, plans its
//! memory and writes the file with its passport. Everything found on the way is in the [`CompileReport`], as data.
//! [`Evaluator`] runs a graph as it stands, with every tensor readable afterwards.
//!
//! Not here: reading other formats (`mote-import`), running compiled models (`mote-engine`).

mod assemble;
mod build;
mod compile;
mod custom;
mod error;
mod evaluate;
mod golden;
mod layout;
mod lower;
mod options;
mod passport;
pub mod plan;
mod report;
mod seed;
pub mod slim;
mod slimming;

pub use compile::{Compiled, compile, numerics_name};
pub use custom::{CustomOptions, HostOperators};
pub use error::{CompileError, Problem};
pub use evaluate::Evaluator;
pub use options::{CompileOptions, MetricOption, PortOptions};
pub use report::{CompileReport, CustomLine, OperatorLine, PlanLine, PlanReport, RewriteLine, SlimSection, TensorLine};
pub use seed::seeded_input;
