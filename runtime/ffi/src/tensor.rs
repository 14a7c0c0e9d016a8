//! What C is told about a tensor.

use mote_format::{ElementType, TensorRecord};

/// Most axes a tensor has.
pub const MAX_RANK: usize = 6;

/// Elements are signed bytes.
pub const TYPE_I8: i32 = 0;
/// Elements are unsigned bytes.
pub const TYPE_U8: i32 = 1;
/// Elements are `int16_t`, little-endian, as are all of several bytes.
pub const TYPE_I16: i32 = 2;
/// Elements are `int32_t`.
pub const TYPE_I32: i32 = 3;
/// Elements are `int64_t`.
pub const TYPE_I64: i32 = 4;
/// Elements are `float`.
pub const TYPE_F32: i32 = 5;
/// Elements are bytes, 0 or 1.
pub const TYPE_BOOL: i32 = 6;

// They are those of the file format.
const _: () = {
    assert!(MAX_RANK == mote_format::MAX_RANK);
    assert!(TYPE_I8 == ElementType::I8 as i32 && TYPE_U8 == ElementType::U8 as i32);
    assert!(TYPE_I16 == ElementType::I16 as i32 && TYPE_I32 == ElementType::I32 as i32);
    assert!(TYPE_I64 == ElementType::I64 as i32 && TYPE_F32 == ElementType::F32 as i32);
    assert!(TYPE_BOOL == ElementType::Bool as i32);
};

/// An input or output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    /// One of the `MOTE_TYPE_` constants.
    pub element_type: i32,
    /// Number of axes, at most `MOTE_MAX_RANK`.
    pub rank: u32,
    /// Extents, outermost first; 1 beyond the rank.
    pub shape: [u32; MAX_RANK],
    /// Product of the extents.
    pub elements: u32,
    /// Bytes of all elements.
    pub bytes: u32,
    /// Scale of stored integers; 0 when not quantised.
    pub scale: f32,
    /// Zero point of stored integers.
    pub zero_point: i32,
}

impl From<TensorRecord> for Tensor {
    fn from(record: TensorRecord) -> Self {
        let mut shape = [1; MAX_RANK];
        shape.iter_mut().zip(record.shape.extents()).for_each(|(slot, &extent)| *slot = extent);
        Self {
            element_type: record.element_type as i32,
            rank: record.shape.rank() as u32,
            shape,
            elements: record.shape.elements() as u32,
            bytes: record.bytes,
            scale: record.scale,
            zero_point: record.zero_point,
        }
    }
}
