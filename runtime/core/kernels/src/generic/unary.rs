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
        UnaryKindF32::Logistic => logistic(x),
        UnaryKindF32::Tanh => libm::tanhf(x),
        UnaryKindF32::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        UnaryKindF32::Abs => x.abs(),
        UnaryKindF32::Exp => libm::expf(x),
        UnaryKindF32::Log => libm::logf(x),
        UnaryKindF32::Sqrt => libm::sqrtf(x),
        UnaryKindF32::Rsqrt => 1.0 / libm::sqrtf(x),
        UnaryKindF32::Reciprocal => 1.0 / x,
        UnaryKindF32::Negate => -x,
        UnaryKindF32::Erf => libm::erff(x),
        UnaryKindF32::Gelu => 0.5 * x * (1.0 + libm::erff(x * core::f32::consts::FRAC_1_SQRT_2)),
        UnaryKindF32::GeluTanh => 0.5 * x * (1.0 + libm::tanhf(GELU_TANH_FACTOR * (x + 0.044_715 * x * x * x))),
        UnaryKindF32::Silu => x * logistic(x),
        UnaryKindF32::Mish => x * libm::tanhf(softplus(x)),
        UnaryKindF32::Softplus => softplus(x),
        UnaryKindF32::Floor => libm::floorf(x),
        UnaryKindF32::Ceil => libm::ceilf(x),
        UnaryKindF32::Round => libm::rintf(x),
        UnaryKindF32::Sign => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        UnaryKindF32::Elu(alpha) => {
            if x > 0.0 {
                x
            } else {
                alpha * libm::expm1f(x)
            }
        }
        UnaryKindF32::HardSigmoid(slope, offset) => (slope * x + offset).clamp(0.0, 1.0),
        // Not `clamp`, which panics on limits that contradict each other.
        UnaryKindF32::Clip(min, max) => x.max(min).min(max),
    }
}

/// 1 / (1 + e^−x).
#[inline(always)]
fn logistic(x: f32) -> f32 {
    if x > LOGISTIC_UPPER {
        1.0
    } else if x < LOGISTIC_LOWER {
        libm::expf(x)
    } else {
        1.0 / (1.0 + libm::expf(-x))
    }
}

/// √(2/π), of GELU's approximation by the hyperbolic tangent (Hendrycks and Gimpel, 2016).
const GELU_TANH_FACTOR: f32 = 0.797_884_6;

/// ln(1 + e^x) without overflow.
#[inline(always)]
fn softplus(x: f32) -> f32 {
    x.max(0.0) + libm::log1pf(libm::expf(-x.abs()))
}
