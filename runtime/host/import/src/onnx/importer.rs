//! The walk over the nodes, and the table of values.

use super::constant::{Constant, check_size};
use super::node::Site;
use super::pb::tensor_proto::DataType;
use super::pb::tensor_shape_proto::dimension;
use super::pb::type_proto;
use super::pb::{GraphProto, ModelProto, NodeProto, TypeProto, ValueInfoProto};
use super::view::View;
use super::{OnnxOptions, layout, operators, quantised};
use crate::importer::Outcome;
use crate::report::{Blocked, Blocker, Finding, Severity};
use crate::tflite::PortLayout;
use mote_graph::{ElementType, Graph, Tensor, TensorId};
use std::collections::HashMap;

/// Constants computed here may take this many times the file's length, and [`FOLDED_BYTES`] besides.
const FOLDED_BYTES_PER_FILE_BYTE: usize = 16;
/// See [`FOLDED_BYTES_PER_FILE_BYTE`].
const FOLDED_BYTES: usize = 64 << 20;
/// Graphs within graphs (branches of If).
const MAX_DEPTH: usize = 16;

/// A value of the source by name.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Known now.
    Constant(Constant),
    /// Known at run time.
    Computed(View),
}

impl Value {
    /// Extents in the source.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Constant(constant) => &constant.shape,
            Self::Computed(view) => &view.shape,
        }
    }
}

/// What is known of a name.
enum Known {
    Value(Value),
    /// A finding about it, or about what it is computed from, is in the report.
    Faulty,
}

/// A view's tensor, the extents and axes of a stored order, and the shape: what [`Importer::arranged`] made of it.
type Arrangement = (TensorId, Vec<usize>, Vec<usize>, Vec<usize>);

pub(crate) struct Importer<'m> {
    pub model: &'m ModelProto,
    pub source: &'m GraphProto,
    pub options: &'m OnnxOptions,
    pub graph: Graph,
    pub findings: Vec<Finding>,
    pub input_layouts: Vec<PortLayout>,
    pub output_layouts: Vec<PortLayout>,
    pub arrangements: HashMap<Arrangement, TensorId>,
    /// The node that writes each tensor.
    pub producers: HashMap<TensorId, usize>,
    /// How many reads of the source's values, and outputs, each tensor still has to serve.
    pub readers: HashMap<TensorId, usize>,
    values: HashMap<String, Known>,
    /// How often each name is read.
    uses: HashMap<&'m str, usize>,
    /// Shapes the file declares for computed values.
    declared: HashMap<&'m str, &'m TypeProto>,
    folded_bytes: usize,
    most_folded_bytes: usize,
    depth: usize,
}

impl<'m> Importer<'m> {
    pub fn new(model: &'m ModelProto, source: &'m GraphProto, file_bytes: usize, options: &'m OnnxOptions) -> Self {
        let mut importer = Self {
            model,
            source,
            options,
            graph: Graph { name: options.name.clone(), ..Graph::default() },
            findings: Vec::new(),
            input_layouts: Vec::new(),
            output_layouts: Vec::new(),
            arrangements: HashMap::new(),
            producers: HashMap::new(),
            readers: HashMap::new(),
            values: HashMap::new(),
            uses: HashMap::new(),
            declared: HashMap::new(),
            folded_bytes: 0,
            most_folded_bytes: file_bytes.saturating_mul(FOLDED_BYTES_PER_FILE_BYTE).saturating_add(FOLDED_BYTES),
            depth: 0,
        };
        importer.survey(source, 0);
        importer
    }

    /// Counts uses of names and collects declared shapes.
    fn survey(&mut self, graph: &'m GraphProto, depth: usize) {
        for info in graph.value_info.iter().chain(&graph.output) {
            if let Some(declared) = &info.r#type {
                self.declared.insert(&info.name, declared);
            }
        }
        for node in &graph.node {
            for input in &node.input {
                *self.uses.entry(input).or_default() += 1;
            }
            let inner = node.attribute.iter().filter_map(|attribute| attribute.g.as_ref());
            inner.filter(|_| depth < MAX_DEPTH).for_each(|graph| self.survey(graph, depth + 1));
        }
        for output in &graph.output {
            *self.uses.entry(&output.name).or_default() += 1;
        }
    }

    /// Imports inputs, nodes and outputs; everything that stops the import is in the findings.
    pub fn run(&mut self) {
        self.initialisers(self.source);
        for input in &self.source.input {
            // Models of old writers list initialisers among the inputs.
            if self.values.contains_key(&input.name) {
                continue;
            }
            if let Err(Blocked::Because(blocker)) = self.graph_input(input) {
                self.findings.push(blocker.of(input.name.clone()).into_finding(None));
            }
            self.values.entry(input.name.clone()).or_insert(Known::Faulty);
        }
        self.nodes(&self.source.node);
        if self.source.output.is_empty() {
            self.findings.push(Blocker::malformed("the model has no outputs").into_finding(None));
        }
        for output in &self.source.output {
            if let Err(Blocked::Because(blocker)) = self.graph_output(output) {
                self.findings.push(blocker.of(output.name.clone()).into_finding(None));
            }
        }
    }

    fn initialisers(&mut self, graph: &GraphProto) {
        for initialiser in &graph.initializer {
            let known = match Constant::from_proto(initialiser, &self.options.limits) {
                Ok(constant) => Known::Value(Value::Constant(constant)),
                Err(blocker) => {
                    self.findings.push(blocker.into_finding(None));
                    Known::Faulty
                }
            };
            self.values.insert(initialiser.name.clone(), known);
        }
    }

    /// Imports nodes in their order, going on after blockers.
    pub fn nodes(&mut self, nodes: &'m [NodeProto]) {
        for (index, proto) in nodes.iter().enumerate() {
            if self.findings.len() >= self.options.limits.findings {
                let reason = format!("stopped before node #{index}: too many findings to list");
                self.findings.push(Blocker::new(reason, "deal with those above first").into_finding(None));
                return;
            }
            let name = if proto.name.is_empty() { String::new() } else { format!(" {}", shortened(&proto.name)) };
            let origin = format!("#{index}{name} ({})", shortened(&proto.op_type));
            let site = Site { origin: &origin, proto, version: self.version(&proto.domain) };
            let outcome = match quantised::import(self, &site) {
                Some(outcome) => outcome,
                None => operators::import(self, &site),
            };
            if let Err(Blocked::Because(blocker)) = outcome {
                self.findings.push(blocker.into_finding(Some(origin.clone())));
            }
            for output in proto.output.iter().filter(|name| !name.is_empty()) {
                if !self.values.contains_key(output) {
                    let stand_in = self.stand_in(output);
                    self.values.insert(output.clone(), stand_in);
                }
            }
        }
    }

    /// Imports the nodes of a branch whose condition is known, and gives the values of its outputs.
    pub fn branch(&mut self, graph: &'m GraphProto) -> Outcome<Vec<Value>> {
        if self.depth >= MAX_DEPTH {
            return Err(Blocker::new("branches within branches, too deep", "flatten the model").into());
        }
        self.depth += 1;
        self.initialisers(graph);
        self.nodes(&graph.node);
        self.depth -= 1;
        graph.output.iter().map(|output| self.lookup(&output.name)).collect()
    }

    /// A value of declared shape for a name that could not be computed, so that nodes behind it are judged too.
    fn stand_in(&mut self, name: &str) -> Known {
        let declared = self.declared.get(name).and_then(|declared| declared_shape(declared));
        let Some((element_type, dims)) = declared else { return Known::Faulty };
        let shape: Option<Vec<usize>> = dims.iter().map(|dim| usize::try_from((*dim)?).ok()).collect();
        let Some(shape) = shape.filter(|shape| self.check_shape(shape, name).is_ok()) else { return Known::Faulty };
        let Some(element_type) = graph_type(element_type) else { return Known::Faulty };
        let tensor = Tensor { name: name.into(), shape: shape.clone(), element_type, quantization: None, data: None };
        let tensor = self.add_tensor(tensor);
        Known::Value(Value::Computed(View::plain(tensor, shape)))
    }

    fn graph_input(&mut self, info: &'m ValueInfoProto) -> Outcome {
        let declared = info.r#type.as_ref().and_then(declared_shape);
        let given = self.options.shapes.iter().find(|(name, _)| *name == info.name).map(|(_, shape)| shape);
        let Some((data_type, dims)) = declared else {
            return Err(Blocker::new("input that is no tensor", "use tensors at the model's inputs").into());
        };
        let shape = match given {
            Some(shape) => {
                let fits = dims.is_empty() && info_has_no_shape(info)
                    || dims.len() == shape.len()
                        && dims.iter().zip(shape).enumerate().all(|(axis, (dim, &extent))| {
                            dim.is_none_or(|dim| dim == extent as i64 || axis == 0 && dim <= 1)
                        });
                if !fits {
                    let reason = format!("the given shape {shape:?} contradicts the model's {}", shown(&dims));
                    return Err(Blocker::new(reason, "give a shape that fits the model's").into());
                }
                shape.clone()
            }
            None => self.closed_shape(info, &dims)?,
        };
        if let Some((_, values)) = self.options.values.iter().find(|(name, _)| *name == info.name) {
            return self.fixed_input(&info.name, data_type, shape, values);
        }
        self.check_shape(&shape, &info.name)?;
        let Some(element_type) = graph_type(data_type) else {
            let reason = format!("input of type {}", data_type.as_str_name());
            return Err(Blocker::new(reason, "use FLOAT or 8-bit inputs").into());
        };
        if data_type == DataType::Int64 {
            self.note(None, Some(info.name.clone()), "int64 input is int32 in the compiled model".into());
        }
        let order = layout::input_order(self.source, &info.name, shape.len());
        let stored: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
        if !order.is_sorted() {
            let reason = format!("input {shape:?} is {stored:?} in the compiled model: channels last");
            self.note(None, Some(info.name.clone()), reason);
        }
        let tensor = Tensor { name: info.name.clone(), shape: stored, element_type, quantization: None, data: None };
        let tensor = self.add_tensor(tensor);
        self.graph.inputs.push(tensor);
        self.input_layouts.push(PortLayout { permutation: order.clone() });
        self.insert(&info.name, Value::Computed(View::ordered(tensor, shape, order)))
    }

    fn fixed_input(&mut self, name: &str, data_type: DataType, shape: Vec<usize>, values: &[f64]) -> Outcome {
        let empty = super::constant::Elements::empty(data_type);
        let fits = check_size(&shape, &self.options.limits).is_ok() && shape.iter().product::<usize>() == values.len();
        let Some(empty) = empty.filter(|_| fits) else {
            let reason = format!("{} values for an input {} of shape {shape:?}", values.len(), data_type.as_str_name());
            return Err(Blocker::new(reason, "give as many values as the input has elements").into());
        };
        let constant = Constant::new(shape, empty.like_from_f64(values));
        self.insert(name, Value::Constant(constant))
    }

    /// The declared shape with an open first axis as 1.
    fn closed_shape(&mut self, info: &ValueInfoProto, dims: &[Option<i64>]) -> Outcome<Vec<usize>> {
        let name = &info.name;
        let example: Vec<String> = dims.iter().map(|dim| dim.filter(|&dim| dim > 0).unwrap_or(1).to_string()).collect();
        let fix = format!("fix the shape: --shape {name}={}", example.join(","));
        if info_has_no_shape(info) {
            return Err(Blocker::new("input without a shape", fix).into());
        }
        let mut shape = Vec::with_capacity(dims.len());
        for (axis, dim) in dims.iter().enumerate() {
            match dim.and_then(|dim| usize::try_from(dim).ok()).filter(|&extent| extent > 0 || axis > 0) {
                Some(extent) => shape.push(extent),
                None if axis == 0 => {
                    self.note(None, Some(name.clone()), "open first axis of the input is fixed at 1".into());
                    shape.push(1);
                }
                None => {
                    let reason = format!("input of open shape {}", shown(dims));
                    return Err(Blocker::new(reason, fix).into());
                }
            }
        }
        Ok(shape)
    }

    fn graph_output(&mut self, info: &'m ValueInfoProto) -> Outcome {
        let site = Site { origin: "graph outputs", proto: layout::no_node(), version: 0 };
        let (tensor, permutation) = match self.lookup(&info.name)? {
            Value::Constant(constant) => {
                let tensor = constant.to_tensor(&info.name)?;
                let rank = constant.shape.len();
                self.check_shape(&constant.shape, &info.name)?;
                (self.add_tensor(tensor), (0..rank).collect())
            }
            // Images leave as they are stored; whatever else lies in another order is put in the source's.
            Value::Computed(view) => {
                let channels_last: Vec<usize> = (0..1).chain(2..view.shape.len()).chain([1]).collect();
                let is_image = (3..=4).contains(&view.shape.len());
                let order = view.axis_order().filter(|order| is_image && !view.is_plain() && *order == channels_last);
                let order = order.unwrap_or_else(|| (0..view.shape.len()).collect());
                (self.in_order(&site, &view, &order)?, order)
            }
        };
        if !permutation.is_sorted() {
            let reason = format!("output is {:?} in the compiled model: channels last", self.get(tensor).shape);
            self.note(None, Some(info.name.clone()), reason);
        }
        self.graph.outputs.push(tensor);
        self.output_layouts.push(PortLayout { permutation });
        Ok(())
    }

    /// Version of an operator set; 1 when the file does not say.
    pub fn version(&self, domain: &str) -> i64 {
        let default = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        let imports = self.model.opset_import.iter();
        let versions = imports.filter(|set| set.domain == domain || default(&set.domain) && default(domain));
        versions.map(|set| set.version).max().unwrap_or(1)
    }

    /// The value of a name.
    pub fn lookup(&self, name: &str) -> Outcome<Value> {
        match self.values.get(name) {
            Some(Known::Value(value)) => Ok(value.clone()),
            Some(Known::Faulty) => Err(Blocked::Reported),
            None => Err(Blocker::malformed("value is read, but nothing before computes it").of(name).into()),
        }
    }

    /// Names a value; a name is set once.
    pub fn insert(&mut self, name: &str, value: Value) -> Outcome {
        if self.values.contains_key(name) {
            return Err(Blocker::malformed("value is computed twice").of(name).into());
        }
        if let Value::Constant(constant) = &value {
            self.reserve(constant.len().saturating_mul(8)).map_err(|blocker| blocker.of(name))?;
            check_size(&constant.shape, &self.options.limits).map_err(|blocker| blocker.of(name))?;
        }
        if let Value::Computed(view) = &value {
            *self.readers.entry(view.tensor).or_default() += self.uses(name);
        }
        self.values.insert(name.into(), Known::Value(value));
        Ok(())
    }

    /// Sets bytes aside for a constant computed here. A small file must not unfold without bound.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Blocker> {
        self.folded_bytes = self.folded_bytes.saturating_add(bytes);
        if self.folded_bytes <= self.most_folded_bytes {
            return Ok(());
        }
        Err(Blocker::new("computed constants are far larger than the file", "compute them in the model's writer"))
    }

    /// How often a name is read.
    pub fn uses(&self, name: &str) -> usize {
        self.uses.get(name).copied().unwrap_or(0)
    }

    pub fn note(&mut self, operator: Option<String>, tensor: Option<String>, reason: String) {
        self.findings.push(Finding { severity: Severity::Note, operator, tensor, reason, fix: String::new() });
    }
}

/// Long names of damaged files, cut.
fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

fn info_has_no_shape(info: &ValueInfoProto) -> bool {
    match info.r#type.as_ref().and_then(|kind| kind.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => tensor.shape.is_none(),
        None => true,
    }
}

/// Element type and extents (none where open) of a declared tensor.
fn declared_shape(declared: &TypeProto) -> Option<(DataType, Vec<Option<i64>>)> {
    let Some(type_proto::Value::TensorType(tensor)) = &declared.value else { return None };
    let data_type = DataType::try_from(tensor.elem_type).ok()?;
    let dims = tensor.shape.as_ref().map(|shape| shape.dim.as_slice()).unwrap_or_default();
    let extent = |dim: &super::pb::tensor_shape_proto::Dimension| match dim.value {
        Some(dimension::Value::DimValue(value)) if value >= 0 => Some(value),
        _ => None,
    };
    Some((data_type, dims.iter().map(extent).collect()))
}

fn shown(dims: &[Option<i64>]) -> String {
    let extents: Vec<String> = dims.iter().map(|dim| dim.map_or("?".into(), |dim| dim.to_string())).collect();
    format!("[{}]", extents.join(", "))
}

/// The graph's type for values of the source that stay as they are.
pub(crate) fn graph_type(data_type: DataType) -> Option<ElementType> {
    Some(match data_type {
        DataType::Float => ElementType::F32,
        DataType::Int8 => ElementType::I8,
        DataType::Uint8 => ElementType::U8,
        DataType::Int16 => ElementType::I16,
        // Indices: the graph's are 32 bits wide.
        DataType::Int32 | DataType::Int64 => ElementType::I32,
        DataType::Bool => ElementType::Bool,
        _ => return None,
    })
}
