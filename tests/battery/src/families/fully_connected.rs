//! FULLY_CONNECTED, with TensorFlow Lite Micro's rounding and with LiteRT's.

use crate::weighted::{activation, bias, weighted};
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{FullyConnectedI8, FullyConnectedLitertI8, FullyConnectedShape};
use mote_kernels::{generic, reference};

/// FULLY_CONNECTED on int8.
pub static FULLY_CONNECTED: Family<FullyConnectedI8> = Family {
    name: "fully_connected_i8",
    board_cases: 1200,
    generate,
    reference: reference::fully_connected_i8,
    implementations: &[
        Implementation { name: "generic", kernel: generic::fully_connected_i8 },
        #[cfg(cortex_m_dsp)]
        Implementation { name: "cortex_m_dsp", kernel: mote_kernels::cortex_m_dsp::fully_connected_i8 },
        #[cfg(target_arch = "x86_64")]
        Implementation { name: "x86_64", kernel: mote_kernels::x86_64::fully_connected_i8 },
    ],
    refuses_beyond: true,
};

/// FULLY_CONNECTED on int8 as LiteRT rounds it.
pub static FULLY_CONNECTED_LITERT: Family<FullyConnectedLitertI8> = Family {
    name: "fully_connected_litert_i8",
    board_cases: 500,
    generate: generate_litert,
    reference: reference::fully_connected_litert_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::fully_connected_litert_i8 }],
    refuses_beyond: true,
};

fn shape(random: &mut Random, layout: &mut Layout<'_>) -> FullyConnectedShape {
    let rows = random.within(1, 3);
    let depth = if random.chance(4) { 16 * random.within(1, 8) } else { random.within(1, 130) };
    // Few outputs where each is long.
    let most = 4000usize.checked_div(rows * depth).unwrap_or(1).clamp(1, 45);
    let outputs = random.within(1, most);
    let input = layout.tensor(random, rows * depth);
    let output = layout.tensor(random, rows * outputs);
    FullyConnectedShape { input, output, rows, depth, outputs }
}

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<FullyConnectedI8>> {
    let shape = shape(random, layout);
    let weighted = weighted(random, layout, shape.depth * shape.outputs, shape.outputs, shape.depth);
    let arguments = FullyConnectedI8 { shape, weighted };
    Some(Case { arguments, units: shape.units(), scratch_bytes: 0, output: shape.output, elsewhere: None })
}

fn generate_litert(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<FullyConnectedLitertI8>> {
    let shape = shape(random, layout);
    let weights = layout.constant(random, shape.depth * shape.outputs, Random::fill);
    let biases = layout.constant(random, shape.outputs * 4, |random, bytes| {
        bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|slot| *slot = bias(random, shape.depth).to_le_bytes());
    });
    let factors = if random.chance(2) { 1 } else { shape.outputs };
    let factors = layout.constant(random, factors * 8, |random, bytes| {
        bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|slot| *slot = factor(random).to_le_bytes());
    });
    let (least, greatest) = activation(random);
    let arguments = FullyConnectedLitertI8 {
        shape,
        weights,
        biases,
        factors,
        input_zero_point: random.int8().into(),
        output_zero_point: random.int8().into(),
        activation_minimum: least.into(),
        activation_maximum: greatest.into(),
    };
    Some(Case { arguments, units: shape.units(), scratch_bytes: 0, output: shape.output, elsewhere: None })
}

/// Bits of a float64 from 2⁻²⁰ up to 4, its fraction at an end of its range once in four times.
fn factor(random: &mut Random) -> u64 {
    const FRACTION: u64 = (1 << 52) - 1;
    let exponent = 1003 + random.below(22) as u64;
    let fraction = match random.below(8) {
        0 => 0,
        1 => FRACTION,
        _ => (u64::from(random.word()) << 32 | u64::from(random.word())) & FRACTION,
    };
    exponent << 52 | fraction
}
