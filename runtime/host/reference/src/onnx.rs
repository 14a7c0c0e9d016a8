//! From the bytes of an `.onnx` file to tract's typed graph.

use crate::error::Error;
use crate::limits::{self, MAX_GRAPH_DEPTH, MAX_NODES};
use crate::model::LoadOptions;
use crate::{onnx_if, onnx_shapes};
use tract_onnx::pb::{GraphProto, ModelProto, TensorProto, tensor_proto::DataLocation};
use tract_onnx::prelude::{Framework, InferenceModelExt, TypedModel};

/// tract's graph with the names of its ports.
pub(crate) struct Loaded {
    pub model: TypedModel,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub quantized: bool,
    pub class_labels: Vec<String>,
}

/// Reads the protobuf.
pub(crate) fn decode(bytes: &[u8]) -> Result<ModelProto, Error> {
    let unreadable = |reason: String| Error::Unreadable { format: "ONNX", reason };
    let proto = tract_onnx::onnx().proto_model_for_read(&mut &*bytes);
    let proto = proto.map_err(|error| unreadable(crate::error::shortened(&format!("{error:#}"))))?;
    match &proto.graph {
        None => Err(unreadable("it holds no graph".into())),
        Some(graph) if graph.output.is_empty() => Err(unreadable("its graph has no output".into())),
        Some(_) => Ok(proto),
    }
}

/// Decodes, checks, fixes open extents, and lets tract infer types and shapes. Nothing is folded or rewritten.
pub(crate) fn load(bytes: &[u8], options: &LoadOptions) -> Result<Loaded, Error> {
    let mut proto = decode(bytes)?;
    let lowered = mote_import::lower_classical(&mut proto).map_err(|reason| Error::Unsupported { reason })?;
    let graph = proto.graph.as_mut().ok_or_else(|| Error::Unreadable { format: "ONNX", reason: "no graph".into() })?;
    let mut nodes = 0;
    check_graph(graph, 0, &mut nodes)?;
    onnx_shapes::fix(graph, options)?;
    let quantized = is_quantized(graph);
    let initialised: Vec<&String> = graph.initializer.iter().map(|tensor| &tensor.name).collect();
    let given = graph.input.iter().filter(|input| !initialised.contains(&&input.name));
    let inputs = given.map(|input| input.name.clone()).collect();
    let outputs = graph.output.iter().map(|output| output.name.clone()).collect();
    onnx_if::resolve(&mut proto)?;
    let tract = tract_onnx::onnx().with_ignore_value_info(true);
    let model = tract.model_for_proto_model(&proto).map_err(Error::unsupported)?;
    let model = model.into_typed().map_err(Error::unsupported)?;
    Ok(Loaded { model, inputs, outputs, quantized, class_labels: lowered.class_labels })
}

/// Bounds on nodes, nesting and data before tract walks the graph.
fn check_graph(graph: &GraphProto, depth: usize, nodes: &mut usize) -> Result<(), Error> {
    let too_large = |what: &str, found, limit| Err(Error::TooLarge { what: what.into(), found, limit });
    if depth > MAX_GRAPH_DEPTH {
        return too_large("the nesting of graphs", depth, MAX_GRAPH_DEPTH);
    }
    *nodes = nodes.saturating_add(graph.node.len());
    if *nodes > MAX_NODES {
        return too_large("the number of nodes", *nodes, MAX_NODES);
    }
    graph.initializer.iter().try_for_each(check_tensor)?;
    for attribute in graph.node.iter().flat_map(|node| &node.attribute) {
        attribute.t.iter().chain(&attribute.tensors).try_for_each(check_tensor)?;
        attribute.g.iter().chain(&attribute.graphs).try_for_each(|body| check_graph(body, depth + 1, nodes))?;
    }
    Ok(())
}

fn check_tensor(tensor: &TensorProto) -> Result<(), Error> {
    if tensor.data_location == Some(DataLocation::External as i32) || !tensor.external_data.is_empty() {
        return Err(Error::ExternalData { tensor: tensor.name.clone() });
    }
    limits::elements(&tensor.name, tensor.dims.iter().map(|&extent| usize::try_from(extent).unwrap_or(usize::MAX)))?;
    Ok(())
}

/// True when operators of quantised arithmetic occur; decluttering folds their chains into tables, Softmax included.
fn is_quantized(graph: &GraphProto) -> bool {
    let integer = |name: &str| {
        name.starts_with("QLinear")
            || matches!(name, "QuantizeLinear" | "DequantizeLinear" | "DynamicQuantizeLinear")
            || matches!(name, "ConvInteger" | "MatMulInteger")
    };
    graph.node.iter().any(|node| integer(&node.op_type))
}
