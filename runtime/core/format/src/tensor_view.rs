//! A tensor record read field by field: the load-time check and the glue of operators need few fields of many records.

use crate::header::{byte, u16_le, u32_le};
use crate::{ElementType, Location, MAX_RANK, Shape, TENSOR_RECORD_BYTES, TensorRecord};

/// A tensor record where it stands in the file. Fields are those of [`TensorRecord`]; each is read when asked for.
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    raw: &'a [u8; TENSOR_RECORD_BYTES],
}

impl<'a> TensorView<'a> {
    #[inline(always)]
    pub(crate) fn new(raw: &'a [u8; TENSOR_RECORD_BYTES]) -> Self {
        Self { raw }
    }

    /// The whole record; none when region, element type or rank is out of range.
    #[inline(always)]
    pub fn record(self) -> Option<TensorRecord> {
        let rank = self.checked_rank()?;
        let mut shape = Shape { extents: [1; MAX_RANK], rank };
        for (axis, slot) in shape.extents.iter_mut().enumerate().take(rank.into()) {
            *slot = self.extent(axis);
        }
        Some(TensorRecord {
            offset: self.offset(),
            bytes: self.bytes(),
            first_step: self.first_step(),
            last_step: self.last_step(),
            location: self.checked_location()?,
            element_type: self.checked_element_type()?,
            ring_rows: self.ring_rows(),
            view_of: self.view_of(),
            scale: self.scale(),
            zero_point: self.zero_point(),
            shape,
        })
    }

    /// See [`TensorRecord::offset`].
    #[inline(always)]
    pub fn offset(self) -> u32 {
        u32_le(self.raw, 0)
    }

    /// See [`TensorRecord::bytes`].
    #[inline(always)]
    pub fn bytes(self) -> u32 {
        u32_le(self.raw, 4)
    }

    /// See [`TensorRecord::first_step`].
    #[inline(always)]
    pub fn first_step(self) -> u16 {
        u16_le(self.raw, 8)
    }

    /// See [`TensorRecord::last_step`].
    #[inline(always)]
    pub fn last_step(self) -> u16 {
        u16_le(self.raw, 10)
    }

    /// Region; none when the record names none.
    #[inline(always)]
    pub fn checked_location(self) -> Option<Location> {
        Some(match byte(self.raw, 12) {
            0 => Location::Arena,
            1 => Location::Constant,
            2 => Location::State,
            _ => return None,
        })
    }

    /// Region of a record known to name one; any other number counts as state.
    #[inline(always)]
    pub fn location(self) -> Location {
        self.checked_location().unwrap_or(Location::State)
    }

    /// True for a tensor of the arena.
    #[inline(always)]
    pub fn in_arena(self) -> bool {
        byte(self.raw, 12) == Location::Arena as u8
    }

    /// True when both tensors live in one region.
    #[inline(always)]
    pub fn is_beside(self, other: TensorView<'_>) -> bool {
        byte(self.raw, 12) == byte(other.raw, 12)
    }

    /// Element type; none when the record names none.
    #[inline(always)]
    pub fn checked_element_type(self) -> Option<ElementType> {
        ElementType::from_code(byte(self.raw, 13))
    }

    /// Element type of a record known to name one; any other number counts as bool.
    #[inline(always)]
    pub fn element_type(self) -> ElementType {
        self.checked_element_type().unwrap_or(ElementType::Bool)
    }

    /// Rank; none above [`MAX_RANK`].
    #[inline(always)]
    pub fn checked_rank(self) -> Option<u8> {
        let rank = byte(self.raw, 14);
        (rank as usize <= MAX_RANK).then_some(rank)
    }

    /// Number of axes of a record known to have at most [`MAX_RANK`].
    #[inline(always)]
    pub fn rank(self) -> usize {
        byte(self.raw, 14) as usize
    }

    /// See [`TensorRecord::ring_rows`].
    #[inline(always)]
    pub fn ring_rows(self) -> u16 {
        u16_le(self.raw, 16)
    }

    /// See [`TensorRecord::view_of`].
    #[inline(always)]
    pub fn view_of(self) -> u16 {
        u16_le(self.raw, 18)
    }

    /// See [`TensorRecord::scale`].
    #[inline(always)]
    pub fn scale(self) -> f32 {
        f32::from_bits(u32_le(self.raw, 20))
    }

    /// True when the scale is a finite number and not negative.
    #[inline(always)]
    pub fn has_valid_scale(self) -> bool {
        // The bit patterns of these numbers, and of no others, are below that of infinity.
        u32_le(self.raw, 20) < f32::INFINITY.to_bits()
    }

    /// See [`TensorRecord::zero_point`].
    #[inline(always)]
    pub fn zero_point(self) -> i32 {
        u32_le(self.raw, 24) as i32
    }

    /// Extent of axis `axis`, below the rank.
    #[inline(always)]
    pub fn extent(self, axis: usize) -> u32 {
        u32_le(self.raw, 28 + axis * 4)
    }

    /// Extent of the last axis; none for a scalar.
    #[inline]
    pub fn last_extent(self) -> Option<u32> {
        self.rank().checked_sub(1).map(|axis| self.extent(axis))
    }

    /// True when both tensors have the same extents.
    pub fn has_shape_of(self, other: TensorView<'_>) -> bool {
        let rank = self.rank();
        rank == other.rank() && (0..rank).all(|axis| self.extent(axis) == other.extent(axis))
    }

    /// Number of elements; none when an extent is 0 or the product leaves 31 bits.
    #[inline(always)]
    pub fn checked_elements(self) -> Option<u32> {
        let mut product = 1u32;
        for axis in 0..self.checked_rank()? as usize {
            product = product.checked_mul(self.extent(axis))?;
        }
        (product > 0 && product <= i32::MAX as u32).then_some(product)
    }

    /// The shape with leading ones as [batch, height, width, channels]; none above rank 4.
    #[inline]
    pub fn nhwc(self) -> Option<[usize; 4]> {
        let skip = 4usize.checked_sub(self.rank())?;
        let mut out = [1; 4];
        for (axis, slot) in out.iter_mut().skip(skip).enumerate() {
            *slot = self.extent(axis) as usize;
        }
        Some(out)
    }

    /// As [`TensorView::nhwc`], with four axes the short way: images have them.
    #[inline(always)]
    pub fn image(self) -> Option<[usize; 4]> {
        match self.rank() {
            4 => Some([0, 1, 2, 3].map(|axis| self.extent(axis) as usize)),
            _ => self.nhwc(),
        }
    }
}
