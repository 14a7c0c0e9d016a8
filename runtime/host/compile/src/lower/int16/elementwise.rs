//! Elementwise operators, and conversions to and from int16.

use super::{expect_unit_range, scale};
use crate::error::Problem;
use crate::lower::context::{Lowering, multiplier, prepared, problem, quantization, wrong_type};
use mote_format::parameters::{
    AddI16Parameters, CurveI16Parameters, ExtremumParameters, MultiplyI16Parameters, RescaleParameters,
};
use mote_format::{Numerics, OpCode};
use mote_graph::{Activation, BinaryKind, ElementType, Node, Tensor, UnaryKind};
use mote_kernels::prepare::{self, curve_scaling_i16};
use mote_kernels::{arguments, tables};

/// ADD, SUB, MUL, MAXIMUM, MINIMUM.
pub fn binary(
    lowering: &mut Lowering<'_>,
    node: &Node,
    kind: BinaryKind,
    activation: Activation,
) -> Result<(), Problem> {
    let (a, b) = (scale(node, lowering.operand(node, 0)?)?, scale(node, lowering.operand(node, 1)?)?);
    let result = lowering.result(node, 0)?;
    let y = scale(node, result)?;
    let activation = prepared(activation);
    let inputs = [lowering.input(node, 0)?, lowering.input(node, 1)?];
    let output = lowering.output(node, 0)?;
    match kind {
        BinaryKind::Add | BinaryKind::Subtract => {
            let subtract = kind == BinaryKind::Subtract;
            let sum = arguments::AddI16Parameters::from_scales(a, b, y, activation, subtract).ok_or_else(|| {
                let fix = "calibrate the model again: the output's range is far too small for its inputs";
                problem(node, &result.name, "output scale is below 2^-14 of the larger input scale", fix)
            })?;
            let parameters = AddI16Parameters {
                a: multiplier(sum.a_multiplier),
                b: multiplier(sum.b_multiplier),
                output: multiplier(sum.output_multiplier),
                subtract,
                activation_min: sum.activation_min,
                activation_max: sum.activation_max,
            };
            lowering.emit(node, OpCode::ADD_I16, &inputs, &[output], &parameters);
        }
        BinaryKind::Multiply => {
            let product = arguments::MultiplyI16Parameters::from_scales(a, b, y, activation);
            let parameters = MultiplyI16Parameters {
                multiplier: multiplier(product.multiplier),
                activation_min: product.activation_min,
                activation_max: product.activation_max,
            };
            lowering.emit(node, OpCode::MULTIPLY_I16, &inputs, &[output], &parameters);
        }
        BinaryKind::Maximum | BinaryKind::Minimum => {
            if a != b || a != y {
                let fix = "give both inputs and the output one quantisation";
                return Err(problem(node, &result.name, "compares tensors of different quantisation", fix));
            }
            let parameters = ExtremumParameters { maximum: kind == BinaryKind::Maximum };
            lowering.emit(node, OpCode::EXTREMUM_I16, &inputs, &[output], &parameters);
        }
    }
    Ok(())
}

/// RELU and its kin, LEAKY_RELU, LOGISTIC, TANH.
pub fn unary(lowering: &mut Lowering<'_>, node: &Node, kind: UnaryKind) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    let (x, y) = (scale(node, from)?, scale(node, to)?);
    let relu = |activation| arguments::RescaleParameters::relu_i16(x, y, activation);
    let parameters = match kind {
        UnaryKind::Logistic | UnaryKind::Tanh => return curve(lowering, node, kind == UnaryKind::Tanh),
        UnaryKind::Relu => relu(prepare::Activation::Relu),
        UnaryKind::ReluN1To1 => relu(prepare::Activation::ReluN1To1),
        // TensorFlow Lite Micro clamps the input's numbers; LiteRT rescales as for RELU.
        UnaryKind::Relu6 => match lowering.numerics {
            Numerics::Tflm => arguments::RescaleParameters::relu6_i16(x),
            Numerics::Litert | Numerics::Onnx => relu(prepare::Activation::Relu6),
        },
        UnaryKind::LeakyRelu { alpha } => arguments::RescaleParameters::leaky_relu_i16(x, y, alpha),
        _ => {
            let fix = "quantise this operator to int8, or keep it in float32";
            let reason = format!("no implementation of the format computes {} on int16", node.operator.name());
            return Err(problem(node, &from.name, &reason, fix));
        }
    };
    rescale(lowering, node, &parameters)
}

fn curve(lowering: &mut Lowering<'_>, node: &Node, tangent: bool) -> Result<(), Problem> {
    let from = lowering.operand(node, 0)?;
    expect_unit_range(node, lowering.result(node, 0)?)?;
    let (factor, shift) = curve_scaling_i16(scale(node, from)?, tangent)
        .ok_or_else(|| problem(node, &from.name, "scale is above 5.3", "calibrate the model again"))?;
    let table = lowering.constant(tables::logistic_u16().as_flattened());
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    let parameters = CurveI16Parameters { tangent, factor, shift, table };
    lowering.emit(node, OpCode::CURVE_I16, &[input], &[output], &parameters);
    Ok(())
}

/// QUANTIZE from or to int16 or int32.
pub fn quantize(lowering: &mut Lowering<'_>, node: &Node) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    let target = (quantization(node, to)?.scale(0), zero_point(node, to)?);
    if from.element_type == ElementType::F32 {
        if to.element_type != ElementType::I16 {
            return Err(wrong_type(node, to));
        }
        let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
        lowering.emit(node, OpCode::QUANTIZE_F32_I16, &[input], &[output], &());
        return Ok(());
    }
    let limits = match to.element_type {
        ElementType::I8 => (i8::MIN.into(), i8::MAX.into()),
        ElementType::I16 => (i16::MIN.into(), i16::MAX.into()),
        ElementType::I32 => (i32::MIN, i32::MAX),
        _ => return Err(wrong_type(node, to)),
    };
    if !matches!(from.element_type, ElementType::I8 | ElementType::I16 | ElementType::I32) {
        return Err(wrong_type(node, from));
    }
    let source = (quantization(node, from)?.scale(0), zero_point(node, from)?);
    if from.element_type == to.element_type && source == target && lowering.show(node, 0, 0)? {
        return Ok(());
    }
    rescale(lowering, node, &arguments::RescaleParameters::requantize(source, target, limits))
}

/// Zero point of an integer tensor; only 8-bit ones have another than 0.
fn zero_point(node: &Node, tensor: &Tensor) -> Result<i32, Problem> {
    let zero_point = quantization(node, tensor)?.zero_point();
    if zero_point == 0 || tensor.element_type == ElementType::I8 {
        return Ok(zero_point);
    }
    let reason = format!("is {} with a zero point other than 0", tensor.element_type.name());
    Err(problem(node, &tensor.name, &reason, "quantise it symmetrically"))
}

/// DEQUANTIZE of int16.
pub fn dequantize(lowering: &mut Lowering<'_>, node: &Node) -> Result<(), Problem> {
    scale(node, lowering.operand(node, 0)?)?;
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    lowering.emit(node, OpCode::DEQUANTIZE_I16, &[input], &[output], &());
    Ok(())
}

fn rescale(lowering: &mut Lowering<'_>, node: &Node, parameters: &arguments::RescaleParameters) -> Result<(), Problem> {
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    let parameters = RescaleParameters {
        positive: multiplier(parameters.positive),
        negative: multiplier(parameters.negative),
        activation_min: parameters.activation_min,
        activation_max: parameters.activation_max,
    };
    lowering.emit(node, OpCode::RESCALE, &[input], &[output], &parameters);
    Ok(())
}
