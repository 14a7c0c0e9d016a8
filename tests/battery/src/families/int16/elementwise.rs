//! ADD, SUB, MUL, MAXIMUM, MINIMUM, LOGISTIC, TANH and changes of scale and type.

use super::activation;
use crate::families::binary::{below_one, made};
use crate::weighted::multiplier;
use crate::{Case, Family, Implementation, Layout, Random};
use mote_kernels::arguments::{
    AddI16, AddI16Parameters, CURVE_TABLE_BYTES, CurveI16, Extremum, ExtremumI16, IntegerType, MultiplyI16,
    MultiplyI16Parameters, Rescale, RescaleParameters,
};
use mote_kernels::{generic, reference};
use mote_numbers::Multiplier;

/// ADD and SUB on int16.
pub static ADD_I16: Family<AddI16> = Family {
    name: "add_i16",
    board_cases: 200,
    generate: |random, layout| {
        let (activation_min, activation_max) = activation(random);
        let parameters = AddI16Parameters {
            a_multiplier: below_one(random, 0),
            b_multiplier: below_one(random, 0),
            output_multiplier: below_one(random, -8),
            subtract: random.chance(2),
            activation_min,
            activation_max,
        };
        made(random, layout, parameters, 2)
    },
    reference: reference::add_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::add_i16 }],
    refuses_beyond: false,
};

/// MUL on int16.
pub static MULTIPLY_I16: Family<MultiplyI16> = Family {
    name: "multiply_i16",
    board_cases: 200,
    generate: |random, layout| {
        let (activation_min, activation_max) = activation(random);
        let multiplier = multiplier(random);
        made(random, layout, MultiplyI16Parameters { multiplier, activation_min, activation_max }, 2)
    },
    reference: reference::multiply_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::multiply_i16 }],
    refuses_beyond: false,
};

/// MAXIMUM and MINIMUM on int16.
pub static EXTREMUM_I16: Family<ExtremumI16> = Family {
    name: "extremum_i16",
    board_cases: 100,
    generate: |random, layout| {
        let parameters = if random.chance(2) { Extremum::Maximum } else { Extremum::Minimum };
        made(random, layout, parameters, 2)
    },
    reference: reference::extremum_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::extremum_i16 }],
    refuses_beyond: false,
};

/// LOGISTIC and TANH on int16, over tables of noise.
pub static CURVE_I16: Family<CurveI16> = Family {
    name: "curve_i16",
    board_cases: 150,
    generate: generate_curve,
    reference: reference::curve_i16,
    implementations: &[Implementation { name: "generic", kernel: generic::curve_i16 }],
    refuses_beyond: false,
};

/// Changes of scale and integer type.
pub static RESCALE: Family<Rescale> = Family {
    name: "rescale",
    board_cases: 300,
    generate: generate_rescale,
    reference: reference::rescale,
    implementations: &[Implementation { name: "generic", kernel: generic::rescale }],
    refuses_beyond: false,
};

fn generate_curve(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<CurveI16>> {
    let elements = random.within(1, 200);
    let table = layout.constant(random, CURVE_TABLE_BYTES, Random::fill);
    let input = layout.tensor(random, 2 * elements);
    let output = if random.chance(3) { input } else { layout.tensor(random, 2 * elements) };
    let (factor, shift) = ((random.word() >> 16) as i32, random.below(32) as u32);
    let arguments = CurveI16 { input, output, tangent: random.chance(2), factor, shift, table };
    Some(Case { arguments, units: elements, scratch_bytes: 0, output, elsewhere: None })
}

fn integer_type(random: &mut Random) -> (IntegerType, i32, i32) {
    match random.below(3) {
        0 => (IntegerType::I8, -128, 127),
        1 => (IntegerType::I16, -32768, 32767),
        _ => (IntegerType::I32, i32::MIN, i32::MAX),
    }
}

fn generate_rescale(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Rescale>> {
    let elements = random.within(1, 150);
    let ((from, ..), (to, least, greatest)) = (integer_type(random), integer_type(random));
    let zero_point =
        |random: &mut Random, of: IntegerType| if of == IntegerType::I8 { random.int8().into() } else { 0 };
    let (a, b) = (random.word() as i32, random.word() as i32);
    let limits = if random.chance(3) { (a.min(b), a.max(b)) } else { (least, greatest) };
    let negative = multiplier(random);
    let sign = if random.chance(3) { -1 } else { 1 };
    let parameters = RescaleParameters {
        input_zero_point: zero_point(random, from),
        output_zero_point: zero_point(random, to),
        positive: multiplier(random),
        negative: Multiplier { mantissa: sign * negative.mantissa, ..negative },
        activation_min: limits.0.max(least).min(greatest),
        activation_max: limits.1.max(least).min(greatest),
    };
    let input = layout.tensor(random, elements * from.bytes());
    let in_place = from == to && random.chance(3);
    let output = if in_place { input } else { layout.tensor(random, elements * to.bytes()) };
    let arguments = Rescale { input, output, from, to, parameters };
    Some(Case { arguments, units: elements, scratch_bytes: 0, output, elsewhere: None })
}
