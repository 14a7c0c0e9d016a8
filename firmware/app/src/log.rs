//! One way to log, three ends: `defmt` on boards, `log` on hosts, nothing without either feature.
//!
//! `error!` and `info!` take a literal with `{}` and arguments that are numbers, booleans or static
//! text, which both ends know. Without a feature the arguments are still checked by the compiler, and no code is made.
//! An inference that goes well logs nothing: these lines are for what is refused, and for what an application does.

#[cfg(feature = "defmt")]
pub(crate) use defmt::{error, info};
#[cfg(all(feature = "log", not(feature = "defmt")))]
pub(crate) use log::{error, info};

/// Checks that the arguments are there, and makes nothing of them.
#[cfg(not(any(feature = "log", feature = "defmt")))]
macro_rules! nothing {
    ($text:literal $(, $argument:expr)* $(,)?) => {{ $(let _ = &$argument;)* }};
}

#[cfg(not(any(feature = "log", feature = "defmt")))]
pub(crate) use {nothing as error, nothing as info};

use mote_engine::{ModelError, Reason};

/// Tells why a model was refused, and where.
pub(crate) fn refused(error: &ModelError) {
    match (error.operator, error.tensor) {
        (Some(operator), _) => error!("model refused at operator {}: {}", operator, reason(error)),
        (None, Some(tensor)) => error!("model refused at tensor {}: {}", tensor, reason(error)),
        (None, None) => error!("model refused: {}", reason(error)),
    }
}

/// What is wrong with a model, in words.
fn reason(error: &ModelError) -> &'static str {
    match error.reason {
        Reason::Format(_) => "not a readable file",
        Reason::MissingOperator(_) => "an operator is not linked into this image",
        Reason::Refused(_) => "an operator's operands or parameters are inconsistent",
        Reason::TensorBounds => "a tensor lies outside its memory",
        Reason::Lifetime => "a lifetime disagrees with the operators",
        Reason::Overlap => "a tensor shares memory with a live one",
        Reason::Quantization => "a scale or zero point is out of range",
        Reason::Port => "an input or output names no fitting tensor",
        Reason::Header => "the header disagrees with the records",
        Reason::State => "the initial state does not fill the state",
        _ => "unknown",
    }
}
