//! Elements and sums of little-endian float32 tensors.

use crate::Fault;

/// The f32 at element `index`.
#[inline(always)]
pub(crate) fn float_at(bytes: &[u8], index: usize) -> Result<f32, Fault> {
    let (floats, _) = bytes.as_chunks::<4>();
    floats.get(index).map(|chunk| f32::from_le_bytes(*chunk)).ok_or(Fault)
}

/// Puts an f32 at element `index`.
#[inline(always)]
pub(crate) fn store_float(bytes: &mut [u8], index: usize, value: f32) -> Result<(), Fault> {
    let (floats, _) = bytes.as_chunks_mut::<4>();
    *floats.get_mut(index).ok_or(Fault)? = value.to_le_bytes();
    Ok(())
}

/// `count` f32 from element `first`, as bytes.
#[inline(always)]
pub(crate) fn floats(bytes: &[u8], first: usize, count: usize) -> Result<&[[u8; 4]], Fault> {
    let (floats, _) = bytes.as_chunks::<4>();
    floats.get(first..).and_then(|rest| rest.get(..count)).ok_or(Fault)
}

/// `total + left[i] × right[i] + …` over `count` elements from `left_first` and `right_first`, strictly in order: the
/// same bits on every target.
#[inline(always)]
pub(crate) fn add_products(
    total: f32,
    left: &[u8],
    left_first: usize,
    right: &[u8],
    right_first: usize,
    count: usize,
) -> Result<f32, Fault> {
    let pairs = floats(left, left_first, count)?.iter().zip(floats(right, right_first, count)?);
    Ok(pairs.fold(total, |sum, (a, b)| sum + f32::from_le_bytes(*a) * f32::from_le_bytes(*b)))
}
