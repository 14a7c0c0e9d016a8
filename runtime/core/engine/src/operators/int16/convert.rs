//! RESCALE, QUANTIZE_F32_I16 and DEQUANTIZE_I16.

use crate::operation::{Operand, Operation, Overlap, Refusal, Work};
use crate::operators::OperatorEntry;
use crate::operators::shared::{multiplier, portable, whole, whole_of};
use mote_format::parameters::{self, MultiplierParameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::Fault;
use mote_kernels::arguments::{IntegerType, QuantizeI16, Rescale, RescaleParameters};
use mote_numbers::Multiplier;

portable!(
    /// Change of scale and integer type.
    RESCALE, RESCALE_REFERENCE, RESCALE, rescale_work, rescale_work, rescale_arguments, rescale
);
portable!(
    /// float32 to int16.
    QUANTIZE_F32_I16, QUANTIZE_F32_I16_REFERENCE, QUANTIZE_F32_I16, quantize_work, quantize_work, quantize_arguments,
    quantize_f32_i16
);
portable!(
    /// int16 to float32.
    DEQUANTIZE_I16, DEQUANTIZE_I16_REFERENCE, DEQUANTIZE_I16, dequantize_work, dequantize_work, dequantize_arguments,
    dequantize_i16
);

/// Input and output of as many elements.
fn operands<'o>(operation: &Operation<'o>) -> Result<(Operand<'o>, Operand<'o>), Refusal> {
    let (input, output) = operation.one_to_one()?;
    if input.elements() == output.elements() { Ok((input, output)) } else { Err(Refusal::Shape) }
}

/// The type and the numbers it holds.
fn integer_type(operand: &Operand<'_>) -> Result<(IntegerType, i32, i32), Refusal> {
    Ok(match operand.element_type() {
        ElementType::I8 => (IntegerType::I8, i8::MIN.into(), i8::MAX.into()),
        ElementType::I16 => (IntegerType::I16, i16::MIN.into(), i16::MAX.into()),
        ElementType::I32 => (IntegerType::I32, i32::MIN, i32::MAX),
        _ => return Err(Refusal::ElementType),
    })
}

/// A multiplier whose mantissa may be negative.
fn signed_multiplier(parameters: MultiplierParameters) -> Result<Multiplier, Refusal> {
    // The most negative number has no magnitude, and is refused with those that are too large.
    let magnitude = MultiplierParameters { mantissa: parameters.mantissa.wrapping_abs(), ..parameters };
    let Multiplier { shift, .. } = multiplier(magnitude)?;
    Ok(Multiplier { mantissa: parameters.mantissa, shift })
}

fn rescale_arguments(operation: &Operation<'_>) -> Result<Rescale, Refusal> {
    let (input, output) = operands(operation)?;
    let (from, ..) = integer_type(&input)?;
    let (to, least, greatest) = integer_type(&output)?;
    let p: parameters::RescaleParameters = operation.parameters()?;
    if p.activation_min > p.activation_max || p.activation_min < least || p.activation_max > greatest {
        return Err(Refusal::Parameter);
    }
    let parameters = RescaleParameters {
        input_zero_point: input.view.zero_point(),
        output_zero_point: output.view.zero_point(),
        positive: multiplier(p.positive)?,
        negative: signed_multiplier(p.negative)?,
        activation_min: p.activation_min,
        activation_max: p.activation_max,
    };
    Ok(Rescale { input: whole(&input)?, output: whole(&output)?, from, to, parameters })
}

fn rescale_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let Rescale { output, to, .. } = rescale_arguments(operation)?;
    let units = output.bytes.checked_div(to.bytes()).ok_or(Refusal::Shape)?;
    // Inputs and outputs that share memory are of one size.
    Ok(Work { units, work_per_unit: 2, scratch_bytes: 0, overlap: Overlap::SameStart })
}

/// Conversion between a float tensor and int16 of `scale`.
fn affine(
    operation: &Operation<'_>,
    from: ElementType,
    to: ElementType,
    scale: impl Fn(&Operand<'_>, &Operand<'_>) -> f32,
) -> Result<QuantizeI16, Refusal> {
    let (input, output) = operands(operation)?;
    let scale = scale(&input, &output);
    if scale <= 0.0 || scale.is_nan() {
        return Err(Refusal::Quantization);
    }
    Ok(QuantizeI16 { input: whole_of(&input, from)?, output: whole_of(&output, to)?, scale })
}

fn quantize_arguments(operation: &Operation<'_>) -> Result<QuantizeI16, Refusal> {
    affine(operation, ElementType::F32, ElementType::I16, |_, output| output.view.scale())
}

fn quantize_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elements_work(quantize_arguments(operation)?.output.bytes / 2))
}

fn dequantize_arguments(operation: &Operation<'_>) -> Result<QuantizeI16, Refusal> {
    affine(operation, ElementType::I16, ElementType::F32, |input, _| input.view.scale())
}

fn dequantize_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elements_work(dequantize_arguments(operation)?.input.bytes / 2))
}

fn elements_work(units: usize) -> Work {
    Work { units, work_per_unit: 1, scratch_bytes: 0, overlap: Overlap::None }
}
