//! Status codes: fixed for all time, in groups of twenty; 0 is good, everything else is negative.

use core::ffi::{CStr, c_char};
use mote_engine::{ModelError, Reason, Refusal, RunError};
use mote_format::FormatError;

/// Status of a call: `MOTE_OK`, or one of the negative `MOTE_ERROR_` constants.
pub type Status = i32;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Status = $value;)*

        /// Every status with its name; the header declares the same ones with `MOTE_` before the name.
        pub const ALL: &[(&str, Status)] = &[$((stringify!($name), $value)),*];

        /// What a status means, in a few words.
        pub const fn text(status: Status) -> &'static CStr {
            match status {
                $($value => $text,)*
                _ => c"unknown status",
            }
        }
    };
}

statuses! {
    /// Done.
    OK = 0, c"ok";

    /// A pointer is null.
    ERROR_NULL = -1, c"a pointer is null";
    /// A pointer is not aligned as it must be.
    ERROR_ALIGNMENT = -2, c"a pointer is not aligned";
    /// A length is not the tensor's (the place's detail has the right one), or wraps around the address space.
    ERROR_LENGTH = -3, c"wrong length";
    /// Storage holds no parsed model, or no session.
    ERROR_NOT_READY = -4, c"storage holds no model or session";
    /// No input or output has this index.
    ERROR_NO_SUCH_PORT = -5, c"no input or output of that index";
    /// The tensor is of another type than the call needs.
    ERROR_TYPE = -6, c"tensor is of another type";
    /// An inference is under way: finish or reset it.
    ERROR_BUSY = -7, c"an inference is under way: finish or reset it";
    /// Arena, state, storage or model share memory.
    ERROR_SHARED_MEMORY = -8, c"arena, state, storage or model share memory";

    /// The handle was closed, or was never given.
    ERROR_CLOSED = -9, c"the handle is closed or was never given";
    /// Another thread is running the session.
    ERROR_RUNNING = -10, c"another thread is running the session";

    /// The arena is smaller than the model needs; the place's detail has the bytes needed.
    ERROR_ARENA_TOO_SMALL = -20, c"arena too small";
    /// The state buffer is smaller than the model needs; the place's detail has the bytes needed.
    ERROR_STATE_TOO_SMALL = -21, c"state buffer too small";

    /// The system has not enough memory.
    ERROR_OUT_OF_MEMORY = -22, c"not enough memory";

    /// The file is shorter than it says: transfer it again.
    ERROR_FILE_TRUNCATED = -40, c"file is shorter than it says";
    /// The bytes are no model.mote file.
    ERROR_FILE_NOT_A_MODEL = -41, c"not a model.mote file";
    /// A format version this library does not know: update the library.
    ERROR_FILE_VERSION = -42, c"format version unknown: update the library";
    /// A section is missing, misplaced or misaligned.
    ERROR_FILE_SECTION = -43, c"a section is missing, misplaced or unknown";
    /// Packing or numerics this library does not run.
    ERROR_FILE_VARIANT = -44, c"packing or numerics not run here";
    /// A tensor or operator record is malformed.
    ERROR_FILE_RECORD = -45, c"a record is malformed";
    /// Any other fault of the file's form.
    ERROR_FILE_MALFORMED = -46, c"file is malformed";

    /// An operator is not among those linked or listed; the place's detail has its code. `mote_model_error_operator`
    /// names a custom one.
    ERROR_MODEL_MISSING_OPERATOR = -60, c"an operator is not linked";
    /// An operator's operands or parameters do not fit together.
    ERROR_MODEL_OPERATOR = -61, c"an operator's operands or parameters are inconsistent";
    /// A tensor lies outside its memory, or overlaps another.
    ERROR_MODEL_MEMORY = -62, c"the memory plan is wrong";
    /// A scale or zero point is out of range.
    ERROR_MODEL_QUANTIZATION = -63, c"a scale or zero point is out of range";
    /// Any other inconsistency of the model.
    ERROR_MODEL_INCONSISTENT = -64, c"the model is inconsistent";

    /// An index known only at run time lies outside its table.
    ERROR_RUN_FAULT = -80, c"an index lies outside its table";
    /// An output is not what the golden vector says. Returned by generated self-tests.
    ERROR_RUN_GOLDEN = -81, c"an output differs from the golden one";
    /// The run was cancelled; the next one starts anew.
    ERROR_RUN_CANCELLED = -82, c"the run was cancelled";

    /// None of the above.
    ERROR_OTHER = -100, c"other error";
    /// A fault inside the library, stopped at its border.
    ERROR_INTERNAL = -101, c"a fault inside the library";
}

/// What a status means, in a few English words: a string of the library, never null.
#[unsafe(no_mangle)]
pub extern "C" fn mote_status_text(status: Status) -> *const c_char {
    text(status).as_ptr()
}

/// The status of a refused model.
pub(crate) fn of_model(error: &ModelError) -> i32 {
    match error.reason {
        Reason::Format(format) => of_format(format),
        Reason::MissingOperator(_) | Reason::Refused(Refusal::Name) => ERROR_MODEL_MISSING_OPERATOR,
        Reason::Refused(Refusal::Quantization) | Reason::Quantization => ERROR_MODEL_QUANTIZATION,
        Reason::Refused(_) => ERROR_MODEL_OPERATOR,
        Reason::TensorBounds | Reason::Lifetime | Reason::Overlap => ERROR_MODEL_MEMORY,
        _ => ERROR_MODEL_INCONSISTENT,
    }
}

fn of_format(error: FormatError) -> i32 {
    match error {
        FormatError::Truncated => ERROR_FILE_TRUNCATED,
        FormatError::NotAModel => ERROR_FILE_NOT_A_MODEL,
        FormatError::Version(_) => ERROR_FILE_VERSION,
        FormatError::Section(_) | FormatError::UnknownSection(_) => ERROR_FILE_SECTION,
        FormatError::Packing(_) | FormatError::Numerics(_) => ERROR_FILE_VARIANT,
        FormatError::Tensor(_) | FormatError::Operator(_) => ERROR_FILE_RECORD,
        _ => ERROR_FILE_MALFORMED,
    }
}

/// The status of a session that could not be made or run.
pub(crate) fn of_run(error: &RunError) -> i32 {
    match error {
        RunError::ArenaTooSmall { .. } => ERROR_ARENA_TOO_SMALL,
        RunError::StateTooSmall { .. } => ERROR_STATE_TOO_SMALL,
        RunError::NoSuchPort => ERROR_NO_SUCH_PORT,
        RunError::Length { .. } => ERROR_LENGTH,
        RunError::Type => ERROR_TYPE,
        RunError::Busy => ERROR_BUSY,
        RunError::Fault { .. } => ERROR_RUN_FAULT,
        _ => ERROR_OTHER,
    }
}
