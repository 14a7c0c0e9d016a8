//! Tensor records: fixed size, so that any record is found and read in a few instructions.

/// Most axes a tensor may have.
pub const MAX_RANK: usize = 6;
/// [`TensorRecord::view_of`] of a tensor that is no view.
pub const NOT_A_VIEW: u16 = u16::MAX;
/// Bytes of a tensor record.
pub const TENSOR_RECORD_BYTES: usize = 52;

/// Element type of a tensor. Multi-byte elements are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ElementType {
    /// Signed 8-bit integer.
    I8 = 0,
    /// Unsigned 8-bit integer.
    U8 = 1,
    /// Signed 16-bit integer.
    I16 = 2,
    /// Signed 32-bit integer.
    I32 = 3,
    /// Signed 64-bit integer.
    I64 = 4,
    /// IEEE 754 single precision.
    F32 = 5,
    /// One byte, 0 or 1.
    Bool = 6,
}

impl ElementType {
    /// Bytes of one element.
    #[inline]
    pub const fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 => 8,
        }
    }

    /// Name as tools print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::Bool => "bool",
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::I8,
            1 => Self::U8,
            2 => Self::I16,
            3 => Self::I32,
            4 => Self::I64,
            5 => Self::F32,
            6 => Self::Bool,
            _ => return None,
        })
    }
}

/// Region a tensor lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Location {
    /// Arena.
    Arena = 0,
    /// Constant section.
    Constant = 1,
    /// State buffer.
    State = 2,
}

/// Extents of a tensor, at most [`MAX_RANK`], none of them 0; no extents is a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(crate) extents: [u32; MAX_RANK],
    pub(crate) rank: u8,
}

impl Shape {
    /// A shape of these extents; none when there are too many, one is 0, or the product leaves 31 bits.
    pub fn new(extents: &[u32]) -> Option<Self> {
        let mut shape = Self { extents: [1; MAX_RANK], rank: extents.len() as u8 };
        if extents.len() > MAX_RANK {
            return None;
        }
        let mut product = 1u32;
        for (slot, &extent) in shape.extents.iter_mut().zip(extents) {
            product = product.checked_mul(extent)?;
            *slot = extent;
        }
        (product > 0 && product <= i32::MAX as u32).then_some(shape)
    }

    /// The extents.
    pub fn extents(&self) -> &[u32] {
        self.extents.get(..self.rank as usize).unwrap_or(&[])
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.rank as usize
    }

    /// Number of elements.
    #[inline]
    pub fn elements(&self) -> usize {
        self.extents.iter().fold(1usize, |product, &extent| product.wrapping_mul(extent as usize))
    }

    /// Extent of axis `axis`; 1 beyond the rank.
    #[inline]
    pub fn extent(&self, axis: usize) -> usize {
        self.extents.get(axis).copied().unwrap_or(1) as usize
    }

    /// The shape with leading ones as [batch, height, width, channels]; none above rank 4.
    #[inline]
    pub fn nhwc(&self) -> Option<[usize; 4]> {
        let skip = 4usize.checked_sub(self.rank())?;
        let mut out = [1; 4];
        for (slot, &extent) in out.iter_mut().skip(skip).zip(self.extents()) {
            *slot = extent as usize;
        }
        Some(out)
    }
}

/// A tensor: where it lives, when, and what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorRecord {
    /// First byte in its region.
    pub offset: u32,
    /// Bytes it occupies: elements × element bytes, or fewer when it is a ring of rows.
    pub bytes: u32,
    /// Step that writes it: 0 for graph inputs, k + 1 for operator k.
    pub first_step: u16,
    /// Last step that reads it; one past the last operator's step for graph outputs.
    pub last_step: u16,
    /// Region.
    pub location: Location,
    /// Element type.
    pub element_type: ElementType,
    /// Rows of the ring it is held in; 0 when the whole tensor is held.
    pub ring_rows: u16,
    /// The arena tensor whose bytes this one shows in another shape; [`NOT_A_VIEW`] for a tensor of its own.
    pub view_of: u16,
    /// Scale of the stored integers; 0 when not quantised.
    pub scale: f32,
    /// Zero point of the stored integers.
    pub zero_point: i32,
    /// Extents.
    pub shape: Shape,
}

impl TensorRecord {
    /// The record's bytes, as the reader takes them.
    pub fn to_bytes(&self) -> [u8; TENSOR_RECORD_BYTES] {
        let mut raw = [0; TENSOR_RECORD_BYTES];
        let mut put = |at: usize, bytes: &[u8]| {
            for (slot, &value) in raw.iter_mut().skip(at).zip(bytes) {
                *slot = value;
            }
        };
        put(0, &self.offset.to_le_bytes());
        put(4, &self.bytes.to_le_bytes());
        put(8, &self.first_step.to_le_bytes());
        put(10, &self.last_step.to_le_bytes());
        put(12, &[self.location as u8, self.element_type as u8, self.shape.rank, 0]);
        put(16, &self.ring_rows.to_le_bytes());
        put(18, &self.view_of.to_le_bytes());
        put(20, &self.scale.to_bits().to_le_bytes());
        put(24, &self.zero_point.to_le_bytes());
        for (axis, extent) in self.shape.extents().iter().enumerate() {
            put(28 + axis * 4, &extent.to_le_bytes());
        }
        raw
    }
}
