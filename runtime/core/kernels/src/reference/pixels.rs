//! Single elements of byte tensors.

use crate::{Fault, Memory, Rows};

/// The int8 at `index`.
#[inline(always)]
pub(super) fn int8_at(bytes: &[u8], index: usize) -> Result<i32, Fault> {
    bytes.get(index).map(|&byte| byte as i8 as i32).ok_or(Fault)
}

/// The little-endian f32 at element `index`.
#[inline(always)]
pub(super) fn float_at(bytes: &[u8], index: usize) -> Result<f32, Fault> {
    let start = index.checked_mul(4).ok_or(Fault)?;
    bytes.get(start..).and_then(|rest| rest.first_chunk()).map(|chunk| f32::from_le_bytes(*chunk)).ok_or(Fault)
}

/// The int8 of channel `channel` of pixel (`row`, `x`).
pub(super) fn pixel_int8(
    memory: &Memory<'_>,
    image: &Rows,
    row: usize,
    x: usize,
    channel: usize,
) -> Result<i32, Fault> {
    int8_at(memory.read(image.pixels(row, x, 1)?)?, channel)
}

/// The f32 of channel `channel` of pixel (`row`, `x`).
pub(super) fn pixel_float(
    memory: &Memory<'_>,
    image: &Rows,
    row: usize,
    x: usize,
    channel: usize,
) -> Result<f32, Fault> {
    float_at(memory.read(image.pixels(row, x, 1)?)?, channel)
}

/// Puts an int8 into channel `channel` of pixel (`row`, `x`).
pub(super) fn put_int8(
    memory: &mut Memory<'_>,
    image: &Rows,
    row: usize,
    x: usize,
    channel: usize,
    value: i32,
) -> Result<(), Fault> {
    let pixel = memory.write(image.pixels(row, x, 1)?)?;
    *pixel.get_mut(channel).ok_or(Fault)? = value as u8;
    Ok(())
}

/// Puts an f32 into channel `channel` of pixel (`row`, `x`).
pub(super) fn put_float(
    memory: &mut Memory<'_>,
    image: &Rows,
    row: usize,
    x: usize,
    channel: usize,
    value: f32,
) -> Result<(), Fault> {
    let start = channel.checked_mul(4).ok_or(Fault)?;
    let pixel = memory.write(image.pixels(row, x, 1)?)?;
    let slot = pixel.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<4>()).ok_or(Fault)?;
    *slot = value.to_le_bytes();
    Ok(())
}

/// The input position `at × stride + tap × dilation − pad`, when it lies in 0..`limit`.
pub(super) fn tap_position(
    at: usize,
    stride: usize,
    tap: usize,
    dilation: usize,
    pad: usize,
    limit: usize,
) -> Option<usize> {
    let padded = at.wrapping_mul(stride).wrapping_add(tap.wrapping_mul(dilation));
    padded.checked_sub(pad).filter(|&position| position < limit)
}
