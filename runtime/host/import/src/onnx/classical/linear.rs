//! Linear classifiers and regressions, and the Scaler in front of them.

use super::super::pb::{GraphProto, NodeProto};
use super::build::{Build, find, floats_of, input, int, output, text_of};
use super::simple::gemm;
use super::{DOMAIN, labels_of, producer};

/// Scores x·Wᵀ + b with their transformation. One row for two classes is a score and its opposite, as onnxruntime
/// completes it.
pub(super) fn classifier(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let (mut weights, mut biases) = parameters(node, labels_of(node).len())?;
    let features = weights.len() / biases.len().max(1);
    let transform = text_of(node, "post_transform", "NONE");
    let single = biases.len() == 1 && labels_of(node).len() == 2;
    if single {
        let opposite: Vec<f32> = weights.iter().map(|weight| -weight).collect();
        weights.splice(0..0, opposite);
        biases.insert(0, -biases[0]);
    }
    let scores = gemm(build, input(node, 0)?, weights.clone(), biases.clone(), "scores");
    let output = output(node, 1)?;
    match transform.as_str() {
        "NONE" => build.node_to("Identity", &[&scores], output, Vec::new()),
        "LOGISTIC" => {
            build.node_to("Sigmoid", &[&scores], output, Vec::new());
            // σ(−s) + σ(s) = 1.
            let opposites = biases.len() == 2
                && biases[0] == -biases[1]
                && weights[..features].iter().zip(&weights[features..]).all(|(a, b)| *a == -b);
            if opposites {
                build.distributions.insert(output.to_owned());
            }
        }
        "SOFTMAX" if !single => {
            build.node_to("Softmax", &[&scores], output, vec![int("axis", -1)]);
            build.distributions.insert(output.to_owned());
        }
        other => return Err(format!("post_transform {other} is not supported")),
    }
    Ok(())
}

/// x·Wᵀ + b.
pub(super) fn regressor(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let transform = text_of(node, "post_transform", "NONE");
    if transform != "NONE" {
        return Err(format!("post_transform {transform} is not supported"));
    }
    let targets = find(node, "targets").map_or(1, |attribute| attribute.i);
    let (weights, biases) = parameters(node, usize::try_from(targets).unwrap_or(0))?;
    let values = gemm(build, input(node, 0)?, weights, biases, "values");
    build.node_to("Identity", &[&values], output(node, 0)?, Vec::new());
    Ok(())
}

/// Coefficients, row after row, and as many intercepts as rows; without intercepts `rows` zeros.
fn parameters(node: &NodeProto, rows: usize) -> Result<(Vec<f32>, Vec<f32>), String> {
    let weights = floats_of(node, "coefficients");
    let mut biases = floats_of(node, "intercepts");
    if biases.is_empty() && rows <= weights.len() {
        biases = vec![0.0; rows];
    }
    if weights.is_empty() || biases.is_empty() || !weights.len().is_multiple_of(biases.len()) {
        return Err(format!("{} coefficients and {} intercepts do not fit", weights.len(), biases.len()));
    }
    Ok((weights, biases))
}

/// W·((x − o)·s) + b = (W·s)·x + (b − Σ W·s·o): a Scaler that only feeds a linear operator goes into it.
pub(super) fn fold_scalers(graph: &mut GraphProto) -> Result<(), String> {
    for index in 0..graph.node.len() {
        let node = &graph.node[index];
        if node.domain != DOMAIN || !matches!(node.op_type.as_str(), "LinearClassifier" | "LinearRegressor") {
            continue;
        }
        let Ok(value) = input(node, 0) else { continue };
        let readers = graph.node.iter().flat_map(|node| &node.input).filter(|name| *name == value).count();
        let shown = graph.output.iter().any(|output| output.name == value);
        let Some(scaler) = producer(graph, value).filter(|scaler| scaler.op_type == "Scaler") else { continue };
        if readers != 1 || shown {
            continue;
        }
        let targets = find(node, "targets").map_or(1, |attribute| attribute.i);
        let rows = labels_of(node).len().max(usize::try_from(targets).unwrap_or(0));
        let (weights, biases) = parameters(node, rows)?;
        let features = weights.len() / biases.len();
        let (offset, scale) = (floats_of(scaler, "offset"), floats_of(scaler, "scale"));
        let fits = |values: &[f32]| values.len() == 1 || values.len() == features;
        if !fits(&offset) || !fits(&scale) {
            return Err(format!("Scaler '{}' has {} offsets for {features} features", scaler.name, offset.len()));
        }
        let source = input(scaler, 0)?.to_owned();
        let of = |values: &[f32], feature: usize| f64::from(values[if values.len() == 1 { 0 } else { feature }]);
        let rows = weights.chunks_exact(features);
        let folded: Vec<f32> = rows
            .clone()
            .flat_map(|row| row.iter().enumerate().map(|(j, &weight)| (f64::from(weight) * of(&scale, j)) as f32))
            .collect();
        let shift = |row: &[f32]| -> f64 {
            row.iter().enumerate().map(|(j, &weight)| f64::from(weight) * of(&scale, j) * of(&offset, j)).sum()
        };
        let biases: Vec<f32> = rows.zip(&biases).map(|(row, &bias)| (f64::from(bias) - shift(row)) as f32).collect();
        let node = &mut graph.node[index];
        node.input[0] = source;
        node.attribute.retain(|attribute| !matches!(attribute.name.as_str(), "coefficients" | "intercepts"));
        node.attribute.push(floats("coefficients", folded));
        node.attribute.push(floats("intercepts", biases));
    }
    Ok(())
}

fn floats(name: &str, values: Vec<f32>) -> super::super::pb::AttributeProto {
    use super::super::pb::{AttributeProto, attribute_proto::AttributeType};
    AttributeProto { name: name.into(), r#type: AttributeType::Floats as i32, floats: values, ..Default::default() }
}
