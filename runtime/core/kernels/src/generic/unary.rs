//! Elementwise operators of one input.

use crate::arguments::{Lookup8, UnaryF32, UnaryKindF32};
use crate::blocks::each_block;
use crate::{Fault, Memory};
use core::ops::Range;

/// Every 8-bit function of an 8-bit value.
pub fn lookup_8(memory: &mut Memory<'_>, arguments: &Lookup8, units: Range<usize>) -> Result<(), Fault> {
    let table: &[u8; 256] = memory.constant(arguments.table)?.try_into().map_err(|_| Fault)?;
    each_block(memory, arguments.input, arguments.output, units, |from, to| {
        for (to, &byte) in to.iter_mut().zip(from) {
            *to = table.get(byte as usize).copied().unwrap_or(0);
        }
    })
}

/// Elementwise function on float32.
pub fn unary_f32(memory: &mut Memory<'_>, arguments: &UnaryF32, units: Range<usize>) -> Result<(), Fault> {
    let start = units.start.checked_mul(4).ok_or(Fault)?;
    let end = units.end.checked_mul(4).ok_or(Fault)?;
    each_block(memory, arguments.input, arguments.output, start..end, |from, to| {
        for (to, from) in to.as_chunks_mut::<4>().0.iter_mut().zip(from.as_chunks::<4>().0) {
            *to = function(arguments.kind, f32::from_le_bytes(*from)).to_le_bytes();
        }
    })
}

/// Above this logistic is 1: the reference's cutoff.
const LOGISTIC_UPPER: f32 = 16.619_047;
/// Below this logistic is e^x: the reference's cutoff.
const LOGISTIC_LOWER: f32 = -9.0;

/// The value of `kind` at `x`.
#[inline(always)]
fn function(kind: UnaryKindF32, x: f32) -> f32 {
    match kind {
        UnaryKindF32::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        UnaryKindF32::Relu6 => x.clamp(0.0, 6.0),
        UnaryKindF32::ReluN1To1 => x.clamp(-1.0, 1.0),
        UnaryKindF32::LeakyRelu(alpha) => {
            if x > 0.0 {
                x
            } else {
                x * alpha
            }
        }
        UnaryKindF32::Logistic => {
            if x > LOGISTIC_UPPER {
                1.0
            } else if x < LOGISTIC_LOWER {
                libm::expf(x)
            } else {
                1.0 / (1.0 + libm::expf(-x))
            }
        }
        UnaryKindF32::Tanh => libm::tanhf(x),
        UnaryKindF32::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
    }
}
