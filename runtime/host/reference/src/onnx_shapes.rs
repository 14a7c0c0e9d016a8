//! Open extents of inputs: batch, height, length of a sequence.

use crate::error::Error;
use crate::limits;
use crate::model::LoadOptions;
use crate::onnx;
use std::collections::BTreeMap;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension::Value};
use tract_onnx::pb::{GraphProto, TypeProto, ValueInfoProto, tensor_proto::DataType, type_proto};

/// An input as an `.onnx` file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredInput {
    /// Name.
    pub name: String,
    /// Extents; none where the file leaves one open.
    pub extents: Vec<Option<usize>>,
    /// True when its elements are float32, float16 or float64.
    pub is_real: bool,
}

/// Inputs of an `.onnx` file, without those that have a value in the file.
///
/// # Errors
/// Malformed or too large files.
pub fn declared_inputs(bytes: &[u8]) -> Result<Vec<DeclaredInput>, Error> {
    limits::check_file(bytes)?;
    let proto = onnx::decode(bytes)?;
    let graph = proto.graph.unwrap_or_default();
    let given = |input: &&ValueInfoProto| !has_value(&graph, &input.name);
    let declared = graph.input.iter().filter(given).map(|input| {
        let tensor = tensor_type(input);
        let extent = |dimension: &Dimension| match dimension.value {
            Some(Value::DimValue(extent)) => usize::try_from(extent).ok(),
            _ => None,
        };
        let real = [DataType::Float, DataType::Float16, DataType::Double].map(|real| real as i32);
        DeclaredInput {
            name: input.name.clone(),
            extents: dimensions(input).iter().map(extent).collect(),
            is_real: tensor.is_some_and(|tensor| real.contains(&tensor.elem_type)),
        }
    });
    Ok(declared.collect())
}

/// Gives every input of `graph` the extents of `options`, an open first axis 1, and an open axis the extent that its name
/// has in another input.
pub(crate) fn fix(graph: &mut GraphProto, options: &LoadOptions) -> Result<(), Error> {
    let names: Vec<String> = graph.input.iter().map(|input| input.name.clone()).collect();
    if let Some(unknown) = options.shapes.keys().find(|name| !names.contains(name)) {
        return Err(Error::UnknownInput { input: unknown.clone(), known: names.join(", ") });
    }
    let mut by_symbol: BTreeMap<String, i64> = BTreeMap::new();
    for input in &graph.input {
        let dimensions = dimensions(input);
        if let Some(given) = options.shapes.get(&input.name) {
            check_given(input, dimensions, given)?;
            for (dimension, &extent) in dimensions.iter().zip(given) {
                if let Some(Value::DimParam(symbol)) = &dimension.value {
                    by_symbol.insert(symbol.clone(), extent as i64);
                }
            }
        }
    }
    for input in &graph.input {
        if let Some(Value::DimParam(symbol)) = dimensions(input).first().and_then(|first| first.value.as_ref()) {
            by_symbol.entry(symbol.clone()).or_insert(1);
        }
    }
    let valued: Vec<bool> = names.iter().map(|name| has_value(graph, name)).collect();
    for (input, has_value) in graph.input.iter_mut().zip(valued) {
        if has_value {
            continue;
        }
        let given = options.shapes.get(&input.name).cloned();
        let declared = shown(dimensions(input));
        let fixed = resolved(dimensions(input), given.as_deref(), &by_symbol);
        let Some(extents) = fixed.iter().copied().collect::<Option<Vec<i64>>>() else {
            let example = fixed.iter().map(|extent| extent.map_or("32".into(), |extent| extent.to_string()));
            let example = example.collect::<Vec<String>>().join(",");
            return Err(Error::OpenShape { input: input.name.clone(), declared, example });
        };
        limits::elements(&input.name, extents.iter().map(|&extent| extent as usize))?;
        set_extents(input, &extents);
    }
    Ok(())
}

fn check_given(input: &ValueInfoProto, dimensions: &[Dimension], given: &[usize]) -> Result<(), Error> {
    let fits = |(dimension, &extent): (&Dimension, &usize)| match dimension.value {
        Some(Value::DimValue(declared)) if declared >= 0 => declared as usize == extent,
        _ => true,
    };
    if dimensions.len() == given.len() && dimensions.iter().zip(given).all(fits) {
        return Ok(());
    }
    let declared = shown(dimensions);
    Err(Error::ShapeDoesNotFit { input: input.name.clone(), given: given.to_vec(), declared })
}

/// Extent of every axis, none where nothing says it.
fn resolved(dimensions: &[Dimension], given: Option<&[usize]>, by_symbol: &BTreeMap<String, i64>) -> Vec<Option<i64>> {
    let one = |(axis, dimension): (usize, &Dimension)| {
        let given = given.and_then(|given| given.get(axis)).map(|&extent| extent as i64);
        given.or_else(|| match &dimension.value {
            Some(Value::DimValue(extent)) if *extent >= 0 => Some(*extent),
            Some(Value::DimParam(symbol)) => by_symbol.get(symbol).copied(),
            // Some exporters write an open batch as -1 or leave it out.
            _ if axis == 0 => Some(1),
            _ => None,
        })
    };
    dimensions.iter().enumerate().map(one).collect()
}

/// `[batch, 3, ?, 192]`.
fn shown(dimensions: &[Dimension]) -> String {
    let one = |dimension: &Dimension| match &dimension.value {
        Some(Value::DimValue(extent)) if *extent >= 0 => extent.to_string(),
        Some(Value::DimParam(symbol)) if !symbol.is_empty() => symbol.clone(),
        _ => "?".into(),
    };
    format!("[{}]", dimensions.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn has_value(graph: &GraphProto, name: &str) -> bool {
    graph.initializer.iter().any(|tensor| tensor.name == name)
}

fn tensor_type(value: &ValueInfoProto) -> Option<&type_proto::Tensor> {
    let Some(type_proto::Value::TensorType(tensor)) = value.r#type.as_ref()?.value.as_ref() else { return None };
    Some(tensor)
}

fn dimensions(value: &ValueInfoProto) -> &[Dimension] {
    tensor_type(value).and_then(|tensor| tensor.shape.as_ref()).map_or(&[], |shape| &shape.dim)
}

fn set_extents(value: &mut ValueInfoProto, extents: &[i64]) {
    let Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), .. }) = value.r#type.as_mut() else {
        return;
    };
    if let Some(shape) = tensor.shape.as_mut() {
        for (dimension, &extent) in shape.dim.iter_mut().zip(extents) {
            dimension.value = Some(Value::DimValue(extent));
        }
    }
}
