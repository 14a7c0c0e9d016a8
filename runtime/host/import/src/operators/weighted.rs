//! Operands of operators with weights: types, constness, quantisation and bias.

use super::quantize::constant_values;
use crate::importer::{Importer, Outcome, Site};
use crate::operands::{per_tensor, unsupported_type};
use crate::report::Blocker;
use mote_graph::{ElementType, Tensor, TensorId};
use std::sync::Arc;

/// Two scales that should be equal may differ by this part of the output's scale before accumulated results shift.
const BIAS_SCALE_TOLERANCE: f64 = 0.02;

/// Operands of an operator with weights, checked.
pub(super) struct Weighted {
    pub x: TensorId,
    pub weights: TensorId,
    pub bias: Option<TensorId>,
    pub y: TensorId,
}

impl Weighted {
    pub fn inputs(&self) -> Vec<TensorId> {
        [self.x, self.weights].into_iter().chain(self.bias).collect()
    }
}

/// Reads x, weights and bias from the input positions given, and checks types, constness and quantisation.
/// `with_int16`: the operator has kernels for int16 activations.
pub(super) fn weighted(
    importer: &mut Importer<'_, '_>,
    site: &Site<'_, '_>,
    positions: [usize; 3],
    channel_axis: usize,
    with_int16: bool,
) -> Outcome<Weighted> {
    let x = importer.input(site, positions[0])?;
    let weights = match hybrid_weights(importer, site, x, positions[1])? {
        Some(weights) => weights,
        None => importer.input(site, positions[1])?,
    };
    let bias = importer.optional_input(site, positions[2])?;
    let y = importer.output(site, 0)?;
    let (input, stored, output) = (importer.get(x), importer.get(weights), importer.get(y));
    let element_type = input.element_type;
    let int16 = (element_type, stored.element_type) == (ElementType::I16, ElementType::I8) && with_int16;
    let known = |t: &&Tensor| {
        matches!(t.element_type, ElementType::I8 | ElementType::F32) || int16 && t.element_type == ElementType::I16
    };
    if let Some(wrong) = [input, stored, output].into_iter().find(|t| !known(t)) {
        return Err(unsupported_type(wrong).into());
    }
    if !int16 && input.element_type != stored.element_type || input.element_type != output.element_type {
        let names = [input, stored, output].map(|t| t.element_type.name());
        let reason = format!("input {}, weights {} and output {} do not go together", names[0], names[1], names[2]);
        return Err(Blocker::new(reason, "convert the whole model to int8, or leave it float32").into());
    }
    if stored.data.is_none() {
        let fix = "freeze the model's variables when converting; products of two computed tensors are not supported";
        return Err(Blocker::new("weights computed at run time", fix).of(stored.name.clone()).into());
    }
    if stored.element_type == ElementType::I8 {
        per_tensor(input)?;
        per_tensor(output)?;
        check_weights(stored, channel_axis)?;
    }
    let outputs = stored.shape.get(channel_axis).copied().unwrap_or(0);
    let bias = bias.map(|bias| check_bias(importer, bias, outputs, element_type)).transpose()?;
    if let Some(bias) = bias {
        check_bias_scale(importer, site, [x, weights, bias, y]);
    }
    Ok(Weighted { x, weights, bias, y })
}

/// int8 weights of an operator on float data (dynamic-range quantisation), as the float32 values they stand for. The
/// graph computes with those; LiteRT rounds the activations to 8 bits at run time instead. None where there are none such.
fn hybrid_weights(
    importer: &mut Importer<'_, '_>,
    site: &Site<'_, '_>,
    x: TensorId,
    position: usize,
) -> Outcome<Option<TensorId>> {
    if importer.get(x).element_type != ElementType::F32 {
        return Ok(None);
    }
    let index = importer.input_index(site, position)?;
    let Some(stored) = importer.constant(index)? else { return Ok(None) };
    let (ElementType::I8 | ElementType::U8, Some(data)) = (stored.element_type, &stored.data) else { return Ok(None) };
    if stored.quantization.is_none() {
        let fix = "convert the model again";
        let reason = "hybrid quantisation: int8 weights without quantisation parameters on float32 data";
        return Err(Blocker::new(reason, fix).of(stored.name).into());
    }
    importer.reserve(data.len().saturating_mul(4))?;
    let Some(values) = constant_values(importer, index)? else { return Ok(None) };
    let reason = "dynamic-range (hybrid) quantisation: the 8-bit weights become the float32 values they stand for, four \
                  times their size, and the model runs in float; calibrate it to make it int8 throughout";
    importer.note(Some(site.origin.into()), Some(stored.name.clone()), reason.into());
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let (element_type, quantization) = (ElementType::F32, None);
    Ok(Some(importer.add_constant(Tensor { element_type, quantization, data: Some(Arc::new(bytes)), ..stored })))
}

fn check_weights(weights: &Tensor, channel_axis: usize) -> Result<(), Blocker> {
    let because = |reason: String, fix: &str| Err(Blocker::new(reason, fix).of(weights.name.clone()));
    let Some(quantization) = &weights.quantization else {
        return because("int8 weights without quantisation parameters".into(), "convert the model again");
    };
    if quantization.zero_points.iter().any(|&point| point != 0) {
        let fix = "quantise weights symmetrically (zero point 0), as the TFLite specification asks";
        return because("weights with a zero point other than 0".into(), fix);
    }
    if !quantization.is_per_tensor() && quantization.axis != channel_axis {
        let reason = format!("weights quantised along axis {}, not the output channels", quantization.axis);
        return because(reason, "quantise per output channel or per tensor");
    }
    Ok(())
}

/// Checks a bias and gives it the shape [outputs].
fn check_bias(
    importer: &mut Importer<'_, '_>,
    bias: TensorId,
    outputs: usize,
    element_type: ElementType,
) -> Outcome<TensorId> {
    let tensor = importer.get(bias);
    let expected: &[ElementType] = match element_type {
        ElementType::I8 => &[ElementType::I32],
        ElementType::I16 => &[ElementType::I64, ElementType::I32],
        _ => &[ElementType::F32],
    };
    if !expected.contains(&tensor.element_type) {
        let names: Vec<&str> = expected.iter().map(|expected| expected.name()).collect();
        let reason = format!("bias is {}, expected {}", tensor.element_type.name(), names.join(" or "));
        return Err(Blocker::new(reason, "convert the model again").of(tensor.name.clone()).into());
    }
    if tensor.data.is_none() {
        let fix = "freeze the model's variables when converting, or add the computed bias with ADD";
        return Err(Blocker::new("bias computed at run time", fix).of(tensor.name.clone()).into());
    }
    if tensor.elements() != outputs {
        let reason = format!("bias of {} elements for {outputs} outputs", tensor.elements());
        return Err(Blocker::malformed(reason).of(tensor.name.clone()).into());
    }
    if tensor.shape.len() == 1 {
        return Ok(bias);
    }
    // The quantisation's axis would no longer mean anything, and no kernel reads a bias's scale.
    let flat = Tensor { shape: vec![outputs], quantization: None, ..tensor.clone() };
    Ok(importer.add_constant(flat))
}

/// Warns where the stored bias is in other units than the accumulator: kernels add it as it is.
fn check_bias_scale(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, [x, weights, bias, y]: [TensorId; 4]) {
    let quantization = |id: TensorId| importer.get(id).quantization.as_ref();
    let (Some(x), Some(w), Some(b), Some(y)) =
        (quantization(x), quantization(weights), quantization(bias), quantization(y))
    else {
        return;
    };
    let scale = |list: &[f32], channel: usize| f64::from(list.get(channel).or(list.first()).copied().unwrap_or(1.0));
    let apart = (0..w.scales.len().max(b.scales.len())).any(|channel| {
        let product = scale(&x.scales, 0) * scale(&w.scales, channel);
        (product - scale(&b.scales, channel)).abs() > BIAS_SCALE_TOLERANCE * scale(&y.scales, 0)
    });
    if apart {
        let reason = "bias scale is not input scale × weight scale; the stored integers are used as they are";
        importer.warn(site, bias, reason.into(), "convert the model again");
    }
}
