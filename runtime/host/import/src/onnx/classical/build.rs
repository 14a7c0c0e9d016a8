//! Nodes and initialisers under construction.

use super::super::pb::attribute_proto::AttributeType;
use super::super::pb::tensor_proto::DataType;
use super::super::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};
use std::collections::HashSet;

/// Where lowered nodes are gathered.
pub(super) struct Build {
    pub nodes: Vec<NodeProto>,
    pub initializers: Vec<TensorProto>,
    /// Values whose rows are at least 0 and sum to 1.
    pub distributions: HashSet<String>,
    /// Version of ONNX's own operators.
    pub opset: i64,
    names: HashSet<String>,
}

impl Build {
    pub fn new(graph: &GraphProto, opset: i64) -> Self {
        let values = graph.node.iter().flat_map(|node| node.input.iter().chain(&node.output));
        let names = values.chain(graph.initializer.iter().map(|tensor| &tensor.name)).cloned().collect();
        Self { nodes: Vec::new(), initializers: Vec::new(), distributions: HashSet::new(), opset, names }
    }

    /// A name that nothing has.
    pub fn fresh(&mut self, hint: &str) -> String {
        let mut name = hint.to_owned();
        let mut number = 0;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{hint}.{number}");
        }
        name
    }

    pub fn floats(&mut self, hint: &str, dims: &[usize], values: Vec<f32>) -> String {
        let name = self.fresh(hint);
        let dims = dims.iter().map(|&extent| extent as i64).collect();
        let data_type = DataType::Float as i32;
        let tensor = TensorProto { name: name.clone(), dims, data_type, float_data: values, ..Default::default() };
        self.initializers.push(tensor);
        name
    }

    pub fn integers(&mut self, hint: &str, values: Vec<i64>) -> String {
        let name = self.fresh(hint);
        let (dims, data_type) = (vec![values.len() as i64], DataType::Int64 as i32);
        let tensor = TensorProto { name: name.clone(), dims, data_type, int64_data: values, ..Default::default() };
        self.initializers.push(tensor);
        name
    }

    /// Adds a node that gives `output`.
    pub fn node_to(&mut self, kind: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            name: output.to_owned(),
            op_type: kind.to_owned(),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.to_owned()],
            attribute: attributes,
            ..NodeProto::default()
        });
    }

    /// Adds a node; its new output.
    pub fn node(&mut self, kind: &str, inputs: &[&str], hint: &str, attributes: Vec<AttributeProto>) -> String {
        let output = self.fresh(hint);
        self.node_to(kind, inputs, &output, attributes);
        output
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i: value, ..Default::default() }
}

pub(super) fn ints(name: &str, values: Vec<i64>) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Ints as i32, ints: values, ..Default::default() }
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Float as i32, f: value, ..Default::default() }
}

/// Attribute `name` of a node.
pub(super) fn find<'n>(node: &'n NodeProto, name: &str) -> Option<&'n AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

pub(super) fn floats_of(node: &NodeProto, name: &str) -> Vec<f32> {
    find(node, name).map(|attribute| attribute.floats.clone()).unwrap_or_default()
}

pub(super) fn text_of(node: &NodeProto, name: &str, otherwise: &str) -> String {
    find(node, name).map_or_else(|| otherwise.into(), |found| String::from_utf8_lossy(&found.s).into_owned())
}

/// Input `index`, which must be there.
pub(super) fn input(node: &NodeProto, index: usize) -> Result<&str, String> {
    let name = node.input.get(index).map(String::as_str).filter(|name| !name.is_empty());
    name.ok_or_else(|| format!("it has no input {index}"))
}

/// Output `index`, which must be there.
pub(super) fn output(node: &NodeProto, index: usize) -> Result<&str, String> {
    let name = node.output.get(index).map(String::as_str).filter(|name| !name.is_empty());
    name.ok_or_else(|| format!("it has no output {index}"))
}
