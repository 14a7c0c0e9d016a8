//! The fixed header: identity, memory sizes, counts and the table of sections.

use crate::FormatError;

/// First bytes of every model file.
pub const MAGIC: [u8; 4] = *b"MOTE";
/// Major version: readers refuse another one.
pub const MAJOR: u16 = 2;
/// Minor version this crate writes: readers accept any.
pub const MINOR: u16 = 0;
/// Bytes before the section table.
pub const HEADER_BYTES: usize = 36;
/// Bytes of one entry of the section table.
pub const SECTION_ENTRY_BYTES: usize = 12;
/// Alignment of every section in the file.
pub const SECTION_ALIGNMENT: usize = 16;
/// Most sections a file may have.
const MAX_SECTIONS: usize = 32;
/// Most tensor records, and most operator records: the load-time check looks at tensors once per operator.
pub const MAX_RECORDS: u16 = 4096;
/// Largest memory size a header may ask for.
const MAX_MEMORY_BYTES: u32 = 1 << 30;

/// Order in which constants are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Packing {
    /// Canonical weight order; runs everywhere.
    Portable = 0,
}

/// Rounding the model was compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Numerics {
    /// TensorFlow Lite Micro's reference kernels.
    Tflm = 0,
    /// LiteRT's reference kernels.
    Litert = 1,
    /// Operators with weights, MUL and MEAN round once, as ONNX' QuantizeLinear does but for halves, which go up.
    Onnx = 2,
}

/// Kinds of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum SectionKind {
    /// Graph inputs and outputs, tensor records.
    Tensors = 1,
    /// Plan segments and operator records.
    Operators = 2,
    /// Constant data.
    Constants = 3,
    /// Initial values of state tensors.
    State = 4,
    /// The passport.
    Passport = 5,
    /// Names for tools; may be stripped.
    Names = 6,
}

/// Kinds of sections, numbered from 1.
pub(crate) const SECTION_KINDS: usize = SectionKind::Names as usize;

/// The header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Minor version of the writer.
    pub minor: u16,
    /// Length of the whole file.
    pub file_bytes: u32,
    /// Bytes of arena a session needs, scratch included.
    pub arena_bytes: u32,
    /// Bytes at the arena's end that are scratch.
    pub scratch_bytes: u32,
    /// Bytes of state buffer a session needs.
    pub state_bytes: u32,
    /// Tensor records.
    pub tensor_count: u16,
    /// Operator records.
    pub operator_count: u16,
    /// Packing of the constants.
    pub packing: Packing,
    /// Rounding.
    pub numerics: Numerics,
    /// Graph inputs.
    pub input_count: u8,
    /// Graph outputs.
    pub output_count: u8,
    /// Entries of the section table.
    pub section_count: u16,
}

impl Header {
    /// Reads and checks the header of `bytes` (a whole file; longer is allowed, as flash slots are).
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let raw = bytes.first_chunk::<HEADER_BYTES>().ok_or(FormatError::Truncated)?;
        let u16_at = |at: usize| u16_le(raw, at);
        let u32_at = |at: usize| u32_le(raw, at);
        if raw.first_chunk::<4>() != Some(&MAGIC) {
            return Err(FormatError::NotAModel);
        }
        let major = u16_at(4);
        if major != MAJOR {
            return Err(FormatError::Version(major));
        }
        let packing = match byte(raw, 28) {
            0 => Packing::Portable,
            other => return Err(FormatError::Packing(other)),
        };
        let numerics = match byte(raw, 29) {
            0 => Numerics::Tflm,
            1 => Numerics::Litert,
            2 => Numerics::Onnx,
            other => return Err(FormatError::Numerics(other)),
        };
        let header = Self {
            minor: u16_at(6),
            file_bytes: u32_at(8),
            arena_bytes: u32_at(12),
            scratch_bytes: u32_at(16),
            state_bytes: u32_at(20),
            tensor_count: u16_at(24),
            operator_count: u16_at(26),
            packing,
            numerics,
            input_count: byte(raw, 30),
            output_count: byte(raw, 31),
            section_count: u16_at(32),
        };
        if header.file_bytes as usize > bytes.len() {
            return Err(FormatError::Truncated);
        }
        let memory = header.arena_bytes.max(header.state_bytes);
        let records = header.tensor_count.max(header.operator_count);
        if memory > MAX_MEMORY_BYTES
            || records > MAX_RECORDS
            || header.scratch_bytes > header.arena_bytes
            || header.section_count as usize > MAX_SECTIONS
        {
            return Err(FormatError::Limit);
        }
        Ok(header)
    }
}

/// One entry of the section table.
#[derive(Clone, Copy)]
pub(crate) struct SectionEntry {
    pub kind: u16,
    /// Bit 0: a reader that does not know the kind must refuse the file.
    pub flags: u16,
    pub offset: u32,
    pub bytes: u32,
}

impl SectionEntry {
    #[inline(always)]
    pub fn read(raw: &[u8; SECTION_ENTRY_BYTES]) -> Self {
        Self { kind: u16_le(raw, 0), flags: u16_le(raw, 2), offset: u32_le(raw, 4), bytes: u32_le(raw, 8) }
    }
}

/// Byte at `at`; 0 outside.
pub(crate) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Little-endian u16 at `at`; 0 outside.
#[inline(always)]
pub(crate) fn u16_le(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|b| b.first_chunk::<2>()).map_or(0, |b| u16::from_le_bytes(*b))
}

/// Little-endian u32 at `at`; 0 outside.
#[inline(always)]
pub(crate) fn u32_le(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk::<4>()).map_or(0, |b| u32::from_le_bytes(*b))
}
