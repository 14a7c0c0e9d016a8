//! SOFTMAX.

use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{SoftmaxI8, SoftmaxParameters};
use mote_kernels::{generic, reference};

/// SOFTMAX on int8.
pub static SOFTMAX: Family<SoftmaxI8> = Family {
    name: "softmax_i8",
    board_cases: 400,
    generate,
    reference: reference::softmax_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::softmax_i8 }],
    refuses_beyond: false,
};

/// Largest magnitude of the exponent, in units of 2⁻²⁶: 31, the largest whole number of five bits.
const LARGEST_EXPONENT: u32 = 31 << 26;

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<SoftmaxI8>> {
    let rows = random.within(1, 4);
    let depth = if random.chance(3) { random.within(1, 3) } else { random.within(1, 60) };
    let input = layout.tensor(random, rows * depth);
    let output = if random.chance(3) { input } else { layout.tensor(random, rows * depth) };
    let left_shift = random.below(32) as u8;
    let parameters = SoftmaxParameters {
        mantissa: (1 << 30) | (random.word() >> 2) as i32,
        left_shift,
        // Where the exponent would leave five bits. Source: TFLite, CalculateInputRadius.
        difference_min: -((LARGEST_EXPONENT >> u32::from(left_shift).min(31)) as i32),
    };
    let arguments = SoftmaxI8 { input, output, depth, parameters };
    Some(Case { arguments, units: rows, scratch_bytes: 0, output, elsewhere: None })
}
