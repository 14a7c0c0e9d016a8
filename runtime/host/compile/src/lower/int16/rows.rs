//! Pooling and softmax.

use super::{expect_unit_range, scale};
use crate::error::Problem;
use crate::lower::context::{Lowering, multiplier, prepared, problem};
use mote_format::OpCode;
use mote_format::parameters::{PoolI16Parameters, SoftmaxI16Parameters, WindowParameters};
use mote_graph::{Activation, Node, PoolKind};
use mote_kernels::prepare::{activation_range_i16, softmax_multiplier_i16};
use mote_kernels::tables;

/// AVERAGE_POOL_2D, MAX_POOL_2D.
pub fn pool(
    lowering: &mut Lowering<'_>,
    node: &Node,
    kind: PoolKind,
    window: WindowParameters,
    activation: Activation,
) -> Result<(), Problem> {
    let to = lowering.result(node, 0)?;
    let (x, y) = (scale(node, lowering.operand(node, 0)?)?, scale(node, to)?);
    if x != y {
        let fix = "give input and output one quantisation, as TFLite's converter does";
        return Err(problem(node, &to.name, "pools into another quantisation", fix));
    }
    let (activation_min, activation_max) = activation_range_i16(prepared(activation), y);
    let parameters = PoolI16Parameters { window, activation_min, activation_max };
    let code = match kind {
        PoolKind::Average => OpCode::AVERAGE_POOL_I16,
        PoolKind::Max => OpCode::MAX_POOL_I16,
    };
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    lowering.emit(node, code, &[input], &[output], &parameters);
    Ok(())
}

/// SOFTMAX.
pub fn softmax(lowering: &mut Lowering<'_>, node: &Node, beta: f32) -> Result<(), Problem> {
    let x = scale(node, lowering.operand(node, 0)?)?;
    expect_unit_range(node, lowering.result(node, 0)?)?;
    let parameters = SoftmaxI16Parameters {
        multiplier: multiplier(softmax_multiplier_i16(x, beta)),
        exponentials: lowering.constant(tables::softmax_exponentials_i16().as_flattened()),
        reciprocals: lowering.constant(tables::softmax_reciprocals_i16().as_flattened()),
    };
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    lowering.emit(node, OpCode::SOFTMAX_I16, &[input], &[output], &parameters);
    Ok(())
}
