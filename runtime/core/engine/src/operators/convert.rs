//! QUANTIZE_F32, DEQUANTIZE_8 and CAST.

use super::OperatorEntry;
use super::shared::{portable, whole};
use crate::operation::{Operand, Operation, Overlap, Refusal, Work};
use mote_format::{ElementType, OpCode};
use mote_kernels::Fault;
use mote_kernels::arguments::{Cast, CastType, Quantize};

portable!(
    /// float32 to 8-bit.
    QUANTIZE_F32, QUANTIZE_F32_REFERENCE, QUANTIZE_F32, quantize_work, quantize_work, quantize_arguments, quantize_f32
);
portable!(
    /// 8-bit to float32.
    DEQUANTIZE_8, DEQUANTIZE_8_REFERENCE, DEQUANTIZE_8, dequantize_work, dequantize_work, dequantize_arguments,
    dequantize_8
);
portable!(
    /// Between element types.
    CAST, CAST_REFERENCE, CAST, cast_work, cast_work, cast_arguments, cast
);

/// Input and output of as many elements.
fn operands<'o>(operation: &Operation<'o>) -> Result<(Operand<'o>, Operand<'o>), Refusal> {
    let (input, output) = operation.one_to_one()?;
    if input.elements() == output.elements() { Ok((input, output)) } else { Err(Refusal::Shape) }
}

/// Conversion between a float tensor and `quantized`, whose record says how.
fn affine(
    input: &Operand<'_>,
    output: &Operand<'_>,
    float: &Operand<'_>,
    quantized: &Operand<'_>,
) -> Result<Quantize, Refusal> {
    float.expect(ElementType::F32)?;
    let unsigned = match quantized.element_type() {
        ElementType::I8 => false,
        ElementType::U8 => true,
        _ => return Err(Refusal::ElementType),
    };
    let (scale, zero_point) = (quantized.view.scale(), quantized.view.zero_point());
    if scale <= 0.0 || scale.is_nan() {
        return Err(Refusal::Quantization);
    }
    Ok(Quantize { input: whole(input)?, output: whole(output)?, scale, zero_point, unsigned })
}

fn quantize_arguments(operation: &Operation<'_>) -> Result<Quantize, Refusal> {
    let (input, output) = operands(operation)?;
    affine(&input, &output, &input, &output)
}

fn quantize_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elements_work(quantize_arguments(operation)?.output.bytes, Overlap::None))
}

fn dequantize_arguments(operation: &Operation<'_>) -> Result<Quantize, Refusal> {
    let (input, output) = operands(operation)?;
    affine(&input, &output, &output, &input)
}

fn dequantize_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elements_work(dequantize_arguments(operation)?.input.bytes, Overlap::None))
}

fn elements_work(units: usize, overlap: Overlap) -> Work {
    Work { units, work_per_unit: 1, scratch_bytes: 0, overlap }
}

fn cast_arguments(operation: &Operation<'_>) -> Result<Cast, Refusal> {
    let (input, output) = operands(operation)?;
    let (from, to) = (cast_type(&input)?, cast_type(&output)?);
    Ok(Cast { input: whole(&input)?, output: whole(&output)?, from, to })
}

fn cast_type(operand: &Operand<'_>) -> Result<CastType, Refusal> {
    Ok(match operand.element_type() {
        ElementType::I8 => CastType::I8,
        ElementType::U8 => CastType::U8,
        ElementType::Bool => CastType::Bool,
        ElementType::I32 => CastType::I32,
        ElementType::F32 => CastType::F32,
        ElementType::I16 | ElementType::I64 => return Err(Refusal::ElementType),
    })
}

fn cast_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let arguments = cast_arguments(operation)?;
    let units = arguments.output.bytes.checked_div(arguments.to.bytes()).ok_or(Refusal::Shape)?;
    Ok(elements_work(units, Overlap::SameStart))
}
