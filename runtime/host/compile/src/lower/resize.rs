//! Resizing.

use crate::error::Problem;
use crate::lower::context::{Lowering, narrow, problem, wrong_type};
use mote_format::parameters::{ResizeBilinearParameters, ResizeNearestParameters};
use mote_format::{ConstantRef, OpCode};
use mote_graph::{ElementType, Node};
use mote_kernels::arguments::ResizeParameters;
use mote_kernels::prepare::nearest_source;

/// RESIZE_NEAREST_NEIGHBOR: the source position of every row and column is computed here.
pub fn nearest(
    lowering: &mut Lowering<'_>,
    node: &Node,
    align_corners: bool,
    half_pixel_centers: bool,
) -> Result<(), Problem> {
    let [from, to] = image_extents(lowering, node)?;
    let sampling = ResizeParameters { align_corners, half_pixel_centers };
    let row_sources = sources(lowering, node, from[1], to[1], sampling)?;
    let column_sources = sources(lowering, node, from[2], to[2], sampling)?;
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    let parameters = ResizeNearestParameters { row_sources, column_sources };
    lowering.emit(node, OpCode::RESIZE_NEAREST, &[input], &[output], &parameters);
    Ok(())
}

/// RESIZE_BILINEAR.
pub fn bilinear(
    lowering: &mut Lowering<'_>,
    node: &Node,
    align_corners: bool,
    half_pixel_centers: bool,
) -> Result<(), Problem> {
    image_extents(lowering, node)?;
    let from = lowering.operand(node, 0)?;
    let code = match from.element_type {
        ElementType::I8 => OpCode::RESIZE_BILINEAR_I8,
        ElementType::F32 => OpCode::RESIZE_BILINEAR_F32,
        _ => return Err(wrong_type(node, from)),
    };
    let (input, output) = (lowering.input(node, 0)?, lowering.output(node, 0)?);
    let parameters = ResizeBilinearParameters { align_corners, half_pixel_centers };
    lowering.emit(node, code, &[input], &[output], &parameters);
    Ok(())
}

/// Extents of input and output as images.
fn image_extents(lowering: &Lowering<'_>, node: &Node) -> Result<[[usize; 4]; 2], Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    match (from.shape4(), to.shape4()) {
        (Some(from), Some(to)) => Ok([from, to]),
        _ => {
            Err(problem(node, &from.name, "has more than four axes", "reshape it to [batch, height, width, channels]"))
        }
    }
}

fn sources(
    lowering: &mut Lowering<'_>,
    node: &Node,
    from: usize,
    to: usize,
    sampling: ResizeParameters,
) -> Result<ConstantRef, Problem> {
    narrow(node, "extent", from)?;
    let bytes: Vec<u8> = (0..to).flat_map(|at| (nearest_source(at, from, to, sampling) as u16).to_le_bytes()).collect();
    Ok(lowering.constant(&bytes))
}
