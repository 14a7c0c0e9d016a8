//! Errors of loading and running.

use crate::operation::Refusal;
use mote_format::parameters::{CustomParameters, MAX_CUSTOM_NAME_BYTES, is_custom_name};
use mote_format::{FormatError, ModelFile, OpCode};

/// Why a model was refused, and where. `Copy`, and borrows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// What is wrong.
    pub reason: Reason,
    /// Index of the operator concerned, when there is one.
    pub operator: Option<u16>,
    /// Index of the tensor concerned, when there is one.
    pub tensor: Option<u16>,
    /// Name of the operator concerned when it is a custom one, else empty.
    pub custom_operator: CustomName,
}

/// Name of a custom operator, held by value; empty for none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CustomName {
    bytes: [u8; MAX_CUSTOM_NAME_BYTES],
    used: u8,
}

impl CustomName {
    /// No name.
    pub const NONE: Self = Self { bytes: [0; MAX_CUSTOM_NAME_BYTES], used: 0 };

    /// The name; empty when there is none, or when it is not printable ASCII.
    pub fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.used as usize).and_then(|bytes| core::str::from_utf8(bytes).ok());
        text.filter(|name| is_custom_name(name)).unwrap_or("")
    }

    /// The bytes of the name, of whatever kind.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used as usize).unwrap_or(&[])
    }

    /// Name of the custom operator that is `file`'s operator `index`; none for other operators, and for names too long.
    #[cold]
    #[inline(never)]
    fn of_operator(file: &ModelFile<'_>, index: u16) -> Self {
        let mut name = Self::NONE;
        let mut records = file.operators();
        let mut left = index;
        while let Some(Ok(record)) = records.next_record() {
            if left == 0 {
                let found = CustomParameters::split(record.parameters).filter(|_| OpCode(record.code).is_custom());
                if let Some((found, _)) = found.filter(|(found, _)| found.len() <= MAX_CUSTOM_NAME_BYTES) {
                    name.used = found.len() as u8;
                    name.bytes.iter_mut().zip(found).for_each(|(slot, &byte)| *slot = byte);
                }
                break;
            }
            left = left.wrapping_sub(1);
        }
        name
    }
}

impl core::fmt::Debug for CustomName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// As [`ModelError`], without the name: what checks pass on.
#[derive(Clone, Copy)]
pub(crate) struct Refused {
    pub reason: Reason,
    pub operator: Option<u16>,
    pub tensor: Option<u16>,
}

/// What is wrong with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The bytes are not a readable file.
    Format(FormatError),
    /// This build does not link the operator.
    MissingOperator(OpCode),
    /// The operator's operands or parameters are inconsistent.
    Refused(Refusal),
    /// A tensor lies outside its region, or its size and shape disagree.
    TensorBounds,
    /// A tensor's lifetime disagrees with the operators that use it.
    Lifetime,
    /// A tensor shares memory with another live tensor, or with the scratch region.
    Overlap,
    /// A tensor's scale is not finite or negative, or its zero point is outside its type.
    Quantization,
    /// A graph input or output names no fitting tensor.
    Port,
    /// Operator count or scratch size in the header disagrees with the records.
    Header,
    /// Initial state does not fill the state buffer exactly.
    State,
}

impl Refused {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason, operator: None, tensor: None }
    }

    /// The error for the application.
    pub(crate) fn in_file(self, file: &ModelFile<'_>) -> ModelError {
        let Self { reason, operator, tensor } = self;
        let custom_operator = operator.map_or(CustomName::NONE, |index| CustomName::of_operator(file, index));
        ModelError { reason, operator, tensor, custom_operator }
    }

    pub(crate) const fn tensor(reason: Reason, tensor: u16) -> Self {
        Self { reason, operator: None, tensor: Some(tensor) }
    }

    pub(crate) const fn operator(reason: Reason, operator: u16) -> Self {
        Self { reason, operator: Some(operator), tensor: None }
    }
}

impl From<FormatError> for Refused {
    fn from(error: FormatError) -> Self {
        Self::new(Reason::Format(error))
    }
}

impl From<FormatError> for ModelError {
    fn from(error: FormatError) -> Self {
        let reason = Reason::Format(error);
        Self { reason, operator: None, tensor: None, custom_operator: CustomName::NONE }
    }
}

impl core::fmt::Display for ModelError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(operator) = self.operator {
            write!(f, "operator {operator}: ")?;
        }
        if let Some(tensor) = self.tensor {
            write!(f, "tensor {tensor}: ")?;
        }
        let custom = self.custom_operator.as_str();
        if !custom.is_empty() {
            write!(f, "custom operator '{custom}'")?;
            if matches!(self.reason, Reason::MissingOperator(_)) {
                return write!(f, " is not in this operator set: add its entry (OperatorEntry::custom)");
            }
            write!(f, ": ")?;
        }
        match self.reason {
            Reason::Format(error) => write!(f, "{error}"),
            Reason::MissingOperator(code) if code.is_custom() => {
                write!(f, "a custom operator (code {}) without a readable name is not in this operator set", code.0)
            }
            Reason::MissingOperator(code) => {
                write!(f, "{} (code {}) is not linked into this build: add it to the operator set", code.name(), code.0)
            }
            Reason::Refused(refusal) => write!(f, "{refusal}"),
            Reason::TensorBounds => write!(f, "lies outside its memory region, or size and shape disagree"),
            Reason::Lifetime => write!(f, "lifetime disagrees with the operators that use it"),
            Reason::Overlap => write!(f, "shares memory with another live tensor"),
            Reason::Quantization => write!(f, "scale or zero point out of range"),
            Reason::Port => write!(f, "graph input or output names no fitting tensor"),
            Reason::Header => write!(f, "header disagrees with the records"),
            Reason::State => write!(f, "initial state does not fill the state buffer"),
        }
    }
}

impl core::error::Error for ModelError {}

/// Why a session could not be made or run. After an error the session's tensors hold nothing of meaning; inputs can be
/// set and the inference started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// The arena is smaller than the model needs.
    ArenaTooSmall {
        /// Bytes the model needs.
        needed_bytes: u32,
    },
    /// The state buffer is smaller than the model needs.
    StateTooSmall {
        /// Bytes the model needs.
        needed_bytes: u32,
    },
    /// No such input or output.
    NoSuchPort,
    /// Data has another length than the tensor.
    Length {
        /// Elements the tensor has.
        needed_elements: u32,
    },
    /// The tensor is not of the type the call needs.
    Type,
    /// Not while an inference is under way: finish or [`crate::Session::reset`] it.
    Busy,
    /// A gather index, known only at run time, lies outside its table; or an internal fault of the runtime.
    Fault {
        /// Operator that stopped.
        operator: u16,
    },
}

impl core::fmt::Display for RunError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::ArenaTooSmall { needed_bytes } => write!(f, "arena too small: the model needs {needed_bytes} bytes"),
            Self::StateTooSmall { needed_bytes } => {
                write!(f, "state buffer too small: the model needs {needed_bytes} bytes")
            }
            Self::NoSuchPort => write!(f, "no input or output of that index"),
            Self::Length { needed_elements } => write!(f, "wrong length: the tensor has {needed_elements} elements"),
            Self::Type => write!(f, "tensor is of another type"),
            Self::Busy => write!(f, "an inference is under way: finish or reset it first"),
            Self::Fault { operator } => write!(f, "operator {operator} stopped: an index lies outside its table"),
        }
    }
}

impl core::error::Error for RunError {}
