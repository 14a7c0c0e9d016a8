//! Operators on stored numbers, written out as DequantizeLinear, the float operator, QuantizeLinear.

use crate::Limits;
use crate::onnx::constant::Constant;
use crate::onnx::pb::attribute_proto::AttributeType;
use crate::onnx::pb::tensor_proto::DataType;
use crate::onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};
use std::collections::HashMap;

/// Domain of onnxruntime's own operators.
pub(super) const MICROSOFT: &str = "com.microsoft";

/// Sums of whole numbers below this are exact in float32.
const EXACT_IN_FLOAT: i64 = 1 << 24;

/// Operators on stored numbers with the float operator each computes. Inputs are (stored, scale, zero point) per
/// operand, then scale and zero point of the output, then a bias; [`Form`] tells the exceptions.
const OPERATORS: &[(&str, &str, Form)] = &[
    ("QLinearConv", "Conv", Form::Biased { operands: 2, output_at: 6, bias_at: 8 }),
    ("QLinearMatMul", "MatMul", Form::Operands(2)),
    ("QGemm", "Gemm", Form::Biased { operands: 2, output_at: 7, bias_at: 6 }),
    ("QLinearAdd", "Add", Form::Operands(2)),
    ("QLinearMul", "Mul", Form::Operands(2)),
    ("QLinearAveragePool", "AveragePool", Form::Operands(1)),
    ("QLinearGlobalAveragePool", "GlobalAveragePool", Form::Operands(1)),
    ("QLinearReduceMean", "ReduceMean", Form::Operands(1)),
    ("QLinearSigmoid", "Sigmoid", Form::Operands(1)),
    ("QLinearLeakyRelu", "LeakyRelu", Form::Operands(1)),
    ("QLinearSoftmax", "Softmax", Form::Operands(1)),
    ("QLinearConcat", "Concat", Form::OutputFirst),
    ("MatMulInteger", "MatMul", Form::Sums),
    ("ConvInteger", "Conv", Form::Sums),
];

/// How an operator's inputs are arranged.
#[derive(Clone, Copy)]
enum Form {
    /// This many operands, then scale and zero point of the output.
    Operands(usize),
    /// As before, with the output's parameters and an int32 bias at these positions.
    Biased { operands: usize, output_at: usize, bias_at: usize },
    /// Scale and zero point of the output, then any number of operands.
    OutputFirst,
    /// Two operands, then their zero points; the output is the int32 sum itself.
    Sums,
}

pub(super) fn is_stored_operator(name: &str) -> bool {
    OPERATORS.iter().any(|(stored, _, _)| *stored == name)
}

/// Writes out every operator on stored numbers. Where that is not possible the node stays, and its documentation
/// becomes the reason.
pub(in crate::onnx) fn expand(graph: &mut GraphProto) {
    let constants: HashMap<String, TensorProto> = match graph.node.iter().any(|node| is_stored_operator(&node.op_type))
    {
        true => graph.initializer.iter().map(|tensor| (tensor.name.clone(), tensor.clone())).collect(),
        false => return,
    };
    let mut nodes = Vec::with_capacity(graph.node.len());
    for mut node in std::mem::take(&mut graph.node) {
        let Some(&(_, float, form)) = OPERATORS.iter().find(|(stored, _, _)| *stored == node.op_type) else {
            nodes.push(node);
            continue;
        };
        let mut writer =
            Writer { node: &node, float, constants: &constants, nodes: Vec::new(), initialisers: Vec::new() };
        match writer.write(form) {
            Ok(()) => {
                let Writer { nodes: written, initialisers, .. } = writer;
                nodes.extend(written);
                graph.initializer.extend(initialisers);
            }
            Err(reason) => {
                node.doc_string = reason;
                nodes.push(node);
            }
        }
    }
    graph.node = nodes;
}

/// Writes one operator out.
struct Writer<'a> {
    node: &'a NodeProto,
    float: &'static str,
    constants: &'a HashMap<String, TensorProto>,
    nodes: Vec<NodeProto>,
    initialisers: Vec<TensorProto>,
}

impl Writer<'_> {
    fn write(&mut self, form: Form) -> Result<(), String> {
        let channels_last =
            self.node.attribute.iter().any(|attribute| attribute.name == "channels_last" && attribute.i != 0);
        if channels_last {
            return Err("pools a channels-last tensor, which the ONNX operator cannot".into());
        }
        match form {
            Form::Sums => self.sums(),
            Form::OutputFirst => {
                let groups = self.node.input.get(2..).unwrap_or_default().chunks(3).len();
                let operands: Vec<usize> = (0..groups).map(|group| 2 + 3 * group).collect();
                self.between(&operands, 0, None)
            }
            Form::Operands(count) => {
                let operands: Vec<usize> = (0..count).map(|operand| 3 * operand).collect();
                self.between(&operands, 3 * count, None)
            }
            Form::Biased { operands, output_at, bias_at } => {
                let operands: Vec<usize> = (0..operands).map(|operand| 3 * operand).collect();
                self.between(&operands, output_at, Some(bias_at))
            }
        }
    }

    /// Operands at `operands` dequantised, the float operator, its result quantised by the inputs at `output_at`.
    fn between(&mut self, operands: &[usize], output_at: usize, bias_at: Option<usize>) -> Result<(), String> {
        let mut reals = Vec::new();
        for (number, &at) in operands.iter().enumerate() {
            let (stored, scale) = (self.input(at)?, self.input(at + 1)?);
            let zero_point = self.input(at + 2).map_err(|_| format!("zero point of operand {number} is missing"))?;
            let axis = self.weight_axis(number);
            reals.push(self.dequantise(&format!("operand {number}"), &[&stored, &scale, &zero_point], axis));
        }
        if let Some(bias) = bias_at.and_then(|at| self.input(at).ok()) {
            let scale = self.bias_scale()?;
            reals.push(self.dequantise("bias", &[&bias, &scale], 0));
        }
        let real = match self.input(output_at) {
            Ok(_) => self.named("real"),
            // Without output parameters QGemm's result is float.
            Err(reason) if self.node.op_type == "QGemm" => return self.float_output(reals, reason),
            Err(reason) => return Err(format!("scale of the output: {reason}")),
        };
        let kept = |attribute: &&AttributeProto| !matches!(attribute.name.as_str(), "channels_last" | "opset");
        let attribute = self.node.attribute.iter().filter(kept).cloned().collect();
        self.push(self.float, reals, real.clone(), attribute);
        let scale = self.input(output_at)?;
        let zero_point = self.input(output_at + 1).map_err(|_| "zero point of the output is missing".to_string())?;
        let output = self.output()?;
        self.push("QuantizeLinear", vec![real, scale, zero_point], output, Vec::new());
        Ok(())
    }

    fn float_output(&mut self, reals: Vec<String>, _: String) -> Result<(), String> {
        let (output, attribute) = (self.output()?, self.node.attribute.clone());
        self.push(self.float, reals, output, attribute);
        Ok(())
    }

    /// Integer sums: operands in steps of 1, computed in float32 as long as that is exact, then int32.
    fn sums(&mut self) -> Result<(), String> {
        let weights = self.input(1)?;
        let zero_point = self.input(3).ok();
        let largest = self.largest_sum(&weights, zero_point.as_deref())?;
        if largest >= EXACT_IN_FLOAT {
            return Err(format!("its int32 sums can reach {largest}, beyond what float32 holds exactly"));
        }
        let mut reals = Vec::new();
        for number in 0..2 {
            let stored = self.input(number)?;
            let zero_point = self.input(2 + number).ok();
            let count = zero_point.as_ref().and_then(|name| self.constants.get(name)).map_or(1, |tensor| {
                tensor.dims.iter().map(|&extent| usize::try_from(extent).unwrap_or(1)).product::<usize>().min(1 << 16)
            });
            let scale = self.add_floats(&format!("scale {number}"), &vec![1.0; count.max(1)], count > 1);
            let mut inputs = vec![stored.as_str(), scale.as_str()];
            inputs.extend(zero_point.as_deref());
            reals.push(self.dequantise(&format!("operand {number}"), &inputs, self.weight_axis(number)));
        }
        let real = self.named("real");
        self.push(self.float, reals, real.clone(), self.node.attribute.clone());
        let to = AttributeProto {
            name: "to".into(),
            r#type: AttributeType::Int as i32,
            i: DataType::Int32 as i64,
            ..AttributeProto::default()
        };
        let output = self.output()?;
        self.push("Cast", vec![real], output, vec![to]);
        Ok(())
    }

    /// Largest magnitude of a sum over inputs at most 255 from their zero point, by output channel of the weights.
    fn largest_sum(&self, weights: &str, zero_point: Option<&str>) -> Result<i64, String> {
        let tensor = self.constant(weights)?;
        let stored = tensor.elements.to_i64().ok_or("its weights are no integers")?;
        let zero_points = match zero_point {
            None => vec![0],
            Some(name) => self.constant(name)?.elements.to_i64().ok_or("its zero point is no integer")?,
        };
        let (channels, inner) = match (self.float, tensor.shape.as_slice()) {
            ("Conv", [channels, rest @ ..]) => (*channels, rest.iter().product::<usize>()),
            (_, [.., channels]) => (*channels, 1),
            _ => return Err("its weights have no axes".into()),
        };
        let mut sums = vec![0i64; channels.max(1)];
        for (at, &value) in stored.iter().enumerate() {
            let channel = at / inner.max(1) % channels.max(1);
            let point = zero_points.get(channel).or(zero_points.first()).copied().unwrap_or(0);
            sums[channel] = sums[channel].saturating_add((value.saturating_sub(point)).saturating_abs());
        }
        Ok(sums.into_iter().max().unwrap_or(0).saturating_mul(255))
    }

    /// Axis of per-channel parameters of operand `number`.
    fn weight_axis(&self, number: usize) -> i64 {
        let transposed = self.node.attribute.iter().any(|attribute| attribute.name == "transB" && attribute.i != 0);
        match (self.float, number) {
            ("MatMul", 1) => -1,
            ("Gemm", 1) if !transposed => 1,
            _ => 0,
        }
    }

    /// Scale of the int32 bias: input scale × weight scale.
    fn bias_scale(&mut self) -> Result<String, String> {
        let (x, weights) = (self.input(1)?, self.input(4)?);
        let floats = |name: &str| self.constant(name)?.f32s().ok_or_else(|| "its scale is no float".to_string());
        let (x, weights) = (floats(&x)?, floats(&weights)?);
        let &[x] = x.as_slice() else { return Err("its input is quantised per channel".into()) };
        let scales: Vec<f32> = weights.iter().map(|weights| x * weights).collect();
        Ok(self.add_floats("bias scale", &scales, scales.len() > 1))
    }

    fn constant(&self, name: &str) -> Result<Constant, String> {
        let tensor = self.constants.get(name).ok_or_else(|| format!("'{name}' is computed at run time"))?;
        Constant::from_proto(tensor, &Limits::default()).map_err(|blocker| format!("'{name}': {}", blocker.reason))
    }

    fn input(&self, at: usize) -> Result<String, String> {
        let name = self.node.input.get(at).filter(|name| !name.is_empty());
        name.cloned().ok_or_else(|| format!("input {at} is missing"))
    }

    fn output(&self) -> Result<String, String> {
        self.node.output.first().filter(|name| !name.is_empty()).cloned().ok_or_else(|| "output 0 is missing".into())
    }

    /// A name of this node's own.
    fn named(&self, role: &str) -> String {
        let output = self.node.output.first().map_or("", String::as_str);
        format!("{output} ({role} of {})", self.node.op_type)
    }

    fn dequantise(&mut self, role: &str, inputs: &[&str], axis: i64) -> String {
        let real = self.named(role);
        let (name, kind) = ("axis".to_string(), AttributeType::Int as i32);
        let axis = AttributeProto { name, r#type: kind, i: axis, ..AttributeProto::default() };
        let inputs = inputs.iter().map(|&name| name.to_string()).collect();
        self.push("DequantizeLinear", inputs, real.clone(), vec![axis]);
        real
    }

    fn add_floats(&mut self, role: &str, values: &[f32], is_list: bool) -> String {
        let name = self.named(role);
        self.initialisers.push(TensorProto {
            name: name.clone(),
            data_type: DataType::Float as i32,
            dims: if is_list { vec![values.len() as i64] } else { Vec::new() },
            float_data: values.to_vec(),
            ..TensorProto::default()
        });
        name
    }

    fn push(&mut self, operator: &str, input: Vec<String>, output: String, attribute: Vec<AttributeProto>) {
        let name = match self.node.name.as_str() {
            "" => format!("of {}", self.node.op_type),
            name => format!("{name} of {}", self.node.op_type),
        };
        self.nodes.push(NodeProto {
            input,
            output: vec![output],
            name,
            op_type: operator.into(),
            attribute,
            ..NodeProto::default()
        });
    }
}
