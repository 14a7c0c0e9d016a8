//! Operators of one input: tables for 8-bit tensors, functions for float32.

use crate::error::Problem;
use crate::lower::context::{Lowering, problem, quantization_i8, wrong_type};
use crate::lower::int16;
use mote_format::parameters::{self, LookupParameters, UnaryF32Parameters};
use mote_format::{Numerics, OpCode};
use mote_graph::{ElementType, Node, UnaryKind};
use mote_kernels::prepare::{
    Activation, HardSwishParameters, LeakyReluParameters, ReluParameters, SaturatingParameters,
};
use mote_kernels::tables;

/// RELU and its kin, LOGISTIC, TANH, HARD_SWISH.
pub fn unary(lowering: &mut Lowering<'_>, node: &Node, kind: UnaryKind) -> Result<(), Problem> {
    match lowering.input_type(node)? {
        ElementType::I8 => {
            let table = table_i8(lowering, node, kind)?;
            lookup(lowering, node, &table)
        }
        ElementType::I16 => int16::unary(lowering, node, kind),
        ElementType::F32 => unary_f32(lowering, node, kind),
        _ => Err(wrong_type(node, lowering.operand(node, 0)?)),
    }
}

/// LOOKUP between 8-bit tensors.
pub fn table(lowering: &mut Lowering<'_>, node: &Node, table: &[u8; 256]) -> Result<(), Problem> {
    for tensor in [lowering.operand(node, 0)?, lowering.result(node, 0)?] {
        if tensor.element_type.bytes() != 1 {
            return Err(wrong_type(node, tensor));
        }
    }
    lookup(lowering, node, table)
}

/// An operator that maps bytes by `table` (indexed by the input byte read as unsigned); a view when it changes none.
pub fn lookup(lowering: &mut Lowering<'_>, node: &Node, table: &[u8; 256]) -> Result<(), Problem> {
    let identity = table.iter().enumerate().all(|(index, &value)| index == usize::from(value));
    if identity && lowering.show(node, 0, 0)? {
        return Ok(());
    }
    let input = lowering.input(node, 0)?;
    let output = lowering.output(node, 0)?;
    let parameters = LookupParameters { table: lowering.constant(table) };
    lowering.emit(node, OpCode::LOOKUP_8, &[input], &[output], &parameters);
    Ok(())
}

fn table_i8(lowering: &Lowering<'_>, node: &Node, kind: UnaryKind) -> Result<[u8; 256], Problem> {
    let x = quantization_i8(node, lowering.operand(node, 0)?)?;
    let result = lowering.result(node, 0)?;
    let y = quantization_i8(node, result)?;
    let fixed_output = |scale: f32, zero_point: i8| match (y.scale, y.zero_point) == (scale, zero_point) {
        true => Ok(SaturatingParameters::from_quantization(x)),
        false => {
            let reason = format!("output must have scale {scale} and zero point {zero_point}");
            Err(problem(node, &result.name, &reason, "quantise the model again with TFLite's int8 rules"))
        }
    };
    let relu = |activation| {
        let parameters = ReluParameters::from_quantization(x, y, activation);
        tables::table_of_i8(|value| tables::relu_i8(value, &parameters))
    };
    Ok(match kind {
        UnaryKind::Logistic => {
            let parameters = fixed_output(1.0 / 256.0, -128)?;
            tables::table_of_i8(|value| tables::logistic_i8(value, &parameters))
        }
        UnaryKind::Tanh => {
            let parameters = fixed_output(1.0 / 128.0, 0)?;
            tables::table_of_i8(|value| tables::tanh_i8(value, &parameters))
        }
        UnaryKind::Relu => relu(Activation::Relu),
        UnaryKind::ReluN1To1 => relu(Activation::ReluN1To1),
        // TensorFlow Lite Micro clamps the input's numbers; LiteRT rescales as for RELU.
        UnaryKind::Relu6 => match lowering.numerics {
            Numerics::Tflm => tables::table_of_i8(|value| tables::relu6_i8(value, x)),
            Numerics::Litert | Numerics::Onnx => relu(Activation::Relu6),
        },
        UnaryKind::LeakyRelu { alpha } => {
            let parameters = LeakyReluParameters::from_quantization(x, y, alpha);
            tables::table_of_i8(|value| tables::leaky_relu_i8(value, &parameters))
        }
        UnaryKind::HardSwish => {
            let parameters = HardSwishParameters::from_quantization(x, y).ok_or_else(|| {
                let fix = "calibrate the model again: the output's range is far too small for its input";
                problem(node, &result.name, "output scale is below 1/128 of the input scale", fix)
            })?;
            tables::table_of_i8(|value| tables::hard_swish_i8(value, &parameters))
        }
        // No reference defines these on int8: the real function of the input's value, rounded once.
        _ => tables::table_of_i8(|value| tables::real_function_i8(value, x, y, |real| kind.value(real))),
    })
}

fn unary_f32(lowering: &mut Lowering<'_>, node: &Node, kind: UnaryKind) -> Result<(), Problem> {
    let kind = match kind {
        UnaryKind::Logistic => parameters::UnaryKind::Logistic,
        UnaryKind::Tanh => parameters::UnaryKind::Tanh,
        UnaryKind::Relu => parameters::UnaryKind::Relu,
        UnaryKind::Relu6 => parameters::UnaryKind::Relu6,
        UnaryKind::ReluN1To1 => parameters::UnaryKind::ReluN1To1,
        UnaryKind::LeakyRelu { alpha } => parameters::UnaryKind::LeakyRelu(alpha),
        UnaryKind::HardSwish => parameters::UnaryKind::HardSwish,
        UnaryKind::Abs => parameters::UnaryKind::Abs,
        UnaryKind::Exp => parameters::UnaryKind::Exp,
        UnaryKind::Log => parameters::UnaryKind::Log,
        UnaryKind::Sqrt => parameters::UnaryKind::Sqrt,
        UnaryKind::Rsqrt => parameters::UnaryKind::Rsqrt,
        UnaryKind::Reciprocal => parameters::UnaryKind::Reciprocal,
        UnaryKind::Negate => parameters::UnaryKind::Negate,
        UnaryKind::Erf => parameters::UnaryKind::Erf,
        UnaryKind::Gelu => parameters::UnaryKind::Gelu,
        UnaryKind::GeluTanh => parameters::UnaryKind::GeluTanh,
        UnaryKind::Silu => parameters::UnaryKind::Silu,
        UnaryKind::Mish => parameters::UnaryKind::Mish,
        UnaryKind::Softplus => parameters::UnaryKind::Softplus,
        UnaryKind::Floor => parameters::UnaryKind::Floor,
        UnaryKind::Ceil => parameters::UnaryKind::Ceil,
        UnaryKind::Round => parameters::UnaryKind::Round,
        UnaryKind::Sign => parameters::UnaryKind::Sign,
        UnaryKind::Elu { alpha } => parameters::UnaryKind::Elu(alpha),
        UnaryKind::HardSigmoid { slope, offset } => parameters::UnaryKind::HardSigmoid(slope, offset),
        UnaryKind::Clip { min, max } => parameters::UnaryKind::Clip(min, max),
    };
    let input = lowering.input(node, 0)?;
    let output = lowering.output(node, 0)?;
    lowering.emit(node, OpCode::UNARY_F32, &[input], &[output], &UnaryF32Parameters { kind });
    Ok(())
}
