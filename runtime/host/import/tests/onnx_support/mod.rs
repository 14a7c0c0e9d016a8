//! ONNX models in a few lines.

use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{self, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

/// A model with one float input `x` and one output `y`.
pub struct Model(GraphProto);

/// A list attribute.
pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    let r#type = AttributeType::Ints as i32;
    AttributeProto { name: name.into(), r#type, ints: values.to_vec(), ..AttributeProto::default() }
}

/// A number attribute.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i: value, ..AttributeProto::default() }
}

fn port(name: &str, extents: &[i64]) -> ValueInfoProto {
    // Extents below 1 are open.
    let value = |&extent: &i64| (extent > 0).then_some(dimension::Value::DimValue(extent));
    let dim = extents.iter().map(|extent| Dimension { value: value(extent), ..Dimension::default() }).collect();
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(TensorShapeProto { dim }) };
    let kind = TypeProto { value: Some(Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..ValueInfoProto::default() }
}

impl Model {
    pub fn new(input: &[i64]) -> Self {
        Self(GraphProto { input: vec![port("x", input)], output: vec![port("y", &[])], ..GraphProto::default() })
    }

    fn tensor(mut self, name: &str, dims: &[i64], value: impl Fn(i64) -> f32) -> Self {
        self.0.initializer.push(TensorProto {
            name: name.into(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            float_data: (0..dims.iter().product()).map(value).collect(),
            ..TensorProto::default()
        });
        self
    }

    pub fn weights(self, name: &str, dims: &[i64]) -> Self {
        self.tensor(name, dims, |at| (at % 7) as f32 * 0.25 - 0.75)
    }

    pub fn positive(self, name: &str, dims: &[i64]) -> Self {
        self.tensor(name, dims, |at| at as f32 + 0.5)
    }

    pub fn list(mut self, name: &str, values: &[i64]) -> Self {
        self.0.initializer.push(TensorProto {
            name: name.into(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            int64_data: values.to_vec(),
            ..TensorProto::default()
        });
        self
    }

    /// Says that the data of `name` is in another file.
    pub fn external(mut self, name: &str, file: &str) -> Self {
        for tensor in self.0.initializer.iter_mut().filter(|tensor| tensor.name == name) {
            tensor.float_data.clear();
            tensor.data_location = Some(DataLocation::External as i32);
            tensor.external_data = vec![StringStringEntryProto { key: "location".into(), value: file.into() }];
        }
        self
    }

    pub fn node(mut self, operator: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) -> Self {
        self.0.node.push(NodeProto {
            op_type: operator.into(),
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.into()],
            attribute: attributes,
            ..NodeProto::default()
        });
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let opset_import = vec![OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() }];
        ModelProto { ir_version: 8, opset_import, graph: Some(self.0.clone()), ..ModelProto::default() }.encode_to_vec()
    }
}
