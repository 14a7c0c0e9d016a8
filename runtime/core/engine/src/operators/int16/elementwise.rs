//! ADD_I16, MULTIPLY_I16, EXTREMUM_I16 and CURVE_I16.

use crate::operation::{Operation, Overlap, Refusal, Work};
use crate::operators::OperatorEntry;
use crate::operators::arithmetic::{elementwise, fraction, operands};
use crate::operators::shared::{multiplier, portable, whole_of};
use mote_format::parameters::{self, CurveI16Parameters, ExtremumParameters};
use mote_format::{ElementType, OpCode};
use mote_kernels::Fault;
use mote_kernels::arguments::{
    AddI16, AddI16Parameters, CURVE_TABLE_BYTES, CurveI16, Extremum, ExtremumI16, MultiplyI16, MultiplyI16Parameters,
};

portable!(
    /// Sum or difference.
    ADD_I16, ADD_I16_REFERENCE, ADD_I16, add_work, add_work, add_arguments, add_i16
);
portable!(
    /// Product.
    MULTIPLY_I16, MULTIPLY_I16_REFERENCE, MULTIPLY_I16, multiply_work, multiply_work, multiply_arguments, multiply_i16
);
portable!(
    /// Larger or smaller of two.
    EXTREMUM_I16, EXTREMUM_I16_REFERENCE, EXTREMUM_I16, extremum_work, extremum_work, extremum_arguments, extremum_i16
);
portable!(
    /// Logistic function or hyperbolic tangent.
    CURVE_I16, CURVE_I16_REFERENCE, CURVE_I16, curve_work, curve_work, curve_arguments, curve_i16
);

fn range(min: i16, max: i16) -> Result<(), Refusal> {
    if min <= max { Ok(()) } else { Err(Refusal::Parameter) }
}

fn add_arguments(operation: &Operation<'_>) -> Result<AddI16, Refusal> {
    let p: parameters::AddI16Parameters = operation.parameters()?;
    range(p.activation_min, p.activation_max)?;
    let parameters = AddI16Parameters {
        a_multiplier: fraction(p.a)?,
        b_multiplier: fraction(p.b)?,
        output_multiplier: fraction(p.output)?,
        subtract: p.subtract,
        activation_min: p.activation_min,
        activation_max: p.activation_max,
    };
    operands(operation, ElementType::I16, parameters)
}

fn add_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(add_arguments(operation)?.output.bytes / 2, 3))
}

fn multiply_arguments(operation: &Operation<'_>) -> Result<MultiplyI16, Refusal> {
    let p: parameters::MultiplyI16Parameters = operation.parameters()?;
    range(p.activation_min, p.activation_max)?;
    let parameters = MultiplyI16Parameters {
        multiplier: multiplier(p.multiplier)?,
        activation_min: p.activation_min,
        activation_max: p.activation_max,
    };
    operands(operation, ElementType::I16, parameters)
}

fn multiply_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(multiply_arguments(operation)?.output.bytes / 2, 2))
}

fn extremum_arguments(operation: &Operation<'_>) -> Result<ExtremumI16, Refusal> {
    let p: ExtremumParameters = operation.parameters()?;
    let kind = if p.maximum { Extremum::Maximum } else { Extremum::Minimum };
    operands(operation, ElementType::I16, kind)
}

fn extremum_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(extremum_arguments(operation)?.output.bytes / 2, 1))
}

fn curve_arguments(operation: &Operation<'_>) -> Result<CurveI16, Refusal> {
    let (input, output) = operation.one_to_one()?;
    let (input, output) = (whole_of(&input, ElementType::I16)?, whole_of(&output, ElementType::I16)?);
    if input.bytes != output.bytes {
        return Err(Refusal::Shape);
    }
    let CurveI16Parameters { tangent, factor, shift, table } = operation.parameters()?;
    if shift > 31 {
        return Err(Refusal::Quantization);
    }
    let table = operation.constant(table, CURVE_TABLE_BYTES)?;
    Ok(CurveI16 { input, output, tangent, factor: factor.into(), shift: shift.into(), table })
}

fn curve_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let units = curve_arguments(operation)?.output.bytes / 2;
    Ok(Work { units, work_per_unit: 2, scratch_bytes: 0, overlap: Overlap::SameStart })
}
