//! Why bytes are not a readable model file.

/// Why bytes are not a model file this reader can read. Small and `Copy`; [`core::fmt::Display`] says the fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// Shorter than a header, or than the header says.
    Truncated,
    /// Does not begin with the magic bytes.
    NotAModel,
    /// Major version this reader does not know.
    Version(u16),
    /// A section lies outside the file, overlaps the header, is misaligned, or is missing.
    Section(u16),
    /// A section this reader does not know is marked as needed to run.
    UnknownSection(u16),
    /// A packing this build cannot run.
    Packing(u8),
    /// Numerics this reader does not know.
    Numerics(u8),
    /// Tensor record with this index is malformed or does not exist.
    Tensor(u16),
    /// Operator record with this index is malformed.
    Operator(u16),
    /// The plan uses a kind of segment this reader does not know.
    Segment(u8),
    /// Initial state is malformed or does not fill the state buffer exactly.
    State,
    /// The passport is malformed.
    Passport,
    /// A header count or size is beyond this reader's limits.
    Limit,
}

impl core::fmt::Display for FormatError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => write!(f, "file is shorter than its header says: transfer it again"),
            Self::NotAModel => write!(f, "not a model.mote file: compile the source model with `mote compile`"),
            Self::Version(v) => {
                write!(f, "format version {v} is not read here: compile the model again, or update the runtime")
            }
            Self::Section(kind) => write!(f, "section {kind} is missing, misplaced or misaligned"),
            Self::UnknownSection(kind) => write!(f, "section {kind} is needed but unknown: update the runtime"),
            Self::Packing(p) => write!(f, "packing {p} does not run here: compile for this target or as portable"),
            Self::Numerics(n) => write!(f, "numerics {n} unknown: update the runtime"),
            Self::Tensor(i) => write!(f, "tensor record {i} is malformed"),
            Self::Operator(i) => write!(f, "operator record {i} is malformed"),
            Self::Segment(k) => write!(f, "plan segment kind {k} unknown: update the runtime"),
            Self::State => write!(f, "initial state is malformed"),
            Self::Passport => write!(f, "passport is malformed"),
            Self::Limit => write!(f, "a size or count in the header is beyond the reader's limits"),
        }
    }
}

impl core::error::Error for FormatError {}
