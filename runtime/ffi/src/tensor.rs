//! What C is told about a tensor.

use mote_format::{MAX_RANK, TensorRecord};

/// `mote_tensor_t`: an input or output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    /// One of the `MOTE_TYPE_` constants, which are those of the file format.
    pub element_type: i32,
    /// Number of axes, at most 6.
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
