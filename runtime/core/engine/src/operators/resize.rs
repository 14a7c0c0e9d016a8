//! RESIZE_NEAREST and RESIZE_BILINEAR.

use super::OperatorEntry;
use super::shared::{portable, work_units};
use crate::operation::{Operation, Overlap, Refusal, Work};
use mote_format::parameters::{ResizeBilinearParameters, ResizeNearestParameters};
use mote_format::{ConstantRef, ElementType, OpCode};
use mote_kernels::arguments::{ResizeBilinear, ResizeNearest, ResizeParameters};
use mote_kernels::{Fault, Rows, Walk, pixel_scratch_bytes};

portable!(
    /// Nearest neighbour.
    RESIZE_NEAREST, RESIZE_NEAREST_REFERENCE, RESIZE_NEAREST, nearest_check, nearest_work, nearest_arguments,
    resize_nearest
);
portable!(
    /// Bilinear.
    RESIZE_BILINEAR_I8, RESIZE_BILINEAR_I8_REFERENCE, RESIZE_BILINEAR_I8, bilinear_i8_work, bilinear_i8_work,
    bilinear_i8_arguments, resize_bilinear_i8
);
portable!(
    /// Bilinear.
    RESIZE_BILINEAR_F32, RESIZE_BILINEAR_F32_REFERENCE, RESIZE_BILINEAR_F32, bilinear_f32_work, bilinear_f32_work,
    bilinear_f32_arguments, resize_bilinear_f32
);

/// Longest side of an image: positions fit u16, and 10-bit fractions of them 32 bits.
const SIDE_LIMIT: usize = u16::MAX as usize;

fn images(operation: &Operation<'_>) -> Result<(Rows, Rows), Refusal> {
    let (input, output) = operation.one_to_one()?;
    if input.element_type() != output.element_type() {
        return Err(Refusal::ElementType);
    }
    let (input, output) = (input.rows()?, output.rows()?);
    let sides = [input.height, input.width, output.height, output.width];
    if input.batch != output.batch || input.channels != output.channels || sides.iter().any(|&side| side > SIDE_LIMIT) {
        return Err(Refusal::Shape);
    }
    Ok((input, output))
}

fn nearest_arguments(operation: &Operation<'_>) -> Result<ResizeNearest, Refusal> {
    let ResizeNearestParameters { row_sources, column_sources } = operation.parameters()?;
    let (input, output) = images(operation)?;
    let row_sources = operation.constant(row_sources, output.height.wrapping_mul(2))?;
    let column_sources = operation.constant(column_sources, output.width.wrapping_mul(2))?;
    Ok(ResizeNearest { input, output, row_sources, column_sources, walk: Walk::Forward })
}

fn nearest_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let output = nearest_arguments(operation)?.output;
    let work_per_unit = work_units(output.width.saturating_mul(output.channels));
    Ok(Work { units: output.total_rows(), work_per_unit, scratch_bytes: 0, overlap: Overlap::None })
}

/// Every table entry names a row or column of the input.
fn nearest_check(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let work = nearest_work(operation)?;
    let parameters: ResizeNearestParameters = operation.parameters()?;
    let (input, output) = images(operation)?;
    let check = |table: ConstantRef, entries: usize, limit: usize| {
        let bytes = operation.constant_bytes(table, entries.wrapping_mul(2))?;
        let outside = |entry: &[u8; 2]| u16::from_le_bytes(*entry) as usize >= limit;
        if bytes.as_chunks::<2>().0.iter().any(outside) { Err(Refusal::Constant) } else { Ok(()) }
    };
    check(parameters.row_sources, output.height, input.height)?;
    check(parameters.column_sources, output.width, input.width)?;
    Ok(work)
}

fn bilinear_arguments(operation: &Operation<'_>, of: ElementType) -> Result<ResizeBilinear, Refusal> {
    let ResizeBilinearParameters { align_corners, half_pixel_centers } = operation.parameters()?;
    if align_corners && half_pixel_centers {
        return Err(Refusal::Parameter);
    }
    let (input, output) = images(operation)?;
    operation.input(0)?.expect(of)?;
    let parameters = ResizeParameters { align_corners, half_pixel_centers };
    Ok(ResizeBilinear { input, output, parameters, walk: Walk::Forward })
}

fn bilinear_work(arguments: &ResizeBilinear) -> Work {
    let output = &arguments.output;
    let work_per_unit = work_units(output.width.saturating_mul(output.channels).saturating_mul(4));
    let scratch_bytes = pixel_scratch_bytes(output.pixel_bytes());
    Work { units: output.total_rows(), work_per_unit, scratch_bytes, overlap: Overlap::None }
}

fn bilinear_i8_arguments(operation: &Operation<'_>) -> Result<ResizeBilinear, Refusal> {
    bilinear_arguments(operation, ElementType::I8)
}

fn bilinear_i8_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(bilinear_work(&bilinear_i8_arguments(operation)?))
}

fn bilinear_f32_arguments(operation: &Operation<'_>) -> Result<ResizeBilinear, Refusal> {
    bilinear_arguments(operation, ElementType::F32)
}

fn bilinear_f32_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(bilinear_work(&bilinear_f32_arguments(operation)?))
}
