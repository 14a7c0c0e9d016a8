//! One way to log, three ends: `defmt` on boards, `log` on hosts, nothing without either feature.
//!
//! `error!`, `warn!`, `info!` and `debug!` take a literal with `{}` and arguments that are numbers, booleans or static
//! text, which both ends know. Without a feature the arguments are still checked by the compiler, and no code is made.
//! An inference that goes well logs nothing: these lines are for what is refused, and for what an application does.

macro_rules! levels {
    ($dollar:tt $($level:ident)+) => {
        $(
            #[cfg(feature = "defmt")]
            macro_rules! $level {
                ($dollar($dollar part:tt)*) => { ::defmt::$level!($dollar($dollar part)*) };
            }
            #[cfg(all(feature = "log", not(feature = "defmt")))]
            macro_rules! $level {
                ($dollar($dollar part:tt)*) => { ::log::$level!($dollar($dollar part)*) };
            }
            #[cfg(not(any(feature = "log", feature = "defmt")))]
            macro_rules! $level {
                ($dollar text:literal $dollar(, $dollar argument:expr)* $dollar(,)?) => {{ $dollar(let _ = &$dollar argument;)* }};
            }
        )+
    };
}

levels!($ error info);

pub(crate) use {error, info};

use mote_engine::{ModelError, Reason};

/// What is wrong with a model, in words; the error's operator and tensor say where.
pub(crate) fn reason(error: &ModelError) -> &'static str {
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

/// Index of an operator or tensor as a number; -1 when the error names none.
pub(crate) fn index(index: Option<u16>) -> i32 {
    index.map_or(-1, i32::from)
}
