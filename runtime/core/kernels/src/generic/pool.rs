//! Pooling: a block of channels at a time, summed over the window.

use crate::arguments::{PoolF32, PoolI8};
use crate::blocks::BLOCK_BYTES;
use crate::pixel::{overlap, write_pixel};
use crate::{Fault, Memory, Rows, Walk, Window, elements};
use core::ops::Range;

/// Average pooling on int8.
pub fn average_pool_i8(memory: &mut Memory<'_>, arguments: &PoolI8, units: Range<usize>) -> Result<(), Fault> {
    let &PoolI8 { input, output, window, walk, activation_min, activation_max } = arguments;
    let pool = Pool { input, output, window, walk };
    pool.rows::<1, i32>(
        memory,
        units,
        0,
        |sum, byte: [u8; 1]| sum.wrapping_add(i8::from_le_bytes(byte) as i32),
        |sum, count| {
            let average = elements::rounded_average(sum, count as i32);
            [average.max(activation_min as i32).min(activation_max as i32) as u8]
        },
    )
}

/// Maximum pooling on int8.
pub fn max_pool_i8(memory: &mut Memory<'_>, arguments: &PoolI8, units: Range<usize>) -> Result<(), Fault> {
    let &PoolI8 { input, output, window, walk, activation_min, activation_max } = arguments;
    let pool = Pool { input, output, window, walk };
    pool.rows::<1, i8>(
        memory,
        units,
        i8::MIN,
        |largest, byte| largest.max(i8::from_le_bytes(byte)),
        |largest, _| largest.max(activation_min).min(activation_max).to_le_bytes(),
    )
}

/// Average pooling on float32.
pub fn average_pool_f32(memory: &mut Memory<'_>, arguments: &PoolF32, units: Range<usize>) -> Result<(), Fault> {
    let &PoolF32 { input, output, window, walk, activation_min, activation_max } = arguments;
    let pool = Pool { input, output, window, walk };
    pool.rows::<4, f32>(
        memory,
        units,
        0.0,
        |sum, bytes| sum + f32::from_le_bytes(bytes),
        |sum, count| (sum / count as f32).max(activation_min).min(activation_max).to_le_bytes(),
    )
}

/// Maximum pooling on float32.
pub fn max_pool_f32(memory: &mut Memory<'_>, arguments: &PoolF32, units: Range<usize>) -> Result<(), Fault> {
    let &PoolF32 { input, output, window, walk, activation_min, activation_max } = arguments;
    let pool = Pool { input, output, window, walk };
    pool.rows::<4, f32>(
        memory,
        units,
        f32::MIN,
        |largest, bytes| largest.max(f32::from_le_bytes(bytes)),
        |largest, _| largest.max(activation_min).min(activation_max).to_le_bytes(),
    )
}

/// What pooling operators share.
pub(super) struct Pool {
    pub input: Rows,
    pub output: Rows,
    pub window: Window,
    pub walk: Walk,
}

impl Pool {
    /// Makes rows `units`: `take` adds an element to a channel's accumulator, `finish` makes the output of it and of
    /// the elements taken.
    #[inline(always)]
    pub fn rows<const ELEMENT_BYTES: usize, A: Copy>(
        &self,
        memory: &mut Memory<'_>,
        units: Range<usize>,
        start: A,
        take: impl Fn(A, [u8; ELEMENT_BYTES]) -> A,
        finish: impl Fn(A, usize) -> [u8; ELEMENT_BYTES],
    ) -> Result<(), Fault> {
        let Self { input, output, window, walk } = self;
        let staged = overlap(input, output);
        for unit in units {
            let row = walk.at(unit, output.total_rows());
            let image = row.checked_div(output.height).ok_or(Fault)?;
            let y = row.checked_rem(output.height).ok_or(Fault)?;
            let (first_ky, end_ky) = window.rows_inside(y, input.height);
            // Rows and columns of padding are never reached, so that neither difference wraps for good.
            let origin_y = image
                .wrapping_mul(input.height)
                .wrapping_add(y.wrapping_mul(window.stride_height))
                .wrapping_sub(window.pad_top);
            for step in 0..output.width {
                let x = walk.at(step, output.width);
                let (first_kx, end_kx) = window.columns_inside(x, input.width);
                let columns = end_kx.wrapping_sub(first_kx);
                let count = columns.wrapping_mul(end_ky.wrapping_sub(first_ky));
                let left = x.wrapping_mul(window.stride_width).wrapping_sub(window.pad_left).wrapping_add(first_kx);
                write_pixel(memory, output.pixels(row, x, 1)?, staged, |memory, first_byte, part| {
                    let mut sums = [start; BLOCK_BYTES];
                    let part_end = first_byte.wrapping_add(part.len());
                    for ky in first_ky..end_ky {
                        let pixels = memory.read(input.pixels(origin_y.wrapping_add(ky), left, columns)?)?;
                        let mut rest = pixels;
                        while let Some((pixel, next)) = rest.split_at_checked(input.pixel_bytes()) {
                            if pixel.is_empty() {
                                return Err(Fault);
                            }
                            let channels = pixel.get(first_byte..part_end).ok_or(Fault)?;
                            for (sum, element) in sums.iter_mut().zip(channels.as_chunks::<ELEMENT_BYTES>().0) {
                                *sum = take(*sum, *element);
                            }
                            rest = next;
                        }
                    }
                    for (output, sum) in part.as_chunks_mut::<ELEMENT_BYTES>().0.iter_mut().zip(sums) {
                        *output = finish(sum, count);
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}
