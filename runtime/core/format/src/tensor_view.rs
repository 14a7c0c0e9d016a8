//! A tensor record read field by field: the load-time check and the glue of operators need few fields of many records.

use crate::header::{byte, u16_le, u32_le};
use crate::{ElementType, Location, MAX_RANK, NOT_A_VIEW, Shape, TENSOR_RECORD_BYTES, TensorRecord};

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

    /// True when both are the same record.
    #[inline(always)]
    pub fn is(self, other: TensorView<'_>) -> bool {
        core::ptr::eq(self.raw, other.raw)
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

    /// True only for what most tensors are: a sound record of an int8 tensor of two or four axes, whole and no view, in
    /// the first `arena_bytes` bytes of the arena, with a lifetime that ends at `end_step` at the latest. What else is
    /// sound takes longer to find out.
    #[inline(always)]
    pub fn is_plain(self, arena_bytes: u32, end_step: u32) -> bool {
        // Region and element type, then rows of the ring and base of the view.
        if u16_le(self.raw, 12) != 0 || u32_le(self.raw, 16) != (NOT_A_VIEW as u32) << 16 {
            return false;
        }
        let rank = byte(self.raw, 14);
        let product = |a: u32, b: u32| {
            let product = u64::from(a) * u64::from(b);
            (product as u32, (product >> 32) as u32)
        };
        let (mut elements, mut overflow) = product(self.extent(0), self.extent(1));
        if rank == 4 {
            let (others, second) = product(self.extent(2), self.extent(3));
            let (all, third) = product(elements, others);
            (elements, overflow) = (all, overflow | second | third);
        } else if rank != 2 {
            return false;
        }
        let in_bounds = arena_bytes.checked_sub(self.offset()).is_some_and(|room| elements <= room);
        let lives = self.first_step() <= self.last_step() && u32::from(self.last_step()) <= end_step;
        let zero_point = self.zero_point();
        overflow == 0
            && (1..=i32::MAX as u32).contains(&elements)
            && elements == self.bytes()
            && in_bounds
            && lives
            && zero_point == zero_point as i8 as i32
            && self.has_valid_scale()
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
            4 => {
                let extent = |axis| self.extent(axis) as usize;
                Some([extent(0), extent(1), extent(2), extent(3)])
            }
            _ => self.nhwc(),
        }
    }
}

/// Tensor records one after the other.
#[derive(Clone, Debug)]
pub struct TensorViews<'a> {
    records: core::slice::Iter<'a, [u8; TENSOR_RECORD_BYTES]>,
}

impl<'a> TensorViews<'a> {
    #[inline(always)]
    pub(crate) fn new(records: &'a [[u8; TENSOR_RECORD_BYTES]]) -> Self {
        Self { records: records.iter() }
    }
}

impl<'a> Iterator for TensorViews<'a> {
    type Item = TensorView<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<TensorView<'a>> {
        self.records.next().map(TensorView::new)
    }
}
