//! Operators of two inputs.

use crate::error::Problem;
use crate::lower::context::{Lowering, multiplier, prepared, problem, quantization_i8, scaled, wrong_type};
use crate::lower::int16;
use mote_format::OpCode;
use mote_format::parameters::{self, BinaryF32Parameters, ExtremumParameters};
use mote_graph::{Activation, BinaryKind, ElementType, Node};
use mote_kernels::arguments;
use mote_kernels::prepare::{activation_range_f32, weighted_factor};

/// ADD, SUB, MUL, MAXIMUM, MINIMUM.
pub fn binary(
    lowering: &mut Lowering<'_>,
    node: &Node,
    kind: BinaryKind,
    activation: Activation,
) -> Result<(), Problem> {
    match lowering.input_type(node)? {
        ElementType::I8 => binary_i8(lowering, node, kind, activation),
        ElementType::I16 => int16::binary(lowering, node, kind, activation),
        ElementType::F32 => binary_f32(lowering, node, kind, activation),
        _ => Err(wrong_type(node, lowering.operand(node, 0)?)),
    }
}

fn binary_i8(
    lowering: &mut Lowering<'_>,
    node: &Node,
    kind: BinaryKind,
    activation: Activation,
) -> Result<(), Problem> {
    let a = quantization_i8(node, lowering.operand(node, 0)?)?;
    let b = quantization_i8(node, lowering.operand(node, 1)?)?;
    let result = lowering.result(node, 0)?;
    let y = quantization_i8(node, result)?;
    let activation = prepared(activation);
    let inputs = [lowering.input(node, 0)?, lowering.input(node, 1)?];
    let output = lowering.output(node, 0)?;
    match kind {
        BinaryKind::Add | BinaryKind::Subtract => {
            let subtract = kind == BinaryKind::Subtract;
            let sum = arguments::AddParameters::from_quantization(a, b, y, activation, subtract).ok_or_else(|| {
                let fix = "calibrate the model again: the output's range is far too small for its inputs";
                problem(node, &result.name, "output scale is below 2^-19 of the larger input scale", fix)
            })?;
            let parameters = parameters::AddParameters {
                a: multiplier(sum.a_multiplier),
                b: multiplier(sum.b_multiplier),
                output: multiplier(sum.output_multiplier),
                subtract,
                activation_min: sum.activation_min,
                activation_max: sum.activation_max,
            };
            lowering.emit(node, OpCode::ADD_I8, &inputs, &[output], &parameters);
        }
        BinaryKind::Multiply => {
            let mut product = arguments::MultiplyParameters::from_quantization(a, b, y, activation);
            product.multiplier = scaled(lowering.numerics, weighted_factor(a.scale, b.scale, y.scale));
            let parameters = parameters::MultiplyParameters {
                multiplier: multiplier(product.multiplier),
                activation_min: product.activation_min,
                activation_max: product.activation_max,
            };
            lowering.emit(node, OpCode::MULTIPLY_I8, &inputs, &[output], &parameters);
        }
        BinaryKind::Maximum | BinaryKind::Minimum => {
            if a != b || a != y {
                let fix = "give both inputs and the output one quantisation";
                return Err(problem(node, &result.name, "compares tensors of different quantisation", fix));
            }
            let parameters = ExtremumParameters { maximum: kind == BinaryKind::Maximum };
            lowering.emit(node, OpCode::EXTREMUM_I8, &inputs, &[output], &parameters);
        }
    }
    Ok(())
}

fn binary_f32(
    lowering: &mut Lowering<'_>,
    node: &Node,
    kind: BinaryKind,
    activation: Activation,
) -> Result<(), Problem> {
    let inputs = [lowering.input(node, 0)?, lowering.input(node, 1)?];
    let output = lowering.output(node, 0)?;
    let (activation_min, activation_max) = activation_range_f32(prepared(activation));
    let kind = match kind {
        BinaryKind::Add => parameters::BinaryKind::Add,
        BinaryKind::Subtract => parameters::BinaryKind::Subtract,
        BinaryKind::Multiply => parameters::BinaryKind::Multiply,
        BinaryKind::Maximum => parameters::BinaryKind::Maximum,
        BinaryKind::Minimum => parameters::BinaryKind::Minimum,
    };
    let parameters = BinaryF32Parameters { kind, activation_min, activation_max };
    lowering.emit(node, OpCode::BINARY_F32, &inputs, &[output], &parameters);
    Ok(())
}
