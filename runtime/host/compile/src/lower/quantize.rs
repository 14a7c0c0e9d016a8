//! Conversions between element types and quantisations.

use crate::error::Problem;
use crate::lower::context::{Lowering, quantization, wrong_type};
use crate::lower::int16;
use crate::lower::unary::lookup;
use mote_format::OpCode;
use mote_graph::{ElementType, Node};
use mote_kernels::prepare::ReluParameters;
use mote_kernels::tables;

/// QUANTIZE: from float32 an operator, between 8-bit quantisations a table.
pub fn quantize(lowering: &mut Lowering<'_>, node: &Node) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    let byte = |element_type| matches!(element_type, ElementType::I8 | ElementType::U8);
    let wide = |element_type| matches!(element_type, ElementType::I16 | ElementType::I32);
    if wide(from.element_type) || wide(to.element_type) {
        return int16::quantize(lowering, node);
    }
    if !byte(to.element_type) {
        return Err(wrong_type(node, to));
    }
    let y = quantization(node, to)?;
    if from.element_type == ElementType::F32 {
        return convert(lowering, node, OpCode::QUANTIZE_F32);
    }
    if !byte(from.element_type) {
        return Err(wrong_type(node, from));
    }
    let x = quantization(node, from)?;
    let (source, target) = ((x.scale(0), x.zero_point()), (y.scale(0), y.zero_point()));
    let parameters = ReluParameters::requantize(source, target, to.element_type == ElementType::U8);
    let table = match (from.element_type, to.element_type) {
        (ElementType::I8, ElementType::I8) => tables::table_of_i8(|value| tables::relu_i8(value, &parameters)),
        (ElementType::I8, _) => std::array::from_fn(|byte| tables::requantize_i8_u8(byte as u8 as i8, &parameters)),
        (_, ElementType::I8) => std::array::from_fn(|byte| tables::requantize_u8_i8(byte as u8, &parameters) as u8),
        (_, _) => return Err(wrong_type(node, from)),
    };
    lookup(lowering, node, &table)
}

/// DEQUANTIZE.
pub fn dequantize(lowering: &mut Lowering<'_>, node: &Node) -> Result<(), Problem> {
    let from = lowering.operand(node, 0)?;
    if from.element_type == ElementType::I16 {
        return int16::dequantize(lowering, node);
    }
    if !matches!(from.element_type, ElementType::I8 | ElementType::U8) {
        return Err(wrong_type(node, from));
    }
    quantization(node, from)?;
    convert(lowering, node, OpCode::DEQUANTIZE_8)
}

/// CAST; between equal types a view.
pub fn cast(lowering: &mut Lowering<'_>, node: &Node) -> Result<(), Problem> {
    let (from, to) = (lowering.operand(node, 0)?, lowering.result(node, 0)?);
    if from.element_type == to.element_type && lowering.show(node, 0, 0)? {
        return Ok(());
    }
    convert(lowering, node, OpCode::CAST)
}

/// An operator whose parameters are all in its operands' records.
fn convert(lowering: &mut Lowering<'_>, node: &Node, code: OpCode) -> Result<(), Problem> {
    let input = lowering.input(node, 0)?;
    let output = lowering.output(node, 0)?;
    lowering.emit(node, code, &[input], &[output], &());
    Ok(())
}
