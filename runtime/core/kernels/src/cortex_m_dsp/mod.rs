//! Cortex-M4, M7, M33 and others with the DSP instructions of Armv7E-M: two 16-bit products in one instruction.
//!
//! Functions have the names and signatures of [`crate::generic`] and give the same bits. The module is there where
//! every processor of the target has the instructions (`thumbv7em`), and with the feature `cortex-m-dsp` on
//! `thumbv8m.main`, where they are optional: never set it for a processor without them.
//!
//! Each of `dot`, `taps` and `output` holds one or two loops in assembly (no intrinsics for them are stable) behind
//! safe functions that check lengths; everything else is ordinary code.

/// Assembly that may name DSP instructions. Where the target's name does not promise them, the assembler is told of a
/// processor that has them.
macro_rules! dsp_asm {
    ($($arguments:tt)*) => {
        core::arch::asm!(
            #[cfg(cortex_m_dsp_optional)]
            ".cpu cortex-m33",
            $($arguments)*
        )
    };
}

mod depthwise;
mod dot;
mod output;
mod pixels;
pub(crate) mod scan;
mod taps;

pub use depthwise::depthwise_i8;

use crate::arguments::{Conv2dI8, FullyConnectedI8};
use crate::generic::{conv2d_i8_rows, fully_connected_i8_blocks};
use crate::{Fault, Memory};
use core::ops::Range;

/// CONV_2D on int8, as [`crate::generic::conv2d_i8`].
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn conv2d_i8(memory: &mut Memory<'_>, arguments: &Conv2dI8, rows: Range<usize>) -> Result<(), Fault> {
    conv2d_i8_rows::<pixels::Dsp>(memory, arguments, rows)
}

/// FULLY_CONNECTED on int8, as [`crate::generic::fully_connected_i8`].
#[inline(never)]
pub fn fully_connected_i8(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    fully_connected_i8_blocks::<pixels::Dsp>(memory, arguments, blocks)
}

/// A zero point, negated, in both halves of a word: what SXTAB16 adds to two inputs while it widens them.
#[inline(always)]
fn negated_twice(zero_point: i32) -> u32 {
    let half = zero_point.wrapping_neg() as u32 & 0xFFFF;
    half | half << 16
}
