//! Pooling.

use crate::error::Problem;
use crate::lower::context::{Lowering, narrow, prepared, problem, quantization_i8, wrong_type};
use crate::lower::int16;
use mote_format::OpCode;
use mote_format::parameters::{PoolF32Parameters, PoolI8Parameters, WindowParameters};
use mote_graph::{Activation, ConvGeometry, ElementType, Node, PoolKind};
use mote_kernels::prepare::{activation_range_f32, activation_range_i8};

/// AVERAGE_POOL_2D, MAX_POOL_2D.
pub fn pool(
    lowering: &mut Lowering<'_>,
    node: &Node,
    kind: PoolKind,
    (height, width): (usize, usize),
    geometry: &ConvGeometry,
    activation: Activation,
) -> Result<(), Problem> {
    let window = window(node, height, width, geometry)?;
    let element_type = lowering.input_type(node)?;
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    match element_type {
        ElementType::I8 => {
            let (x, y) = (quantization_i8(node, from)?, quantization_i8(node, to)?);
            if x != y {
                let fix = "give input and output one quantisation, as TFLite's converter does";
                return Err(problem(node, &to.name, "pools into another quantisation", fix));
            }
            let (activation_min, activation_max) =
                activation_range_i8(prepared(activation), y.scale, y.zero_point.into());
            let parameters = PoolI8Parameters { window, activation_min, activation_max };
            let code = match kind {
                PoolKind::Average => OpCode::AVERAGE_POOL_I8,
                PoolKind::Max => OpCode::MAX_POOL_I8,
            };
            let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
            lowering.emit(node, code, &[input], &[output], &parameters);
        }
        ElementType::F32 => {
            let (activation_min, activation_max) = activation_range_f32(prepared(activation));
            let parameters = PoolF32Parameters { window, activation_min, activation_max };
            let code = match kind {
                PoolKind::Average => OpCode::AVERAGE_POOL_F32,
                PoolKind::Max => OpCode::MAX_POOL_F32,
            };
            let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
            lowering.emit(node, code, &[input], &[output], &parameters);
        }
        ElementType::I16 => int16::pool(lowering, node, kind, window, activation)?,
        _ => return Err(wrong_type(node, from)),
    }
    Ok(())
}

/// A window as records hold it. Padding below and to the right follows from the output's extents.
pub fn window(node: &Node, height: usize, width: usize, geometry: &ConvGeometry) -> Result<WindowParameters, Problem> {
    Ok(WindowParameters {
        height: narrow(node, "window height", height)?,
        width: narrow(node, "window width", width)?,
        stride_height: narrow(node, "stride", geometry.stride_height)?,
        stride_width: narrow(node, "stride", geometry.stride_width)?,
        dilation_height: narrow(node, "dilation", geometry.dilation_height)?,
        dilation_width: narrow(node, "dilation", geometry.dilation_width)?,
        pad_top: narrow(node, "padding", geometry.padding.top)?,
        pad_left: narrow(node, "padding", geometry.padding.left)?,
    })
}
