//! SUM, MEAN and ARG_MAX.

use crate::weighted::multiplier;
use crate::{Case, Family, Implementation, Layout, Random, oracles};
use mote_kernels::arguments::{AXES, ArgMax, ReduceFinish, ReduceI8};
use mote_kernels::prepare::reduce_axes;
use mote_kernels::{generic, reference};

/// SUM and MEAN on int8.
pub static REDUCE: Family<ReduceI8> = Family {
    name: "reduce_i8",
    board_cases: 600,
    generate: generate_reduce,
    reference: reference::reduce_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::reduce_i8 }],
    refuses_beyond: false,
};

/// ARG_MAX on int8.
pub static ARG_MAX: Family<ArgMax> = Family {
    name: "arg_max_i8",
    board_cases: 300,
    generate: generate_arg_max,
    reference: oracles::arg_max_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::arg_max_i8 }],
    refuses_beyond: false,
};

fn generate_reduce(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<ReduceI8>> {
    let rank = random.within(1, AXES);
    let most = match rank {
        1 => 200,
        2 => 24,
        3 => 9,
        4 => 5,
        _ => 3,
    };
    let (mut shape, mut reduced) = ([1usize; AXES], [false; AXES]);
    for (extent, reduced) in shape.iter_mut().zip(&mut reduced).take(rank) {
        (*extent, *reduced) = (random.within(1, most), random.chance(2));
    }
    let axes = reduce_axes(shape.get(..rank)?, reduced.get(..rank)?)?;
    let input = layout.tensor(random, shape.iter().product());
    let output = layout.tensor(random, axes.kept_extents.iter().product());
    let mut multiplier = multiplier(random);
    if random.chance(4) {
        // Of MEAN: divided by the count, no longer normalised.
        multiplier.mantissa >>= random.below(8);
    }
    let finish = ReduceFinish {
        sum_offset: (random.word() as i32) >> random.choose(&[2, 12, 16]),
        multiplier,
        output_zero_point: random.int8(),
    };
    let arguments = ReduceI8 { input, output, axes, finish };
    Some(Case { arguments, units: output.bytes, scratch_bytes: 0, output, elsewhere: None })
}

fn generate_arg_max(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<ArgMax>> {
    let (outer, axis, inner) = (random.within(1, 4), random.within(1, 40), random.within(1, 5));
    let input = layout.tensor(random, outer * axis * inner);
    let output = layout.tensor(random, outer * inner * 4);
    let arguments = ArgMax { input, output, outer, axis, inner };
    Some(Case { arguments, units: outer * inner, scratch_bytes: 0, output, elsewhere: None })
}
