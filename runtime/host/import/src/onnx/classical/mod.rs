//! Models of classical machine learning, as scikit-learn's converter writes them (domain `ai.onnx.ml`), in ONNX's own
//! operators: done on the file's messages, before anything reads them.
//!
//! | operator | becomes |
//! |---|---|
//! | Scaler | folded into the linear operator behind it, else Sub and Mul |
//! | LinearClassifier, LinearRegressor | Gemm, with Sigmoid or Softmax |
//! | Normalizer | nothing behind scores that sum to one, else Abs, ReduceSum, Div (L1); ReduceL2, Div; ReduceMax, Div |
//! | Binarizer | Greater and Cast |
//! | ArrayFeatureExtractor | Gather |
//! | TreeEnsembleRegressor | TreeEnsembleClassifier over as many classes, of which the scores are taken |
//! | ZipMap | nothing: its input is the output |
//!
//! The output with the class's label is dropped: the scores say it, and [`Lowered::class_labels`] names the classes.
//! TreeEnsembleClassifier stays: hosts run it, devices have no kernel for it.
//!
//! Semantics: <https://onnx.ai/onnx/operators/index.html#ai-onnx-ml>.

mod build;
mod linear;
mod prune;
mod simple;
mod tree;

use super::pb::{GraphProto, ModelProto, NodeProto};
use build::Build;

/// Domain of the operators.
const DOMAIN: &str = "ai.onnx.ml";

/// Most of them in a graph: each is looked for among all nodes.
const MAX_OPERATORS: usize = 1024;

/// What came of a model's classical operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lowered {
    /// Names of the classes, in the order of the scores; empty where the model names none.
    pub class_labels: Vec<String>,
}

/// Rewrites the classical operators of `model`'s graph; models without any are left as they are.
///
/// # Errors
/// The operator that has no equivalent, with the attribute that is in the way.
pub fn lower_classical(model: &mut ModelProto) -> Result<Lowered, String> {
    let opset = model.opset_import.iter().find(|set| matches!(set.domain.as_str(), "" | "ai.onnx"));
    let opset = opset.map_or(0, |set| set.version);
    let Some(graph) = model.graph.as_mut() else { return Ok(Lowered::default()) };
    match graph.node.iter().filter(|node| node.domain == DOMAIN).count() {
        0 => return Ok(Lowered::default()),
        count if count > MAX_OPERATORS => {
            return Err(format!("{count} operators of {DOMAIN}, at most {MAX_OPERATORS}"));
        }
        _ => {}
    }
    let mut class_labels = Vec::new();
    linear::fold_scalers(graph)?;
    let mut build = Build::new(graph, opset);
    for node in std::mem::take(&mut graph.node) {
        if class_labels.is_empty() {
            class_labels = labels_of(&node);
        }
        let place = |reason: String| format!("{} '{}': {reason}", node.op_type, node.name);
        lower(&node, &mut build).map_err(place)?;
    }
    let Build { nodes, initializers, .. } = build;
    graph.node = nodes;
    graph.initializer.extend(initializers);
    prune::drop_labels(graph);
    prune::drop_unused(graph);
    Ok(Lowered { class_labels })
}

fn lower(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    if node.domain != DOMAIN {
        build.nodes.push(node.clone());
        return Ok(());
    }
    match node.op_type.as_str() {
        "Scaler" => simple::scaler(node, build),
        "Normalizer" => simple::normalizer(node, build),
        "Binarizer" => simple::binarizer(node, build),
        "ArrayFeatureExtractor" => simple::array_feature_extractor(node, build),
        "ZipMap" => simple::zip_map(node, build),
        "LinearClassifier" => linear::classifier(node, build),
        "LinearRegressor" => linear::regressor(node, build),
        "TreeEnsembleClassifier" => tree::classifier(node, build),
        "TreeEnsembleRegressor" => tree::regressor(node, build),
        _ => {
            build.nodes.push(node.clone());
            Ok(())
        }
    }
}

/// Class labels that a node carries, as text.
fn labels_of(node: &NodeProto) -> Vec<String> {
    let mut labels = Vec::new();
    for attribute in &node.attribute {
        match attribute.name.as_str() {
            "classlabels_ints" | "classlabels_int64s" => labels.extend(attribute.ints.iter().map(i64::to_string)),
            "classlabels_strings" => {
                labels.extend(attribute.strings.iter().map(|label| String::from_utf8_lossy(label).into_owned()));
            }
            _ => {}
        }
    }
    labels
}

/// The value behind `name` in a graph's nodes.
fn producer<'g>(graph: &'g GraphProto, name: &str) -> Option<&'g NodeProto> {
    graph.node.iter().find(|node| node.output.iter().any(|output| output == name))
}
