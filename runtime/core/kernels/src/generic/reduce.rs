//! Sums over axes.

use crate::arguments::{ReduceAxes, ReduceF32, ReduceFinish, ReduceI8};
use crate::blocks::{BLOCK_BYTES, Walker, copy_bytes};
use crate::{Fault, Memory, Span};
use core::ops::Range;
use mote_numbers::requantize;

impl ReduceFinish {
    /// The output of a sum.
    #[inline(always)]
    pub(crate) fn finish(&self, sum: i32) -> i8 {
        let scaled = requantize(sum.wrapping_add(self.sum_offset), self.multiplier);
        scaled.wrapping_add(self.output_zero_point as i32).clamp(-128, 127) as i8
    }
}

/// MEAN or SUM on int8.
pub fn reduce_i8(memory: &mut Memory<'_>, arguments: &ReduceI8, units: Range<usize>) -> Result<(), Fault> {
    let finish = arguments.finish;
    reduce::<1, i32>(
        memory,
        (arguments.input, arguments.output),
        &arguments.axes,
        units,
        0,
        |sum, byte| sum.wrapping_add(i8::from_le_bytes(byte) as i32),
        |sum| finish.finish(sum).to_le_bytes(),
    )
}

/// MEAN or SUM on float32.
pub fn reduce_f32(memory: &mut Memory<'_>, arguments: &ReduceF32, units: Range<usize>) -> Result<(), Fault> {
    let divisor = arguments.divisor;
    reduce::<4, f32>(
        memory,
        (arguments.input, arguments.output),
        &arguments.axes,
        units,
        0.0,
        |sum, bytes| sum + f32::from_le_bytes(bytes),
        |sum| (sum / divisor).to_le_bytes(),
    )
}

/// Reduces block after block of neighbouring outputs where the last kept axis is contiguous in the input (a mean over
/// rows and columns), one output after the other elsewhere.
#[inline(always)]
fn reduce<const ELEMENT_BYTES: usize, A: Copy>(
    memory: &mut Memory<'_>,
    (input, output): (Span, Span),
    axes: &ReduceAxes,
    units: Range<usize>,
    start: A,
    take: impl Fn(A, [u8; ELEMENT_BYTES]) -> A,
    finish: impl Fn(A) -> [u8; ELEMENT_BYTES],
) -> Result<(), Fault> {
    let [k0, k1, k2, k3, k4, run] = axes.kept_extents;
    let [s0, s1, s2, s3, s4, step] = axes.kept_strides;
    let [r0, r1, r2, r3, r4, line] = axes.reduced_extents;
    let [t0, t1, t2, t3, t4, line_step] = axes.reduced_strides;
    let mut kept = Walker::new([k0, k1, k2, k3, k4, 1], [s0, s1, s2, s3, s4, 0].map(|stride| [stride]));
    let line_count = [r0, r1, r2, r3, r4].iter().try_fold(1usize, |all, &one| all.checked_mul(one)).ok_or(Fault)?;
    let block = if step == 1 { BLOCK_BYTES / ELEMENT_BYTES } else { 1 };
    let mut at = units.start;
    if at >= units.end {
        return Ok(());
    }
    kept.seek(at.checked_div(run).ok_or(Fault)?)?;
    let mut inside = at.checked_rem(run).ok_or(Fault)?;
    while at < units.end {
        let count = run.wrapping_sub(inside).min(block).min(units.end.wrapping_sub(at));
        let mut sums = [start; BLOCK_BYTES];
        let [kept_at] = kept.offsets;
        let first = kept_at.wrapping_add(inside.wrapping_mul(step));
        let mut reduced = Walker::new([r0, r1, r2, r3, r4, 1], [t0, t1, t2, t3, t4, 0].map(|stride| [stride]));
        let bytes = memory.read(input)?;
        for _ in 0..line_count {
            let [reduced_at] = reduced.offsets;
            let mut element = first.wrapping_add(reduced_at);
            if count == 1 && line_step == 1 {
                let line = elements::<ELEMENT_BYTES>(bytes, element, line)?;
                if let Some(sum) = sums.first_mut() {
                    *sum = line.iter().fold(*sum, |sum, element| take(sum, *element));
                }
            } else {
                for _ in 0..line {
                    let row = elements::<ELEMENT_BYTES>(bytes, element, count)?;
                    for (sum, element) in sums.iter_mut().zip(row) {
                        *sum = take(*sum, *element);
                    }
                    element = element.wrapping_add(line_step);
                }
            }
            reduced.advance();
        }
        let part = output.part(at.wrapping_mul(ELEMENT_BYTES), count.wrapping_mul(ELEMENT_BYTES))?;
        for (output, sum) in memory.write(part)?.chunks_exact_mut(ELEMENT_BYTES).zip(sums) {
            copy_bytes(output, &finish(sum));
        }
        at = at.wrapping_add(count);
        inside = inside.wrapping_add(count);
        if inside >= run {
            inside = 0;
            kept.advance();
        }
    }
    Ok(())
}

/// `count` elements from element `first` on.
#[inline(always)]
fn elements<const ELEMENT_BYTES: usize>(
    bytes: &[u8],
    first: usize,
    count: usize,
) -> Result<&[[u8; ELEMENT_BYTES]], Fault> {
    let start = first.wrapping_mul(ELEMENT_BYTES);
    let end = start.wrapping_add(count.wrapping_mul(ELEMENT_BYTES));
    Ok(bytes.get(start..end).ok_or(Fault)?.as_chunks().0)
}
