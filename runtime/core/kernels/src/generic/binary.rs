//! Elementwise operators of two inputs with broadcasting.

use crate::arguments::{
    AddI8, Binary, BinaryF32, BinaryF32Parameters, BinaryKindF32, Broadcast, Extremum, ExtremumI8, MultiplyI8,
};
use crate::blocks::{BLOCK_BYTES, Block, Walker, copy_bytes, load, pair, store};
use crate::{Fault, Memory, Span, elements};
use core::ops::Range;

/// ADD or SUB on int8.
pub fn add_i8(memory: &mut Memory<'_>, arguments: &AddI8, units: Range<usize>) -> Result<(), Fault> {
    add_i8_inline(memory, arguments, units)
}

/// [`add_i8`], to be compiled again where more instructions may be used.
#[inline(always)]
pub(crate) fn add_i8_inline(memory: &mut Memory<'_>, arguments: &AddI8, units: Range<usize>) -> Result<(), Fault> {
    let parameters = arguments.parameters;
    binary::<1, _>(memory, arguments, units, |a, b, output| {
        for (output, (&a, &b)) in output.iter_mut().zip(a.iter().zip(b)) {
            *output = elements::add(a as i8, b as i8, &parameters) as u8;
        }
    })
}

/// MUL on int8.
pub fn multiply_i8(memory: &mut Memory<'_>, arguments: &MultiplyI8, units: Range<usize>) -> Result<(), Fault> {
    let parameters = arguments.parameters;
    binary::<1, _>(memory, arguments, units, |a, b, output| {
        for (output, (&a, &b)) in output.iter_mut().zip(a.iter().zip(b)) {
            *output = elements::multiply(a as i8, b as i8, &parameters) as u8;
        }
    })
}

/// MAXIMUM or MINIMUM on int8.
pub fn extremum_i8(memory: &mut Memory<'_>, arguments: &ExtremumI8, units: Range<usize>) -> Result<(), Fault> {
    match arguments.parameters {
        Extremum::Maximum => bytewise(memory, arguments, units, |a, b| a.max(b)),
        Extremum::Minimum => bytewise(memory, arguments, units, |a, b| a.min(b)),
    }
}

#[inline(always)]
fn bytewise(
    memory: &mut Memory<'_>,
    arguments: &ExtremumI8,
    units: Range<usize>,
    choose: impl Fn(i8, i8) -> i8,
) -> Result<(), Fault> {
    binary::<1, _>(memory, arguments, units, |a, b, output| {
        for (output, (&a, &b)) in output.iter_mut().zip(a.iter().zip(b)) {
            *output = choose(a as i8, b as i8) as u8;
        }
    })
}

/// Elementwise operator on float32.
pub fn binary_f32(memory: &mut Memory<'_>, arguments: &BinaryF32, units: Range<usize>) -> Result<(), Fault> {
    match arguments.parameters.kind {
        BinaryKindF32::Add => floats(memory, arguments, units, |a, b| a + b),
        BinaryKindF32::Subtract => floats(memory, arguments, units, |a, b| a - b),
        BinaryKindF32::Multiply => floats(memory, arguments, units, |a, b| a * b),
        BinaryKindF32::Maximum => floats(memory, arguments, units, |a, b| if a > b { a } else { b }),
        BinaryKindF32::Minimum => floats(memory, arguments, units, |a, b| if a < b { a } else { b }),
    }
}

#[inline(always)]
fn floats(
    memory: &mut Memory<'_>,
    arguments: &BinaryF32,
    units: Range<usize>,
    operator: impl Fn(f32, f32) -> f32,
) -> Result<(), Fault> {
    let BinaryF32Parameters { activation_min, activation_max, .. } = arguments.parameters;
    binary::<4, _>(memory, arguments, units, |a, b, output| {
        let inputs = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
        for (output, (a, b)) in output.as_chunks_mut::<4>().0.iter_mut().zip(inputs) {
            let value = operator(f32::from_le_bytes(*a), f32::from_le_bytes(*b));
            *output = value.max(activation_min).min(activation_max).to_le_bytes();
        }
    })
}

/// Walks the output in runs of the last axis, and each run in blocks.
#[inline(always)]
pub(super) fn binary<const ELEMENT_BYTES: usize, P>(
    memory: &mut Memory<'_>,
    arguments: &Binary<P>,
    units: Range<usize>,
    compute: impl Fn(&[u8], &[u8], &mut [u8]),
) -> Result<(), Fault> {
    let Broadcast { extents, a_strides, b_strides } = arguments.broadcast;
    let [e0, e1, e2, e3, e4, run] = extents;
    let [a0, a1, a2, a3, a4, a_step] = a_strides;
    let [b0, b1, b2, b3, b4, b_step] = b_strides;
    let strides = pair([a0, a1, a2, a3, a4, 0], [b0, b1, b2, b3, b4, 0]);
    let mut walker = Walker::new([e0, e1, e2, e3, e4, 1], strides);
    let mut at = units.start;
    if at >= units.end {
        return Ok(());
    }
    walker.seek(at.checked_div(run).ok_or(Fault)?)?;
    let mut inside = at.checked_rem(run).ok_or(Fault)?;
    let (mut a, mut b, mut output) = ([0; BLOCK_BYTES], [0; BLOCK_BYTES], [0; BLOCK_BYTES]);
    while at < units.end {
        let [a_start, b_start] = walker.offsets;
        let end = run.min(inside.saturating_add(units.end.wrapping_sub(at)));
        while inside < end {
            let count = end.wrapping_sub(inside).min(const { BLOCK_BYTES / ELEMENT_BYTES });
            let bytes = count.wrapping_mul(ELEMENT_BYTES);
            let a_at = a_start.wrapping_add(inside.wrapping_mul(a_step));
            let b_at = b_start.wrapping_add(inside.wrapping_mul(b_step));
            load_run::<ELEMENT_BYTES>(memory, arguments.a, a_at, a_step, count, &mut a)?;
            load_run::<ELEMENT_BYTES>(memory, arguments.b, b_at, b_step, count, &mut b)?;
            if bytes == BLOCK_BYTES {
                compute(&a, &b, &mut output);
            } else {
                let a = a.get(..bytes).ok_or(Fault)?;
                let b = b.get(..bytes).ok_or(Fault)?;
                compute(a, b, output.get_mut(..bytes).ok_or(Fault)?);
            }
            store(memory, arguments.output.part(at.wrapping_mul(ELEMENT_BYTES), bytes)?, &output)?;
            inside = inside.wrapping_add(count);
            at = at.wrapping_add(count);
        }
        inside = 0;
        walker.advance();
    }
    Ok(())
}

/// Reads `count` elements from element `at` on, `step` elements apart, into the front of a block.
#[inline(always)]
fn load_run<const ELEMENT_BYTES: usize>(
    memory: &Memory<'_>,
    span: Span,
    at: usize,
    step: usize,
    count: usize,
    block: &mut Block,
) -> Result<(), Fault> {
    let start = at.wrapping_mul(ELEMENT_BYTES);
    if step == 1 || count == 1 {
        return load(memory, span.part(start, count.wrapping_mul(ELEMENT_BYTES))?, block);
    }
    let stride = step.wrapping_mul(ELEMENT_BYTES);
    let length = stride.wrapping_mul(count.wrapping_sub(1)).wrapping_add(ELEMENT_BYTES);
    let mut bytes = memory.read(span.part(start, length)?)?;
    for element in block.chunks_exact_mut(ELEMENT_BYTES).take(count) {
        copy_bytes(element, bytes.get(..ELEMENT_BYTES).ok_or(Fault)?);
        bytes = bytes.get(stride..).unwrap_or(&[]);
    }
    Ok(())
}
