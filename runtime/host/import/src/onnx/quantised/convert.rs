//! QuantizeLinear and DequantizeLinear.

use super::parameters::{parameters, same_kind};
use crate::importer::Outcome;
use crate::onnx::constant::{Constant, Elements};
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::report::Blocker;
use mote_graph::{ElementType, Operator, Quantization, Tensor};

/// DequantizeLinear. A constant becomes a float constant that remembers what was stored.
pub(super) fn dequantize<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let value = importer.value(site, 0)?;
    let parameters = parameters(importer, site, value.shape())?;
    match value {
        Value::Constant(constant) => {
            if let Some(zero_point) = &parameters.zero_point
                && !same_kind(&zero_point.elements, &constant.elements)
            {
                let (stored, point) = (constant.elements.type_name(), zero_point.elements.type_name());
                return Err(Blocker::malformed(format!("stored as {stored} with a zero point of type {point}")).into());
            }
            importer.reserve(constant.len().saturating_mul(4))?;
            let real = dequantised(&constant, parameters.quantization)?;
            importer.define_constant(site, real)
        }
        Value::Computed(view) => {
            let tensor = importer.get(view.tensor).clone();
            if !matches!(tensor.element_type, ElementType::I8 | ElementType::U8) {
                let reason = format!("dequantises {} computed at run time", tensor.element_type.name());
                return Err(Blocker::new(reason, "quantise activations to int8 or uint8").into());
            }
            let empty = match tensor.element_type {
                ElementType::I8 => Elements::I8(Vec::new()),
                _ => Elements::U8(Vec::new()),
            };
            if let Some(zero_point) = &parameters.zero_point
                && !same_kind(&zero_point.elements, &empty)
            {
                let (stored, point) = (tensor.element_type.name(), zero_point.elements.type_name());
                return Err(Blocker::malformed(format!("stored as {stored} with a zero point of type {point}")).into());
            }
            let quantization = per_tensor(parameters.quantization)?;
            let stored = match &tensor.quantization {
                Some(own) if *own == quantization => view.tensor,
                None => {
                    importer.graph.tensors[view.tensor].quantization = Some(quantization);
                    view.tensor
                }
                Some(_) => {
                    // Read by other parameters than it was written with: the same bytes, seen otherwise.
                    let (shape, kind) = (tensor.shape.clone(), tensor.element_type);
                    let inputs = vec![view.tensor];
                    importer.emit_typed(site, Operator::Reshape, inputs, shape, kind, Some(quantization))?
                }
            };
            let (operator, kind) = (Operator::Dequantize, ElementType::F32);
            let real = importer.emit_typed(site, operator, vec![stored], tensor.shape, kind, None)?;
            importer.define_view(site, view.with_tensor(real))
        }
    }
}

/// QuantizeLinear. A constant is quantised here.
pub(super) fn quantize<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let value = importer.value(site, 0)?;
    let parameters = parameters(importer, site, value.shape())?;
    // UINT8 is 2 and INT8 is 3 in the format's list of types; uint8 where nothing says otherwise.
    let signed = match (&parameters.zero_point, site.int_or("output_dtype", 0)?) {
        (Some(zero_point), _) => match &*zero_point.elements {
            Elements::I8(_) => true,
            Elements::U8(_) => false,
            other => return Err(unsupported(other.type_name()).into()),
        },
        (None, 0 | 2) => false,
        (None, 3) => true,
        (None, other) => return Err(unsupported(&format!("number {other}")).into()),
    };
    match value {
        Value::Constant(constant) => {
            let values = constant.f32s().ok_or_else(|| unsupported_input(constant.elements.type_name()))?;
            importer.define_constant(site, quantised(&constant.shape, &values, &parameters.quantization, signed))
        }
        Value::Computed(view) => {
            let Tensor { element_type, shape, .. } = importer.get(view.tensor).clone();
            if element_type != ElementType::F32 {
                return Err(unsupported_input(element_type.name()).into());
            }
            let quantization = Some(per_tensor(parameters.quantization)?);
            let kind = if signed { ElementType::I8 } else { ElementType::U8 };
            let inputs = vec![view.tensor];
            let stored = importer.emit_typed(site, Operator::Quantize, inputs, shape, kind, quantization)?;
            importer.define_view(site, view.with_tensor(stored))
        }
    }
}

/// Relu of stored numbers, which knows no zero point: a table on the bytes. None for other operands.
pub(super) fn stored_relu<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Option<Outcome> {
    let Ok(Value::Computed(view)) = importer.value(site, 0) else { return None };
    let Tensor { element_type, shape, .. } = importer.get(view.tensor).clone();
    let table = match element_type {
        ElementType::I8 => std::array::from_fn(|byte| (byte as u8 as i8).max(0) as u8),
        ElementType::U8 => std::array::from_fn(|byte| byte as u8),
        _ => return None,
    };
    let operator = Operator::Lookup { table: Box::new(table) };
    let stored = importer.emit(site, operator, vec![view.tensor], shape);
    Some(stored.and_then(|stored| importer.define_view(site, view.with_tensor(stored))))
}

fn unsupported(what: &str) -> Blocker {
    Blocker::new(format!("quantises to a type of {what}"), "quantise to int8 or uint8")
}

fn unsupported_input(what: &str) -> Blocker {
    Blocker::new(format!("quantises {what}"), "quantise float32 tensors")
}

fn per_tensor(quantization: Quantization) -> Result<Quantization, Blocker> {
    if quantization.is_per_tensor() {
        return Ok(quantization);
    }
    let fix = "quantise activations with one scale per tensor; only weights may have one per channel";
    Err(Blocker::new("activation quantised per channel", fix))
}

/// Index along axis `axis` of element `at`.
fn channel(shape: &[usize], axis: usize, at: usize) -> usize {
    let inner: usize = shape.iter().skip(axis + 1).product();
    at / inner.max(1) % shape.get(axis).copied().unwrap_or(1).max(1)
}

/// scale × (stored − zero point), the difference exact, the product rounded once.
fn dequantised(constant: &Constant, quantization: Quantization) -> Result<Constant, Blocker> {
    let wrong = || {
        let reason = format!("dequantises a constant of type {}", constant.elements.type_name());
        Blocker::new(reason, "store weights as int8 and biases as int32")
    };
    let stored = constant.elements.to_i64().ok_or_else(wrong)?;
    if matches!(*constant.elements, Elements::I64(_) | Elements::U64(_) | Elements::Bool(_)) {
        return Err(wrong());
    }
    let value = |(at, &stored): (usize, &i64)| {
        let at = if quantization.is_per_tensor() { 0 } else { channel(&constant.shape, quantization.axis, at) };
        let steps = stored - i64::from(quantization.zero_points[at]);
        (f64::from(quantization.scale(at)) * steps as f64) as f32
    };
    let values = stored.iter().enumerate().map(value).collect();
    Ok(Constant { stored_as: Some(quantization), ..Constant::floats(constant.shape.clone(), values) })
}

/// x / scale rounded half to even, zero point added, saturated.
fn quantised(shape: &[usize], values: &[f32], quantization: &Quantization, signed: bool) -> Constant {
    let (low, high) = if signed { (-128, 127) } else { (0, 255) };
    let stored = |(at, &value): (usize, &f32)| {
        let at = if quantization.is_per_tensor() { 0 } else { channel(shape, quantization.axis, at) };
        let steps = (value / quantization.scale(at)).round_ties_even() as i32;
        steps.saturating_add(quantization.zero_points[at]).clamp(low, high)
    };
    let stored = values.iter().enumerate().map(stored);
    let elements = match signed {
        true => Elements::I8(stored.map(|value| value as i8).collect()),
        false => Elements::U8(stored.map(|value| value as u8).collect()),
    };
    Constant::new(shape.to_vec(), elements)
}
