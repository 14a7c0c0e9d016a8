//! Small ONNX models to start from, and changes to single fields of one: bytes at random hardly get past the protobuf.

use crate::mutate::INTERESTING;
use crate::random::Random;
use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{self, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto,
};

/// Versions of the operator set that seeds are written in: the meaning of several operators changed between them.
const VERSIONS: [i64; 3] = [9, 12, 18];

fn port(name: &str, extents: &[i64]) -> ValueInfoProto {
    let dim = |&extent: &i64| Dimension { value: Some(dimension::Value::DimValue(extent)), ..Dimension::default() };
    let shape = Some(TensorShapeProto { dim: extents.iter().map(dim).collect() });
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape };
    let kind = TypeProto { value: Some(Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..ValueInfoProto::default() }
}

fn floats(name: &str, dims: &[i64]) -> TensorProto {
    let count: i64 = dims.iter().product();
    let float_data = (0..count).map(|at| at as f32 * 0.25 - 1.0).collect();
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data,
        ..TensorProto::default()
    }
}

fn ints(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: DataType::Int64 as i32,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn attribute(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..AttributeProto::default()
    }
}

fn number(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i: value, ..AttributeProto::default() }
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: operator.into(),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: vec![output.into()],
        attribute: attributes,
        ..NodeProto::default()
    }
}

/// A small network and one model for every operator the importer knows, each in several versions.
pub fn files() -> Vec<Vec<u8>> {
    let initializer = vec![
        floats("weights", &[3, 2, 3, 3]),
        floats("matrix", &[12, 3]),
        floats("channel", &[2]),
        floats("one", &[1]),
        ints("list", &[1, 2, 3, 2]),
        ints("axis", &[1]),
        ints("pads", &[0, 0, 1, 1, 0, 0, 1, 1]),
    ];
    let network = vec![
        node("Conv", &["x", "weights"], "a", vec![attribute("pads", &[1, 1, 1, 1])]),
        node("Relu", &["a"], "b", vec![]),
        node("MaxPool", &["b"], "c", vec![attribute("kernel_shape", &[2, 2]), attribute("strides", &[2, 1])]),
        node("Transpose", &["c"], "d", vec![attribute("perm", &[0, 2, 3, 1])]),
        node("Shape", &["d"], "e", vec![]),
        node("Flatten", &["c"], "f", vec![]),
        node("Softmax", &["f"], "y", vec![]),
    ];
    let model = |nodes: Vec<NodeProto>, version: i64| {
        let graph = GraphProto {
            node: nodes,
            initializer: initializer.clone(),
            input: vec![port("x", &[1, 2, 3, 2])],
            output: vec![port("y", &[])],
            ..GraphProto::default()
        };
        let opset_import = vec![OperatorSetIdProto { version, ..OperatorSetIdProto::default() }];
        ModelProto { ir_version: 8, opset_import, graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
    };
    let mut files = vec![model(network, 13)];
    for operator in mote_import::supported_onnx_operators() {
        for version in VERSIONS {
            let attributes = || {
                vec![
                    number("axis", 1),
                    attribute("kernel_shape", &[2, 2]),
                    attribute("perm", &[0, 2, 3, 1]),
                    number("to", 6),
                    number("blocksize", 2),
                ]
            };
            for second in ["weights", "matrix", "channel", "one", "list", "axis", "pads", "x"] {
                files.push(model(vec![node(operator, &["x", second], "y", attributes())], version));
            }
        }
    }
    files.truncate(MAX_SEEDS);
    files
}

/// Seeds are run before anything else; more of them leave no time for mutations.
const MAX_SEEDS: usize = 2500;

/// Changes one thing about the model; false when the bytes are no model.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) -> bool {
    let Ok(mut model) = ModelProto::decode(input.as_slice()) else { return false };
    let Some(graph) = &mut model.graph else { return false };
    let donor = ModelProto::decode(other).ok().and_then(|model| model.graph).unwrap_or_default();
    let pick = |random: &mut Random, count: usize| random.below(count);
    let interesting = |random: &mut Random| i64::from(*random.pick(&INTERESTING) as i32);
    let small = random.below(5) as i64 - 1;
    let value = if random.below(3) == 0 { interesting(random) } else { small };
    let names: Vec<String> = graph
        .initializer
        .iter()
        .map(|t| t.name.clone())
        .chain(graph.node.iter().flat_map(|n| n.output.clone()))
        .collect();
    let (nodes, tensors) = (graph.node.len(), graph.initializer.len());
    let at = pick(random, nodes);
    match (random.below(8), graph.node.get_mut(at)) {
        (0, Some(node)) => {
            let (attribute, place) = (pick(random, node.attribute.len()), random.below(8));
            if let Some(attribute) = node.attribute.get_mut(attribute) {
                match attribute.ints.get_mut(place) {
                    Some(slot) => *slot = value,
                    None => attribute.i = value,
                }
            }
        }
        (1, Some(node)) => {
            let place = pick(random, node.input.len());
            if let (Some(slot), Some(name)) = (node.input.get_mut(place), names.get(pick(random, names.len()))) {
                *slot = name.clone();
            }
        }
        (2, Some(node)) => node.input.extend(names.get(pick(random, names.len())).cloned()),
        (3, Some(node)) => {
            let known: Vec<&str> = mote_import::supported_onnx_operators().collect();
            node.op_type = known[pick(random, known.len())].to_owned();
        }
        (4, _) => {
            if let Some(node) = donor.node.get(pick(random, donor.node.len())) {
                let mut node = node.clone();
                if let (Some(input), Some(name)) = (node.input.first_mut(), names.last()) {
                    *input = name.clone();
                }
                node.output = vec![format!("n{nodes}")];
                graph.node.insert(at, node);
            }
        }
        (5, _) => {
            if let Some(tensor) = graph.initializer.get_mut(pick(random, tensors)) {
                let place = pick(random, tensor.dims.len() + 1);
                match tensor.dims.get_mut(place) {
                    Some(slot) => *slot = value,
                    None => tensor.int64_data.iter_mut().take(1).for_each(|slot| *slot = value),
                }
            }
        }
        (6, _) => {
            let last = graph.node.last().and_then(|node| node.output.first()).cloned();
            if let (Some(output), Some(last)) = (graph.output.first_mut(), last) {
                output.name = last;
            }
        }
        _ => {
            if let Some(set) = model.opset_import.first_mut() {
                set.version = value.clamp(0, 30);
            }
        }
    }
    *input = model.encode_to_vec();
    true
}
