//! Conversions between element types: quantising, dequantising, casting.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::{per_tensor, unsupported_type};
use crate::report::Blocker;
use crate::schema::TensorType;
use crate::tensors::{constant_bytes, shape};
use mote_graph::{ElementType, Operator, Quantization, Tensor};
use std::sync::Arc;

pub(super) fn quantize(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    let (input, output) = (importer.get(x), importer.get(y));
    match input.element_type {
        ElementType::F32 => {}
        ElementType::I8 | ElementType::U8 | ElementType::I16 | ElementType::I32 => _ = per_tensor(input)?,
        _ => return Err(unsupported_type(input).into()),
    }
    let known = match (input.element_type, output.element_type) {
        (_, ElementType::I8) | (ElementType::F32 | ElementType::I8, ElementType::U8) => true,
        (from, ElementType::I16) => from != ElementType::U8,
        (from, ElementType::I32) => matches!(from, ElementType::I8 | ElementType::I16),
        _ => false,
    };
    if !known {
        return Err(unsupported_type(output).into());
    }
    for tensor in [input, output] {
        let zero_point = tensor.quantization.as_ref().map_or(0, Quantization::zero_point);
        if tensor.element_type == ElementType::I32 && zero_point != 0 {
            let fix = "quantise int32 tensors symmetrically";
            return Err(Blocker::new("int32 with a zero point other than 0", fix).of(tensor.name.clone()).into());
        }
    }
    per_tensor(output)?;
    importer.expect_shape(y, &input.shape.clone())?;
    importer.push(site, Operator::Quantize, vec![x], vec![y])
}

/// A constant is dequantised here: that is how files with float16 or int8 storage of float weights run as float.
pub(super) fn dequantize(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let from = importer.input_index(site, 0)?;
    let stored = importer.source.bytes(&importer.subgraph.tensors[from]).map_or(0, <[u8]>::len);
    importer.reserve(stored.saturating_mul(4))?;
    if let Some(values) = constant_values(importer, from)? {
        return fold(importer, site, from, &values);
    }
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    let (input, output) = (importer.get(x), importer.get(y));
    if !matches!(input.element_type, ElementType::I8 | ElementType::U8 | ElementType::I16) {
        return Err(unsupported_type(input).into());
    }
    per_tensor(input)?;
    expect_float(output)?;
    importer.expect_shape(y, &input.shape.clone())?;
    importer.push(site, Operator::Dequantize, vec![x], vec![y])
}

fn expect_float(output: &Tensor) -> Result<(), Blocker> {
    match output.element_type {
        ElementType::F32 => Ok(()),
        other => {
            let reason = format!("dequantises to {}, expected float32", other.name());
            Err(Blocker::malformed(reason).of(output.name.clone()))
        }
    }
}

fn fold(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, from: usize, values: &[f32]) -> Outcome {
    let to = importer.output_index(site, 0)?;
    let stored = &importer.subgraph.tensors[to];
    let output = crate::tensors::convert(importer.source, stored, to, &importer.options.limits)?;
    expect_float(&output)?;
    if output.data.is_some() || output.elements() != values.len() {
        let reason = format!("{} dequantised values for shape {:?}", values.len(), output.shape);
        return Err(Blocker::malformed(reason).of(importer.name(from)).into());
    }
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    importer.fold(to, Tensor { data: Some(Arc::new(bytes)), ..output });
    Ok(())
}

/// Real values of a quantised or float16 constant; none when the tensor is computed at run time.
pub(super) fn constant_values(importer: &Importer<'_, '_>, index: usize) -> Outcome<Option<Vec<f32>>> {
    let stored = &importer.subgraph.tensors[index];
    if stored.type_() == TensorType::FLOAT16 {
        let because = |blocker: Blocker| blocker.of(importer.name(index));
        let shape = shape(stored, &importer.options.limits).map_err(because)?;
        let bytes = constant_bytes(importer.source, stored, &shape, 2).map_err(because)?;
        let halves = bytes.map(|bytes| bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])));
        return Ok(halves.map(|halves| halves.map(half_to_float).collect()));
    }
    let Some(tensor) = importer.constant(index)? else { return Ok(None) };
    let (Some(quantization), Some(data)) = (&tensor.quantization, &tensor.data) else {
        return Err(unsupported_type(&tensor).into());
    };
    let integers: Vec<i32> = match tensor.element_type {
        ElementType::I8 => data.iter().map(|&byte| i32::from(byte as i8)).collect(),
        ElementType::U8 => data.iter().map(|&byte| i32::from(byte)).collect(),
        ElementType::I16 => data.chunks_exact(2).map(|c| i32::from(i16::from_le_bytes([c[0], c[1]]))).collect(),
        _ => return Err(unsupported_type(&tensor).into()),
    };
    // Channel of an element: its index along the quantised axis.
    let inner: usize = tensor.shape.iter().skip(quantization.axis + 1).product();
    let channels = quantization.scales.len();
    let value = |(at, &stored): (usize, &i32)| {
        let channel = at / inner.max(1) % channels.max(1);
        let zero_point = quantization.zero_points.get(channel).copied().unwrap_or(0);
        // The product of a float32 and a difference below 2^18 is exact in double: rounded once.
        (f64::from(quantization.scale(channel)) * f64::from(stored - zero_point)) as f32
    };
    Ok(Some(integers.iter().enumerate().map(value).collect()))
}

/// IEEE 754 half to single precision; exact.
fn half_to_float(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let exponent = u32::from(half >> 10 & 0x1f);
    let mantissa = u32::from(half & 0x3ff);
    match exponent {
        0 => {
            // Zero or subnormal: mantissa × 2^−24.
            let magnitude = mantissa as f32 * (1.0 / 16_777_216.0);
            f32::from_bits(sign | magnitude.to_bits())
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | mantissa << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | mantissa << 13),
    }
}

pub(super) fn cast(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    for id in [x, y] {
        let tensor = importer.get(id);
        if matches!(tensor.element_type, ElementType::I16 | ElementType::I64) {
            let reason = format!("no kernel casts {}", tensor.element_type.name());
            let fix = "cast between int8, uint8, int32, float32 and bool";
            return Err(Blocker::new(reason, fix).of(tensor.name.clone()).into());
        }
    }
    importer.expect_shape(y, &importer.get(x).shape.clone())?;
    importer.push(site, Operator::Cast, vec![x], vec![y])
}

#[cfg(test)]
mod tests {
    use super::half_to_float;

    /// Every half against its definition, sign × significand × 2^exponent in double precision.
    #[test]
    fn halves_convert_exactly() {
        for bits in 0..=u16::MAX {
            let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
            let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
            let expected = match exponent {
                0 => sign * mantissa * 2f64.powi(-24),
                31 if mantissa == 0.0 => sign * f64::INFINITY,
                31 => f64::NAN,
                _ => sign * (1024.0 + mantissa) * 2f64.powi(exponent - 25),
            };
            let found = half_to_float(bits);
            if expected.is_nan() {
                assert!(found.is_nan());
            } else {
                assert_eq!(f64::from(found), expected);
                assert_eq!(found.is_sign_negative(), bits & 0x8000 != 0);
            }
        }
    }
}
