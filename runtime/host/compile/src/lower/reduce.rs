//! Reductions, softmax, index of the largest.

use crate::error::Problem;
use crate::lower::context::{Lowering, multiplier, problem, quantization_i8, scaled, wrong_type};
use crate::lower::int16;
use mote_format::Numerics;
use mote_format::OpCode;
use mote_format::parameters::{
    ArgMaxParameters, ReduceF32Parameters, ReduceI8Parameters, SoftmaxF32Parameters, SoftmaxI8Parameters,
};
use mote_graph::{ElementType, Node, ReduceKind};
use mote_kernels::arguments;
use mote_kernels::prepare::{mean_finish, sum_finish};

/// MEAN, SUM.
pub fn reduce(lowering: &mut Lowering<'_>, node: &Node, kind: ReduceKind, axes: &[usize]) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    if axes.iter().any(|&axis| axis >= from.shape.len()) {
        return Err(problem(node, &from.name, "has fewer axes than are reduced", "report it with the model"));
    }
    let count: usize = axes.iter().map(|&axis| from.shape[axis]).product();
    let axes = axes.iter().fold(0u8, |mask, &axis| mask | 1 << axis.min(7));
    match from.element_type {
        ElementType::I8 => {
            let (x, y) = (quantization_i8(node, from)?, quantization_i8(node, to)?);
            let finish = match kind {
                ReduceKind::Mean => mean_finish(x, y, count),
                ReduceKind::Sum => Some(sum_finish(x, y, count)),
            };
            let finish = finish.ok_or_else(|| {
                problem(node, &from.name, "has no elements to take the mean of", "remove the operator")
            })?;
            let divisor = if kind == ReduceKind::Mean { count as f64 } else { 1.0 };
            let once = || scaled(Numerics::Onnx, f64::from(x.scale) / f64::from(y.scale) / divisor);
            let rescale = if lowering.numerics == Numerics::Onnx { once() } else { finish.multiplier };
            let parameters = ReduceI8Parameters { axes, multiplier: multiplier(rescale) };
            let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
            lowering.emit(node, OpCode::REDUCE_I8, &[input], &[output], &parameters);
        }
        ElementType::F32 => {
            let parameters = ReduceF32Parameters { axes, mean: kind == ReduceKind::Mean };
            let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
            lowering.emit(node, OpCode::REDUCE_F32, &[input], &[output], &parameters);
        }
        _ => return Err(wrong_type(node, from)),
    }
    Ok(())
}

/// SOFTMAX.
pub fn softmax(lowering: &mut Lowering<'_>, node: &Node, beta: f32) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    match from.element_type {
        ElementType::I8 => {
            let (x, y) = (quantization_i8(node, from)?, quantization_i8(node, to)?);
            if (y.scale, y.zero_point) != (1.0 / 256.0, -128) {
                let fix = "quantise the model again with TFLite's int8 rules";
                return Err(problem(node, &to.name, "output must have scale 1/256 and zero point -128", fix));
            }
            let prepared = arguments::SoftmaxParameters::from_scale(x.scale, beta).ok_or_else(|| {
                problem(node, &from.name, "scale times beta is below 2^-26", "calibrate the model again")
            })?;
            let arguments::SoftmaxParameters { mantissa, left_shift, difference_min } = prepared;
            let parameters = SoftmaxI8Parameters { mantissa, left_shift, difference_min };
            let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
            lowering.emit(node, OpCode::SOFTMAX_I8, &[input], &[output], &parameters);
        }
        ElementType::F32 => {
            let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
            lowering.emit(node, OpCode::SOFTMAX_F32, &[input], &[output], &SoftmaxF32Parameters { beta });
        }
        ElementType::I16 => int16::softmax(lowering, node, beta)?,
        _ => return Err(wrong_type(node, from)),
    }
    Ok(())
}

/// ARG_MAX.
pub fn arg_max(lowering: &mut Lowering<'_>, node: &Node, axis: usize) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    if to.element_type != ElementType::I32 {
        return Err(wrong_type(node, to));
    }
    let code = match from.element_type {
        ElementType::I8 => OpCode::ARG_MAX_I8,
        ElementType::F32 => OpCode::ARG_MAX_F32,
        _ => return Err(wrong_type(node, from)),
    };
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    lowering.emit(node, code, &[input], &[output], &ArgMaxParameters { axis: axis as u8 });
    Ok(())
}
