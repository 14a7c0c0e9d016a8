//! Tensors of the file as tensors of the graph: shape, element type, quantisation and constant bytes, all checked.

use crate::Limits;
use crate::report::Blocker;
use crate::schema::{QuantizationDetails, Source, Tensor as SourceTensor, TensorType, tensor_name};
use mote_graph::{ElementType, Quantization, Tensor};

/// Converts a tensor of the file.
pub(crate) fn convert(
    source: &Source<'_>,
    tensor: &SourceTensor<'_>,
    index: usize,
    limits: &Limits,
) -> Result<Tensor, Blocker> {
    let name = tensor_name(tensor, index);
    convert_named(source, tensor, &name, limits).map_err(|blocker| blocker.of(name))
}

fn convert_named(
    source: &Source<'_>,
    tensor: &SourceTensor<'_>,
    name: &str,
    limits: &Limits,
) -> Result<Tensor, Blocker> {
    let element_type = element_type(tensor.type_())?;
    if tensor.sparsity().is_some() {
        let fix = "convert without sparsity, or run the converter's densify step first";
        return Err(Blocker::new("sparse tensor storage is not supported", fix));
    }
    if tensor.is_variable() {
        let fix = "rebuild the model with resource variables (VAR_HANDLE) or explicit state inputs and outputs";
        return Err(Blocker::new("variable tensor of the old kind (state kept inside an operator)", fix));
    }
    let shape = shape(tensor, limits)?;
    let quantization = quantization(tensor, &shape, element_type)?;
    let constant = constant_bytes(source, tensor, &shape, element_type.bytes())?;
    let data = constant.and_then(|_| source.data(tensor));
    Ok(Tensor { name: name.into(), shape, element_type, quantization, data })
}

/// Name of a type of the file, in the words of its users.
pub(crate) fn type_name(type_: TensorType) -> String {
    match type_.variant_name() {
        Some(name) => name.to_ascii_lowercase(),
        None => format!("type code {}", type_.0),
    }
}

fn element_type(type_: TensorType) -> Result<ElementType, Blocker> {
    Ok(match type_ {
        TensorType::INT8 => ElementType::I8,
        TensorType::UINT8 => ElementType::U8,
        TensorType::INT16 => ElementType::I16,
        TensorType::INT32 => ElementType::I32,
        TensorType::INT64 => ElementType::I64,
        TensorType::FLOAT32 => ElementType::F32,
        TensorType::BOOL => ElementType::Bool,
        TensorType::INT4 => {
            return Err(Blocker::new("int4 tensors are not supported", "quantise the weights to int8"));
        }
        TensorType::FLOAT16 => {
            let fix = "keep float16 for weights only (the converter then adds DEQUANTIZE), or convert to float32";
            return Err(Blocker::new("float16 tensors are supported only as constants of DEQUANTIZE", fix));
        }
        other => {
            let reason = format!("element type {} is not supported", type_name(other));
            return Err(Blocker::new(reason, "use int8 or float32 for data, int32 for indices"));
        }
    })
}

/// Extents of a tensor: all at least 1, their product within the limit.
pub(crate) fn shape(tensor: &SourceTensor<'_>, limits: &Limits) -> Result<Vec<usize>, Blocker> {
    let stored: Vec<i32> = tensor.shape().iter().flatten().take(limits.rank + 1).collect();
    if stored.len() > limits.rank {
        let reason = format!("more than {} axes", limits.rank);
        return Err(Blocker::new(reason, "reshape the tensor to fewer axes"));
    }
    let shape = stored.iter().map(|&extent| usize::try_from(extent).ok().filter(|&extent| extent > 0));
    let shape: Option<Vec<usize>> = shape.collect();
    let shape = shape.ok_or_else(|| {
        let fix = "convert the model again with every extent fixed and at least 1";
        Blocker::new(format!("shape {stored:?} has an extent below 1"), fix)
    })?;
    let elements = shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
    match elements {
        Some(elements) if elements <= limits.tensor_elements => Ok(shape),
        _ => {
            let reason = format!("shape {shape:?} has more than {} elements", limits.tensor_elements);
            Err(Blocker::new(reason, "raise the import limit if the file is trusted"))
        }
    }
}

/// Stored bytes of a constant, checked against the shape.
pub(crate) fn constant_bytes<'a>(
    source: &Source<'a>,
    tensor: &SourceTensor<'a>,
    shape: &[usize],
    element_bytes: usize,
) -> Result<Option<&'a [u8]>, Blocker> {
    if tensor.buffer() as usize >= source.buffers.len() {
        let reason = format!("buffer {} does not exist, there are {}", tensor.buffer(), source.buffers.len());
        return Err(Blocker::malformed(reason));
    }
    let Some(bytes) = source.bytes(tensor) else { return Ok(None) };
    let expected = shape.iter().product::<usize>().saturating_mul(element_bytes);
    if bytes.len() != expected {
        let reason = format!("buffer holds {} bytes, shape {shape:?} needs {expected}", bytes.len());
        return Err(Blocker::malformed(reason));
    }
    Ok(Some(bytes))
}

/// Stored range of an element type that carries quantisation; none for the others.
fn stored_range(element_type: ElementType) -> Option<(i64, i64)> {
    match element_type {
        ElementType::I8 => Some((i64::from(i8::MIN), i64::from(i8::MAX))),
        ElementType::U8 => Some((0, i64::from(u8::MAX))),
        ElementType::I16 => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        ElementType::I32 => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        ElementType::I64 | ElementType::F32 | ElementType::Bool => None,
    }
}

fn quantization(
    tensor: &SourceTensor<'_>,
    shape: &[usize],
    element_type: ElementType,
) -> Result<Option<Quantization>, Blocker> {
    let (Some(stored), Some((low, high))) = (tensor.quantization(), stored_range(element_type)) else {
        return Ok(None);
    };
    if stored.details_type() != QuantizationDetails::NONE {
        let fix = "convert again with the converter's own int8 quantisation";
        return Err(Blocker::new("custom quantisation details", fix));
    }
    let count = stored.scale().map_or(0, |scales| scales.len());
    let zero_point_count = stored.zero_point().map_or(0, |points| points.len());
    if count == 0 {
        return match zero_point_count {
            0 => Ok(None),
            _ => Err(Blocker::malformed("zero points without a scale")),
        };
    }
    if zero_point_count != 0 && zero_point_count != count {
        return Err(Blocker::malformed(format!("{count} scales but {zero_point_count} zero points")));
    }
    let axis = if count == 1 { 0 } else { channel_axis(stored.quantized_dimension(), shape, count)? };
    let scales: Vec<f32> = stored.scale().iter().flatten().collect();
    if let Some((channel, scale)) = scales.iter().enumerate().find(|(_, scale)| !(scale.is_finite() && **scale > 0.0)) {
        let reason = format!("scale {scale} of channel {channel} is not a finite number above 0");
        return Err(Blocker::malformed(reason));
    }
    let mut zero_points: Vec<i32> = Vec::with_capacity(count);
    for point in stored.zero_point().iter().flatten() {
        match i32::try_from(point) {
            Ok(narrow) if (low..=high).contains(&point) => zero_points.push(narrow),
            _ => {
                let reason = format!("zero point {point} is outside {}", element_type.name());
                return Err(Blocker::malformed(reason));
            }
        }
    }
    zero_points.resize(count, 0);
    if count > 1 && zero_points.iter().any(|&point| point != 0) {
        let fix = "quantise weights symmetrically (zero point 0), as the TFLite specification asks";
        return Err(Blocker::new("per-channel quantisation with zero points other than 0", fix));
    }
    Ok(Some(Quantization { scales, zero_points, axis }))
}

/// Axis of `count` per-channel parameters. On a tensor of one axis the stored axis carries no information, and files
/// that store the weights' axis with the bias are in use (TensorFlow Lite Micro runs them): there it is axis 0.
fn channel_axis(stored: i32, shape: &[usize], count: usize) -> Result<usize, Blocker> {
    let axis = if shape.len() == 1 { Some(0) } else { usize::try_from(stored).ok() };
    let extent = axis.and_then(|axis| shape.get(axis).copied());
    match (axis, extent) {
        (Some(axis), Some(extent)) if extent == count => Ok(axis),
        (_, Some(extent)) => {
            Err(Blocker::malformed(format!("{count} scales for an axis of extent {extent} (shape {shape:?})")))
        }
        _ => Err(Blocker::malformed(format!("quantised dimension {stored} is outside shape {shape:?}"))),
    }
}
