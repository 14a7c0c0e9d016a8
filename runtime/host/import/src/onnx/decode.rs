//! Protobuf bytes to messages, within bounds.

use super::pb::ModelProto;
use crate::Limits;
use crate::report::Blocker;
use prost::Message;

/// Messages (attributes, shapes, types) for each node or tensor that the limits allow.
const MESSAGES_PER_ITEM: usize = 8;

/// Decodes a model and bounds what the importer will walk.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<ModelProto, Blocker> {
    super::messages::bound(bytes, limits.operators.saturating_add(limits.tensors).saturating_mul(MESSAGES_PER_ITEM))?;
    let model = ModelProto::decode(bytes)
        .map_err(|error| Blocker::malformed(format!("the bytes are no ONNX model: {error}")))?;
    if let Some(graph) = &model.graph {
        let over = |what: &str, count: usize, most: usize| {
            Blocker::new(format!("{count} {what}, at most {most} are supported"), "import a smaller model")
        };
        if graph.node.len() > limits.operators {
            return Err(over("nodes", graph.node.len(), limits.operators));
        }
        let tensors = graph.initializer.len() + graph.input.len() + graph.output.len();
        if tensors > limits.tensors {
            return Err(over("tensors", tensors, limits.tensors));
        }
        if !graph.sparse_initializer.is_empty() {
            return Err(Blocker::new("sparse initialisers", "save the weights densely"));
        }
    }
    Ok(model)
}
