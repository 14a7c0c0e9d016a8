//! Ensembles of trees. Regression is classification: a leaf adds its weight to a score either way.

use super::super::pb::{AttributeProto, NodeProto};
use super::DOMAIN;
use super::build::{Build, find, floats_of, input, int, ints, output, text_of};

/// Fewer classes than this have a layout of scores of their own.
const FEWEST_CLASSES: usize = 3;

/// The scores of a TreeEnsembleClassifier with one class per target.
pub(super) fn regressor(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let aggregate = text_of(node, "aggregate_function", "SUM");
    if aggregate != "SUM" {
        return Err(format!("aggregate_function {aggregate} is not supported"));
    }
    let targets = find(node, "n_targets").map_or(1, |attribute| attribute.i);
    let targets = usize::try_from(targets).ok().filter(|&targets| (1..=1 << 16).contains(&targets));
    let targets = targets.ok_or("n_targets is not between 1 and 65,536")?;
    let classes = targets.max(FEWEST_CLASSES);
    let renamed = |attribute: &AttributeProto| {
        let name = match attribute.name.as_str() {
            "target_ids" => "class_ids",
            "target_nodeids" => "class_nodeids",
            "target_treeids" => "class_treeids",
            "target_weights" => "class_weights",
            "n_targets" | "aggregate_function" => return None,
            other => other,
        };
        Some(AttributeProto { name: name.into(), ..attribute.clone() })
    };
    let mut attributes: Vec<AttributeProto> = node.attribute.iter().filter_map(renamed).collect();
    let mut base = floats_of(node, "base_values");
    if !base.is_empty() {
        base.resize(classes, 0.0);
        for attribute in attributes.iter_mut().filter(|attribute| attribute.name == "base_values") {
            attribute.floats = base.clone();
        }
    }
    attributes.push(ints("classlabels_int64s", (0..classes as i64).collect()));
    let (label, scores) = (build.fresh("label"), build.fresh("scores"));
    build.nodes.push(NodeProto {
        name: node.name.clone(),
        op_type: "TreeEnsembleClassifier".into(),
        domain: DOMAIN.into(),
        input: vec![input(node, 0)?.to_owned()],
        output: vec![label, scores.clone()],
        attribute: attributes,
        ..NodeProto::default()
    });
    let columns = build.integers("targets", (0..targets as i64).collect());
    build.node_to("Gather", &[&scores, &columns], output(node, 0)?, vec![int("axis", -1)]);
    Ok(())
}

/// The same with numbers for named classes: names are kept elsewhere, and tract has no tensors of text.
pub(super) fn classifier(node: &NodeProto, build: &mut Build) -> Result<(), String> {
    let mut node = node.clone();
    for attribute in node.attribute.iter_mut().filter(|attribute| attribute.name == "classlabels_strings") {
        *attribute = ints("classlabels_int64s", (0..attribute.strings.len() as i64).collect());
    }
    build.nodes.push(node);
    Ok(())
}
