//! Convolutions and fully connected layers.

use crate::error::Problem;
use crate::lower::context::{Lowering, narrow, problem, wrong_type};
use crate::lower::int16;
use crate::lower::pool::window;
use crate::lower::weighted::{constants_f32, constants_i8, constants_litert_i8};
use mote_format::Fixed;
use mote_format::parameters::{
    Conv2dF32Parameters, Conv2dI8Parameters, Conv2dI16Parameters, DepthwiseF32Parameters, DepthwiseI8Parameters,
    DepthwiseI16Parameters, FullyConnectedF32Parameters, FullyConnectedI8Parameters, FullyConnectedI16Parameters,
    TransposeConvF32Parameters, TransposeConvI8Parameters, WindowParameters,
};
use mote_format::{Numerics, OpCode};
use mote_graph::{Activation, ConvGeometry, ElementType, Node};

/// Axis of the weights that counts output channels, but for depthwise convolutions.
const FIRST_AXIS: usize = 0;
/// Axis of depthwise weights that counts output channels.
const LAST_AXIS: usize = 3;

/// CONV_2D.
pub fn conv2d(
    lowering: &mut Lowering<'_>,
    node: &Node,
    geometry: &ConvGeometry,
    groups: usize,
    activation: Activation,
) -> Result<(), Problem> {
    let window = weights_window(lowering, node, geometry)?;
    let groups = narrow(node, "group count", groups)?;
    match lowering.input_type(node)? {
        ElementType::I8 => {
            let weights = constants_i8(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::CONV_2D_I8, &Conv2dI8Parameters { window, groups, weights })
        }
        ElementType::F32 => {
            let weights = constants_f32(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::CONV_2D_F32, &Conv2dF32Parameters { window, groups, weights })
        }
        ElementType::I16 => {
            let weights = int16::constants(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::CONV_2D_I16, &Conv2dI16Parameters { window, groups, weights })
        }
        _ => Err(wrong_type(node, lowering.operand(node, 0)?)),
    }
}

/// DEPTHWISE_CONV_2D.
pub fn depthwise(
    lowering: &mut Lowering<'_>,
    node: &Node,
    geometry: &ConvGeometry,
    activation: Activation,
) -> Result<(), Problem> {
    let window = weights_window(lowering, node, geometry)?;
    match lowering.input_type(node)? {
        ElementType::I8 => {
            let weights = constants_i8(lowering, node, LAST_AXIS, activation)?;
            emit(lowering, node, OpCode::DEPTHWISE_CONV_2D_I8, &DepthwiseI8Parameters { window, weights })
        }
        ElementType::F32 => {
            let weights = constants_f32(lowering, node, LAST_AXIS, activation)?;
            emit(lowering, node, OpCode::DEPTHWISE_CONV_2D_F32, &DepthwiseF32Parameters { window, weights })
        }
        ElementType::I16 => {
            let weights = int16::constants(lowering, node, LAST_AXIS, activation)?;
            emit(lowering, node, OpCode::DEPTHWISE_CONV_2D_I16, &DepthwiseI16Parameters { window, weights })
        }
        _ => Err(wrong_type(node, lowering.operand(node, 0)?)),
    }
}

/// FULLY_CONNECTED.
pub fn fully_connected(lowering: &mut Lowering<'_>, node: &Node, activation: Activation) -> Result<(), Problem> {
    match lowering.input_type(node)? {
        ElementType::I8 if lowering.numerics == Numerics::Litert => {
            let parameters = constants_litert_i8(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::FULLY_CONNECTED_LITERT_I8, &parameters)
        }
        ElementType::I8 => {
            let weights = constants_i8(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::FULLY_CONNECTED_I8, &FullyConnectedI8Parameters { weights })
        }
        ElementType::F32 => {
            let weights = constants_f32(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::FULLY_CONNECTED_F32, &FullyConnectedF32Parameters { weights })
        }
        ElementType::I16 => {
            let weights = int16::constants(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::FULLY_CONNECTED_I16, &FullyConnectedI16Parameters { weights })
        }
        _ => Err(wrong_type(node, lowering.operand(node, 0)?)),
    }
}

/// TRANSPOSE_CONV.
pub fn transpose_conv2d(
    lowering: &mut Lowering<'_>,
    node: &Node,
    geometry: &ConvGeometry,
    activation: Activation,
) -> Result<(), Problem> {
    let window = weights_window(lowering, node, geometry)?;
    match lowering.input_type(node)? {
        ElementType::I8 => {
            let weights = constants_i8(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::TRANSPOSE_CONV_2D_I8, &TransposeConvI8Parameters { window, weights })
        }
        ElementType::F32 => {
            let weights = constants_f32(lowering, node, FIRST_AXIS, activation)?;
            emit(lowering, node, OpCode::TRANSPOSE_CONV_2D_F32, &TransposeConvF32Parameters { window, weights })
        }
        _ => Err(wrong_type(node, lowering.operand(node, 0)?)),
    }
}

/// The window of a convolution; its extents are those of the weights, [out or 1, height, width, channels].
fn weights_window(lowering: &Lowering<'_>, node: &Node, geometry: &ConvGeometry) -> Result<WindowParameters, Problem> {
    let weights = lowering.operand(node, 1)?;
    let [_, height, width, _] = weights.shape[..] else {
        return Err(problem(node, &weights.name, "weights must have four axes", "report it with the model"));
    };
    window(node, height, width, geometry)
}

/// One activation in, one out; constants are in the parameters.
fn emit(lowering: &mut Lowering<'_>, node: &Node, code: OpCode, parameters: &impl Fixed) -> Result<(), Problem> {
    let input = lowering.input(node, 0)?;
    let output = lowering.output(node, 0)?;
    lowering.emit(node, code, &[input], &[output], parameters);
    Ok(())
}
