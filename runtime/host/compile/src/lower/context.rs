//! What operator families work with: operands, outputs, views, constants, and the operators they emit.

use crate::error::Problem;
use crate::lower::program::{LoweredOperator, Place, Program, Record, RecordId};
use crate::lower::states::States;
use mote_format::Fixed;
use mote_format::{ConstantRef, MAX_RANK, Numerics, OpCode};
use mote_graph::{ElementType, Graph, Node, Operator, Quantization, Tensor, TensorId};

/// A graph being lowered.
pub struct Lowering<'g> {
    /// The graph.
    pub graph: &'g Graph,
    /// Rounding to compile for.
    pub numerics: Numerics,
    /// What has been lowered so far.
    pub program: Program,
    pub(super) states: States,
}

impl<'g> Lowering<'g> {
    /// The graph tensor `id`.
    pub fn tensor(&self, id: TensorId) -> &'g Tensor {
        &self.graph.tensors[id]
    }

    /// The graph tensor of input `index` of `node`.
    ///
    /// # Errors
    /// The node has fewer inputs.
    pub fn operand(&self, node: &Node, index: usize) -> Result<&'g Tensor, Problem> {
        Ok(self.tensor(input_id(node, index)?))
    }

    /// The graph tensor of output `index` of `node`.
    ///
    /// # Errors
    /// The node has fewer outputs.
    pub fn result(&self, node: &Node, index: usize) -> Result<&'g Tensor, Problem> {
        Ok(self.tensor(output_id(node, index)?))
    }

    /// Element type of input 0: what most families choose their operator by.
    pub fn input_type(&self, node: &Node) -> Result<ElementType, Problem> {
        Ok(self.operand(node, 0)?.element_type)
    }

    /// Record of input `index` of `node`; a constant gets its record on first use.
    pub fn input(&mut self, node: &Node, index: usize) -> Result<RecordId, Problem> {
        self.record(node, input_id(node, index)?)
    }

    /// Record of a tensor that exists already, or is constant.
    pub fn record(&mut self, node: &Node, id: TensorId) -> Result<RecordId, Problem> {
        if let Some(record) = self.program.record_of[id] {
            return Ok(record);
        }
        let Some(data) = &self.tensor(id).data else {
            let fix = "report it with the model: the importer let through a tensor that nothing writes";
            return Err(problem(node, &self.tensor(id).name, "is read before anything writes it", fix));
        };
        let constant = self.program.constants.add(data);
        self.add_record(node, id, Place::Constant { offset: constant.offset as usize })
    }

    /// A new record for output `index` of `node`, which an operator will write: in the arena, or straight in a state.
    pub fn output(&mut self, node: &Node, index: usize) -> Result<RecordId, Problem> {
        let id = output_id(node, index)?;
        let place = match self.states.produced_in(id) {
            Some(state) => Place::State { offset: self.states.offsets[state] },
            None => Place::Arena,
        };
        self.add_record(node, id, place)
    }

    /// Lets output `output` of `node` show the bytes of input `input` without an operator. False when it must be a copy
    /// (because it is written straight into a state); nothing is done then.
    pub fn show(&mut self, node: &Node, input: usize, output: usize) -> Result<bool, Problem> {
        let id = output_id(node, output)?;
        if self.states.produced_in(id).is_some() {
            return Ok(false);
        }
        let source = self.input(node, input)?;
        let place = match self.program.records[source].place {
            Place::Arena => Place::View(source),
            other => other,
        };
        self.add_record(node, id, place)?;
        Ok(true)
    }

    /// Adds a record of graph tensor `id`.
    pub fn add_record(&mut self, node: &Node, id: TensorId, place: Place) -> Result<RecordId, Problem> {
        let tensor = self.tensor(id);
        let record = self.add_anonymous(node, tensor, tensor.shape.clone(), place)?;
        self.program.record_of[id] = Some(record);
        Ok(record)
    }

    /// Adds a record that no graph tensor stands for, like `tensor` but for the shape.
    pub fn add_anonymous(
        &mut self,
        node: &Node,
        tensor: &Tensor,
        shape: Vec<usize>,
        place: Place,
    ) -> Result<RecordId, Problem> {
        if shape.len() > MAX_RANK {
            let reason = format!("has {} axes", shape.len());
            return Err(problem(node, &tensor.name, &reason, "reshape the model to at most 6 axes"));
        }
        if shape.contains(&0) {
            return Err(problem(node, &tensor.name, "has no elements", "remove the operators that make it"));
        }
        let elements = shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
        if elements.is_none_or(|elements| elements > i32::MAX as usize) {
            return Err(problem(node, &tensor.name, "has 2^31 elements or more", "split the model"));
        }
        let (scale, zero_point) = match (&tensor.quantization, tensor.element_type) {
            (Some(q), ElementType::I8 | ElementType::U8) if q.is_per_tensor() => (q.scale(0), q.zero_point()),
            (Some(q), _) if q.is_per_tensor() => (q.scale(0), 0),
            _ => (0.0, 0),
        };
        let (name, element_type) = (tensor.name.clone(), tensor.element_type);
        self.program.records.push(Record { name, shape, element_type, scale, zero_point, place });
        Ok(self.program.records.len() - 1)
    }

    /// Puts bytes into the constant section.
    pub fn constant(&mut self, bytes: &[u8]) -> ConstantRef {
        self.program.constants.add(bytes)
    }

    /// Adds an operator.
    pub fn emit(
        &mut self,
        node: &Node,
        code: OpCode,
        inputs: &[RecordId],
        outputs: &[RecordId],
        parameters: &impl Fixed,
    ) {
        self.program.operators.push(LoweredOperator {
            code,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            parameters: mote_format::write::parameters(parameters),
            origin: node.origin.clone(),
            macs: self.graph.node_macs(node),
            weight_bytes: node_weight_bytes(self.graph, node),
        });
    }
}

/// Bytes of the weights of a node; 0 for operators without.
fn node_weight_bytes(graph: &Graph, node: &Node) -> u64 {
    let weighted = matches!(
        node.operator,
        Operator::Conv2d { .. }
            | Operator::DepthwiseConv2d { .. }
            | Operator::TransposeConv2d { .. }
            | Operator::FullyConnected { .. }
    );
    let weights = node.inputs.get(1).filter(|_| weighted);
    weights.map_or(0, |&id| graph.tensors[id].bytes() as u64)
}

/// Graph tensor of input `index`.
pub fn input_id(node: &Node, index: usize) -> Result<TensorId, Problem> {
    let missing = || problem(node, "", &format!("has no input {index}"), "report it with the model");
    node.inputs.get(index).copied().ok_or_else(missing)
}

/// Graph tensor of output `index`.
pub fn output_id(node: &Node, index: usize) -> Result<TensorId, Problem> {
    let missing = || problem(node, "", &format!("has no output {index}"), "report it with the model");
    node.outputs.get(index).copied().ok_or_else(missing)
}

/// A problem of `node`.
pub fn problem(node: &Node, tensor: &str, reason: &str, fix: &str) -> Problem {
    Problem { operator: node.origin.clone(), tensor: tensor.into(), reason: reason.into(), fix: fix.into() }
}

/// The problem of an element type the operator has no kernel for.
pub fn wrong_type(node: &Node, tensor: &Tensor) -> Problem {
    let reason = format!("no kernel of {} takes {} here", node.operator.name(), tensor.element_type.name());
    problem(node, &tensor.name, &reason, "quantise the model to int8, or keep this operator in float32")
}

/// Per-tensor quantisation of a tensor, which the operator needs.
pub fn quantization<'t>(node: &Node, tensor: &'t Tensor) -> Result<&'t Quantization, Problem> {
    let fix = "quantise the model with per-tensor activations";
    let found = tensor.quantization.as_ref().filter(|q| q.is_per_tensor());
    let found = found.ok_or_else(|| problem(node, &tensor.name, "has no per-tensor quantisation", fix))?;
    if found.scale(0) > 0.0 && found.scale(0).is_finite() {
        return Ok(found);
    }
    Err(problem(node, &tensor.name, "has a scale that is not a positive number", fix))
}

/// Scale and zero point of an int8 tensor as parameter preparation takes them.
pub fn quantization_i8(node: &Node, tensor: &Tensor) -> Result<mote_kernels::prepare::Quantization, Problem> {
    if tensor.element_type != ElementType::I8 {
        return Err(wrong_type(node, tensor));
    }
    let found = quantization(node, tensor)?;
    let outside = |_| problem(node, &tensor.name, "has a zero point outside int8", "export the model again");
    let zero_point = i8::try_from(found.zero_point()).map_err(outside)?;
    Ok(mote_kernels::prepare::Quantization { scale: found.scale(0), zero_point })
}

/// A fused activation as parameter preparation takes it.
pub fn prepared(activation: mote_graph::Activation) -> mote_kernels::prepare::Activation {
    match activation {
        mote_graph::Activation::None => mote_kernels::prepare::Activation::None,
        mote_graph::Activation::Relu => mote_kernels::prepare::Activation::Relu,
        mote_graph::Activation::ReluN1To1 => mote_kernels::prepare::Activation::ReluN1To1,
        mote_graph::Activation::Relu6 => mote_kernels::prepare::Activation::Relu6,
    }
}

/// The multiplier of a real factor that rounds as `numerics` asks.
pub fn scaled(numerics: Numerics, factor: f64) -> mote_numbers::Multiplier {
    match numerics {
        Numerics::Tflm | Numerics::Litert => mote_numbers::Multiplier::from_real(factor),
        Numerics::Onnx => mote_numbers::Multiplier::rounding_once(factor),
    }
}

/// A multiplier as parameter records hold it.
pub fn multiplier(multiplier: mote_numbers::Multiplier) -> mote_format::parameters::MultiplierParameters {
    let mote_numbers::Multiplier { mantissa, shift } = multiplier;
    mote_format::parameters::MultiplierParameters { mantissa, shift }
}

/// A number that a record holds in 16 bits.
pub fn narrow(node: &Node, what: &str, number: usize) -> Result<u16, Problem> {
    let reason = || problem(node, "", &format!("{what} is {number}"), "a model file holds at most 65535 here");
    u16::try_from(number).map_err(|_| reason())
}
