//! Operators on single features and rows.

use super::super::pb::NodeProto;
use super::super::pb::tensor_proto::DataType;
use super::build::{Build, find, float, floats_of, input, int, ints, output, text_of};

/// (x − offset) × scale.
pub(super) fn scaler(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let (offset, scale) = (floats_of(node, "offset"), floats_of(node, "scale"));
    if offset.is_empty() || scale.is_empty() {
        return Err("it has no offset or no scale".into());
    }
    let (input, output) = (input(node, 0)?, output(node, 0)?);
    let offset = build.floats("offset", &[offset.len()], offset);
    let scale = build.floats("scale", &[scale.len()], scale);
    let centred = build.node("Sub", &[input, &offset], "centred", Vec::new());
    build.node_to("Mul", &[&centred, &scale], output, Vec::new());
    Ok(())
}

/// Each row divided by its norm.
pub(super) fn normalizer(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let (input, output) = (input(node, 0)?, output(node, 0)?);
    let norm = text_of(node, "norm", "MAX");
    if norm == "L1" && build.distributions.contains(input) {
        build.node_to("Identity", &[input], output, Vec::new());
        return Ok(());
    }
    let axes = vec![-1];
    let divisor = match norm.as_str() {
        "L1" => {
            let sizes = build.node("Abs", &[input], "sizes", Vec::new());
            // From operator set 13 the axes of ReduceSum are an input, those of the other reductions from 18.
            if build.opset >= 13 {
                let axes = build.integers("axes", axes);
                build.node("ReduceSum", &[&sizes, &axes], "norm", vec![int("keepdims", 1)])
            } else {
                build.node("ReduceSum", &[&sizes], "norm", vec![int("keepdims", 1), ints("axes", axes)])
            }
        }
        "L2" | "MAX" => {
            let kind = if norm == "L2" { "ReduceL2" } else { "ReduceMax" };
            if build.opset >= 18 {
                let axes = build.integers("axes", axes);
                build.node(kind, &[input, &axes], "norm", vec![int("keepdims", 1)])
            } else {
                build.node(kind, &[input], "norm", vec![int("keepdims", 1), ints("axes", axes)])
            }
        }
        other => return Err(format!("norm {other} is unknown")),
    };
    build.node_to("Div", &[input, &divisor], output, Vec::new());
    Ok(())
}

/// 1 above the threshold, else 0.
pub(super) fn binarizer(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let (input, output) = (input(node, 0)?, output(node, 0)?);
    let threshold = find(node, "threshold").map_or(0.0, |attribute| attribute.f);
    let threshold = build.floats("threshold", &[1], vec![threshold]);
    let above = build.node("Greater", &[input, &threshold], "above", Vec::new());
    build.node_to("Cast", &[&above], output, vec![int("to", DataType::Float as i64)]);
    Ok(())
}

/// Columns by index.
pub(super) fn array_feature_extractor(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    build.node_to("Gather", &[input(node, 0)?, input(node, 1)?], output(node, 0)?, vec![int("axis", -1)]);
    Ok(())
}

/// Scores by name: the scores.
pub(super) fn zip_map(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    build.node_to("Identity", &[input(node, 0)?], output(node, 0)?, Vec::new());
    Ok(())
}

/// Gemm with transposed weights [rows, features] and biases [rows].
pub(super) fn gemm(build: &mut Build, input: &str, weights: Vec<f32>, biases: Vec<f32>, hint: &str) -> String {
    let (rows, features) = (biases.len(), weights.len() / biases.len().max(1));
    let weights = build.floats("coefficients", &[rows, features], weights);
    let biases = build.floats("intercepts", &[rows], biases);
    let attributes = vec![int("transB", 1), float("alpha", 1.0), float("beta", 1.0)];
    build.node("Gemm", &[input, &weights, &biases], hint, attributes)
}
