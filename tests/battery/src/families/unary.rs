//! Tables: every 8-bit operator of one input.

use crate::{Case, Family, Implementation, Layout, Random, oracles};
use mote_kernels::arguments::Lookup8;
use mote_kernels::generic;

/// The 256-byte table.
pub static LOOKUP: Family<Lookup8> = Family {
    name: "lookup_8",
    board_cases: 300,
    generate,
    reference: oracles::lookup_8,
    implementations: &[Implementation { name: "generic", kernel: generic::lookup_8 }],
    refuses_beyond: false,
};

fn generate(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Lookup8>> {
    let elements = if random.chance(3) { 64 * random.within(1, 3) } else { random.within(1, 300) };
    let table = layout.constant(random, 256, Random::fill);
    let input = layout.tensor(random, elements);
    let output = if random.chance(3) { input } else { layout.tensor(random, elements) };
    let arguments = Lookup8 { input, output, table };
    Some(Case { arguments, units: elements, scratch_bytes: 0, output, elsewhere: None })
}
