//! If with a condition that is known once the shapes are: the taken branch stands in its place.
//!
//! Exporters write If around a Squeeze for a rank they could not know, and its branches then differ in rank, which no
//! typed graph has a place for.

use crate::error::Error;
use crate::limits::{MAX_GRAPH_DEPTH, MAX_NODES};
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto};
use tract_onnx::prelude::{InferenceModelExt, OutletId};
use tract_onnx::tract_hir::infer::Factoid;

/// Puts the taken branch of every If with a known condition in its place, also of those that come to light so.
pub(crate) fn resolve(proto: &mut ModelProto) -> Result<(), Error> {
    for _ in 0..MAX_GRAPH_DEPTH {
        let has_if = |graph: &GraphProto| graph.node.iter().any(|node| node.op_type == "If");
        if !proto.graph.as_ref().is_some_and(has_if) {
            return Ok(());
        }
        let known = known_conditions(proto)?;
        let Some(graph) = proto.graph.as_mut() else { return Ok(()) };
        if !take_branches(graph, &known)? {
            return Ok(());
        }
    }
    Ok(())
}

/// For each If of the main graph: its first output's name and its condition, where tract's inference finds it.
fn known_conditions(proto: &ModelProto) -> Result<Vec<(String, bool)>, Error> {
    let tract = tract_onnx::onnx().with_ignore_value_info(true);
    let parsed = tract.parse(proto, None).map_err(Error::unsupported)?;
    let (mut model, outlets) = (parsed.model, parsed.outlets_by_name);
    // What inference finds before it stumbles is enough; a real fault comes to light later.
    let _ = model.analyse(true);
    let nodes = proto.graph.iter().flat_map(|graph| &graph.node).filter(|node| node.op_type == "If");
    let condition = |node: &NodeProto| {
        let outlet: OutletId = *outlets.get(node.input.first()?)?;
        let value = model.outlet_fact(outlet).ok()?.value.concretize()?;
        let value = value.cast_to_scalar::<bool>().ok()?;
        Some((node.output.first()?.clone(), value))
    };
    Ok(nodes.filter_map(condition).collect())
}

/// True when a branch was taken.
fn take_branches(graph: &mut GraphProto, known: &[(String, bool)]) -> Result<bool, Error> {
    let mut taken = false;
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        let condition = node.output.first().and_then(|output| known.iter().find(|(name, _)| name == output));
        let wanted = match condition {
            Some((_, true)) => "then_branch",
            Some((_, false)) => "else_branch",
            None => "",
        };
        let branch = node.attribute.iter().find(|attribute| node.op_type == "If" && attribute.name == wanted);
        let Some(body) = branch.and_then(|attribute| attribute.g.clone()) else {
            nodes.push(node);
            continue;
        };
        if body.output.len() != node.output.len() || nodes.len() + body.node.len() > MAX_NODES {
            let reason =
                format!("If '{}': its branch has {} outputs, not {}", node.name, body.output.len(), node.output.len());
            return Err(Error::Unsupported { reason });
        }
        nodes.extend(body.node);
        graph.initializer.extend(body.initializer);
        for (inner, outer) in body.output.iter().zip(&node.output) {
            nodes.push(NodeProto {
                name: format!("{outer} of the branch"),
                op_type: "Identity".into(),
                input: vec![inner.name.clone()],
                output: vec![outer.clone()],
                ..NodeProto::default()
            });
        }
        taken = true;
    }
    graph.node = nodes;
    Ok(taken)
}
