//! ADD, SUB, MUL, MAXIMUM and MINIMUM with broadcasting, apart from their inputs and over them.

use crate::weighted::activation;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{
    AXES, AddI8, AddParameters, Binary, Extremum, ExtremumI8, MultiplyI8, MultiplyParameters,
};
use mote_kernels::prepare::broadcast;
use mote_kernels::{generic, reference};
use mote_numbers::Multiplier;

/// ADD and SUB on int8.
pub static ADD: Family<AddI8> = Family {
    name: "add_i8",
    board_cases: 800,
    generate: generate_add,
    reference: reference::add_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::add_i8 }],
    refuses_beyond: false,
};

/// MUL on int8.
pub static MULTIPLY: Family<MultiplyI8> = Family {
    name: "multiply_i8",
    board_cases: 800,
    generate: generate_multiply,
    reference: reference::multiply_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::multiply_i8 }],
    refuses_beyond: false,
};

/// MAXIMUM and MINIMUM on int8.
pub static EXTREMUM: Family<ExtremumI8> = Family {
    name: "extremum_i8",
    board_cases: 400,
    generate: generate_extremum,
    reference: reference::extremum_i8,
    implementations: &[Implementation { name: "generic", kernel: generic::extremum_i8 }],
    refuses_beyond: false,
};

fn generate_add(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<AddI8>> {
    let (activation_min, activation_max) = activation(random);
    let parameters = AddParameters {
        a_zero_point: random.int8(),
        b_zero_point: random.int8(),
        output_zero_point: random.int8(),
        // At most a half, as one of two scales over twice the larger is.
        a_multiplier: below_one(random, 0),
        b_multiplier: below_one(random, 0),
        // At most 1; typically one over 2²⁰ times the quotient of the scales.
        output_multiplier: below_one(random, -12),
        subtract: random.chance(2),
        activation_min,
        activation_max,
    };
    made(random, layout, parameters, 1)
}

fn generate_multiply(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<MultiplyI8>> {
    let (activation_min, activation_max) = activation(random);
    let parameters = MultiplyParameters {
        a_zero_point: random.int8(),
        b_zero_point: random.int8(),
        output_zero_point: random.int8(),
        multiplier: crate::weighted::multiplier(random),
        activation_min,
        activation_max,
    };
    made(random, layout, parameters, 1)
}

fn generate_extremum(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<ExtremumI8>> {
    let parameters = if random.chance(2) { Extremum::Maximum } else { Extremum::Minimum };
    made(random, layout, parameters, 1)
}

/// A multiplier of shift at most `most`.
pub(super) fn below_one(random: &mut Random, most: i8) -> Multiplier {
    let mantissa = if random.chance(6) { i32::MAX } else { (1 << 30) | (random.word() >> 2) as i32 };
    Multiplier { mantissa, shift: most - random.below(12) as i8 }
}

/// A case over tensors of `element_bytes` per element.
pub(super) fn made<P>(
    random: &mut Random,
    layout: &mut Layout<'_>,
    parameters: P,
    element_bytes: usize,
) -> Option<Case<Binary<P>>> {
    let rank = random.within(1, AXES);
    let most = match rank {
        1 => 200,
        2 => 24,
        3 => 9,
        4 => 5,
        _ => 3,
    };
    let mut shapes = [[1usize; AXES]; 2];
    let [a, b] = &mut shapes;
    for (a, b) in a.iter_mut().zip(b).take(rank) {
        let extent = if random.chance(3) { random.within(1, 2) } else { random.within(1, most) };
        (*a, *b) = match random.below(4) {
            0 => (1, extent),
            1 => (extent, 1),
            _ => (extent, extent),
        };
    }
    let [a, b] = &shapes;
    let (a, b) = (a.get(..rank)?, b.get(..rank)?);
    let (broadcast, elements) = broadcast(a, b)?;
    let a = layout.tensor(random, element_bytes * a.iter().product::<usize>());
    let b = layout.tensor(random, element_bytes * b.iter().product::<usize>());
    let bytes = element_bytes * elements;
    let output = match random.below(3) {
        0 if a.bytes == bytes => a,
        1 if b.bytes == bytes => b,
        _ => layout.tensor(random, bytes),
    };
    let arguments = Binary { a, b, output, broadcast, parameters };
    Some(Case { arguments, units: elements, scratch_bytes: 0, output, elsewhere: None })
}
