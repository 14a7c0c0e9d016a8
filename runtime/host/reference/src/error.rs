//! Why a float model cannot be loaded or run.

/// Reason, with the place and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are no file of the format.
    #[error("not a readable {format} file: {reason}")]
    Unreadable {
        /// `ONNX` or `TFLite`.
        format: &'static str,
        /// What the reader found.
        reason: String,
    },
    /// A bound of [`crate::limits`] is passed.
    #[error("{what} is too large: {found}, at most {limit} are taken")]
    TooLarge {
        /// The file, a tensor or a graph.
        what: String,
        /// Size found; `usize::MAX` where it overflowed.
        found: usize,
        /// Size allowed.
        limit: usize,
    },
    /// A quantised TFLite file.
    #[error(
        "tensor '{tensor}' is {element_type}: quantised TFLite models are not run by tract, which computes them \
         wrongly; compile the model and run the .mote file"
    )]
    Quantized {
        /// First quantised tensor.
        tensor: String,
        /// Its stored type.
        element_type: String,
    },
    /// Extents that the file leaves open.
    #[error("input '{input}' has open extents {declared}: fix them with --shape {input}={example}")]
    OpenShape {
        /// Input.
        input: String,
        /// As the file declares it, e.g. `[batch, 3, ?, ?]`.
        declared: String,
        /// A shape to begin with.
        example: String,
    },
    /// A shape that was given does not fit the file.
    #[error("shape {given:?} given for input '{input}' does not fit {declared}")]
    ShapeDoesNotFit {
        /// Input.
        input: String,
        /// Shape from the caller.
        given: Vec<usize>,
        /// As the file declares it.
        declared: String,
    },
    /// A shape for an input that the model does not have.
    #[error("the model has no input '{input}': its inputs are {known}")]
    UnknownInput {
        /// Name from the caller.
        input: String,
        /// Names in the file.
        known: String,
    },
    /// Weights outside of the file.
    #[error("tensor '{tensor}' keeps its data in another file: save the model with its data inside")]
    ExternalData {
        /// Initialiser.
        tensor: String,
    },
    /// An operator or construct that tract does not take.
    #[error("tract does not take this model: {reason}")]
    Unsupported {
        /// tract's chain of reasons, outermost first.
        reason: String,
    },
    /// The wrong number or shape of arrays.
    #[error("{reason}")]
    Inputs {
        /// What was expected and what was given.
        reason: String,
    },
    /// tract failed while running.
    #[error("tract failed while running the model: {reason}")]
    Run {
        /// tract's chain of reasons.
        reason: String,
    },
    /// tract panicked; the fence caught it.
    #[error("tract broke off while {doing}: {message}")]
    Panicked {
        /// `loading the model` or `running the model`.
        doing: &'static str,
        /// The panic's message.
        message: String,
    },
}

impl Error {
    /// tract's refusal of a model.
    pub(crate) fn unsupported(error: impl std::fmt::Display) -> Self {
        Self::Unsupported { reason: shortened(&format!("{error:#}")) }
    }

    /// tract's failure while running.
    pub(crate) fn run(error: impl std::fmt::Display) -> Self {
        Self::Run { reason: shortened(&format!("{error:#}")) }
    }
}

/// Longest reason taken over from tract; it may print whole nodes with their weights.
const MAX_REASON_CHARS: usize = 400;

/// One line of at most [`MAX_REASON_CHARS`].
pub(crate) fn shortened(text: &str) -> String {
    let mut words: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    if words.len() > MAX_REASON_CHARS {
        words.truncate(MAX_REASON_CHARS);
        words.push('…');
    }
    words.into_iter().collect()
}
