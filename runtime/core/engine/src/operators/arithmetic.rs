//! ADD_I8, MULTIPLY_I8, EXTREMUM_I8, BINARY_F32 and UNARY_F32.

use super::OperatorEntry;
use super::shared::{extents, multiplier, portable, whole, whole_of, zero_point_i8};
use crate::operation::{Operand, Operation, Overlap, Refusal, Work};
use mote_format::parameters::{self, BinaryKind, UnaryKind};
use mote_format::{ElementType, OpCode};
use mote_kernels::arguments::{
    AddI8, AddParameters, Binary, BinaryF32, BinaryF32Parameters, BinaryKindF32, Broadcast, Extremum, ExtremumI8,
    MultiplyI8, MultiplyParameters, UnaryF32, UnaryKindF32,
};
use mote_kernels::{Fault, prepare};
use mote_numbers::Multiplier;

portable!(
    /// Sum or difference.
    ADD_I8, ADD_I8_REFERENCE, ADD_I8, add_work, add_work, add_arguments, add_i8
);
portable!(
    /// Product.
    MULTIPLY_I8, MULTIPLY_I8_REFERENCE, MULTIPLY_I8, multiply_work, multiply_work, multiply_arguments, multiply_i8
);
portable!(
    /// Larger or smaller of two.
    EXTREMUM_I8, EXTREMUM_I8_REFERENCE, EXTREMUM_I8, extremum_work, extremum_work, extremum_arguments, extremum_i8
);
portable!(
    /// Float operators of two inputs.
    BINARY_F32, BINARY_F32_REFERENCE, BINARY_F32, binary_work, binary_work, binary_arguments, binary_f32
);
portable!(
    /// Float functions of one input.
    UNARY_F32, UNARY_F32_REFERENCE, UNARY_F32, unary_work, unary_work, unary_arguments, unary_f32
);

/// Two inputs and an output of one type whose shapes broadcast. Inlined: results this large are costly to move.
#[inline(always)]
pub(super) fn operands<P>(operation: &Operation<'_>, of: ElementType, parameters: P) -> Result<Binary<P>, Refusal> {
    operation.expect_operands(2, 1)?;
    let (a, b, output) = (operation.input(0)?, operation.input(1)?, operation.output(0)?);
    let mut elements = a.elements();
    let mut broadcast = Broadcast::same(elements);
    if !a.view.has_shape_of(b.view) {
        elements = meet(&a, &b, &mut broadcast).ok_or(Refusal::Shape)?;
    }
    if elements != output.elements() {
        return Err(Refusal::Shape);
    }
    let (a, b, output) = (whole_of(&a, of)?, whole_of(&b, of)?, whole_of(&output, of)?);
    Ok(Binary { a, b, output, broadcast, parameters })
}

/// How two shapes meet, and the elements of the output; none when they do not.
#[inline(never)]
fn meet(a: &Operand<'_>, b: &Operand<'_>, broadcast: &mut Broadcast) -> Option<usize> {
    let (a_extents, b_extents) = (extents(&a.shape()?), extents(&b.shape()?));
    let (meeting, elements) = prepare::broadcast(a_extents.get(..a.view.rank())?, b_extents.get(..b.view.rank())?)?;
    *broadcast = meeting;
    Some(elements)
}

pub(super) fn elementwise(elements: usize, work_per_unit: u32) -> Work {
    Work { units: elements, work_per_unit, scratch_bytes: 0, overlap: Overlap::SameStart }
}

/// A multiplier not above 1: no left shift.
pub(super) fn fraction(parameters: parameters::MultiplierParameters) -> Result<Multiplier, Refusal> {
    let multiplier = multiplier(parameters)?;
    if multiplier.shift <= 0 { Ok(multiplier) } else { Err(Refusal::Quantization) }
}

fn range(min: i8, max: i8) -> Result<(), Refusal> {
    if min <= max { Ok(()) } else { Err(Refusal::Parameter) }
}

fn add_arguments(operation: &Operation<'_>) -> Result<AddI8, Refusal> {
    let p: parameters::AddParameters = operation.parameters()?;
    range(p.activation_min, p.activation_max)?;
    let parameters = AddParameters {
        a_zero_point: zero_point_i8(&operation.input(0)?)?,
        b_zero_point: zero_point_i8(&operation.input(1)?)?,
        output_zero_point: zero_point_i8(&operation.output(0)?)?,
        a_multiplier: fraction(p.a)?,
        b_multiplier: fraction(p.b)?,
        output_multiplier: fraction(p.output)?,
        subtract: p.subtract,
        activation_min: p.activation_min,
        activation_max: p.activation_max,
    };
    operands(operation, ElementType::I8, parameters)
}

fn add_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(add_arguments(operation)?.output.bytes, 3))
}

fn multiply_arguments(operation: &Operation<'_>) -> Result<MultiplyI8, Refusal> {
    let p: parameters::MultiplyParameters = operation.parameters()?;
    range(p.activation_min, p.activation_max)?;
    let parameters = MultiplyParameters {
        a_zero_point: zero_point_i8(&operation.input(0)?)?,
        b_zero_point: zero_point_i8(&operation.input(1)?)?,
        output_zero_point: zero_point_i8(&operation.output(0)?)?,
        multiplier: multiplier(p.multiplier)?,
        activation_min: p.activation_min,
        activation_max: p.activation_max,
    };
    operands(operation, ElementType::I8, parameters)
}

fn multiply_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(multiply_arguments(operation)?.output.bytes, 2))
}

fn extremum_arguments(operation: &Operation<'_>) -> Result<ExtremumI8, Refusal> {
    let p: parameters::ExtremumParameters = operation.parameters()?;
    let kind = if p.maximum { Extremum::Maximum } else { Extremum::Minimum };
    operands(operation, ElementType::I8, kind)
}

fn extremum_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(extremum_arguments(operation)?.output.bytes, 1))
}

fn binary_arguments(operation: &Operation<'_>) -> Result<BinaryF32, Refusal> {
    let p: parameters::BinaryF32Parameters = operation.parameters()?;
    if p.activation_min > p.activation_max || p.activation_min.is_nan() || p.activation_max.is_nan() {
        return Err(Refusal::Parameter);
    }
    let kind = match p.kind {
        BinaryKind::Add => BinaryKindF32::Add,
        BinaryKind::Subtract => BinaryKindF32::Subtract,
        BinaryKind::Multiply => BinaryKindF32::Multiply,
        BinaryKind::Maximum => BinaryKindF32::Maximum,
        BinaryKind::Minimum => BinaryKindF32::Minimum,
    };
    let (activation_min, activation_max) = (p.activation_min, p.activation_max);
    operands(operation, ElementType::F32, BinaryF32Parameters { kind, activation_min, activation_max })
}

fn binary_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(binary_arguments(operation)?.output.bytes / 4, 1))
}

fn unary_arguments(operation: &Operation<'_>) -> Result<UnaryF32, Refusal> {
    let (input, output) = operation.one_to_one()?;
    input.expect(ElementType::F32)?;
    output.expect(ElementType::F32)?;
    if input.elements() != output.elements() {
        return Err(Refusal::Shape);
    }
    let p: parameters::UnaryF32Parameters = operation.parameters()?;
    let kind = match p.kind {
        UnaryKind::Relu => UnaryKindF32::Relu,
        UnaryKind::Relu6 => UnaryKindF32::Relu6,
        UnaryKind::ReluN1To1 => UnaryKindF32::ReluN1To1,
        UnaryKind::LeakyRelu(alpha) => UnaryKindF32::LeakyRelu(alpha),
        UnaryKind::Logistic => UnaryKindF32::Logistic,
        UnaryKind::Tanh => UnaryKindF32::Tanh,
        UnaryKind::HardSwish => UnaryKindF32::HardSwish,
        UnaryKind::Abs => UnaryKindF32::Abs,
        UnaryKind::Exp => UnaryKindF32::Exp,
        UnaryKind::Log => UnaryKindF32::Log,
        UnaryKind::Sqrt => UnaryKindF32::Sqrt,
        UnaryKind::Rsqrt => UnaryKindF32::Rsqrt,
        UnaryKind::Reciprocal => UnaryKindF32::Reciprocal,
        UnaryKind::Negate => UnaryKindF32::Negate,
        UnaryKind::Erf => UnaryKindF32::Erf,
        UnaryKind::Gelu => UnaryKindF32::Gelu,
        UnaryKind::GeluTanh => UnaryKindF32::GeluTanh,
        UnaryKind::Silu => UnaryKindF32::Silu,
        UnaryKind::Mish => UnaryKindF32::Mish,
        UnaryKind::Softplus => UnaryKindF32::Softplus,
        UnaryKind::Floor => UnaryKindF32::Floor,
        UnaryKind::Ceil => UnaryKindF32::Ceil,
        UnaryKind::Round => UnaryKindF32::Round,
        UnaryKind::Sign => UnaryKindF32::Sign,
        UnaryKind::Elu(alpha) => UnaryKindF32::Elu(alpha),
        UnaryKind::HardSigmoid(slope, offset) => UnaryKindF32::HardSigmoid(slope, offset),
        UnaryKind::Clip(min, max) => UnaryKindF32::Clip(min, max),
    };
    Ok(UnaryF32 { input: whole(&input)?, output: whole(&output)?, kind })
}

fn unary_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    Ok(elementwise(unary_arguments(operation)?.output.bytes / 4, 8))
}
