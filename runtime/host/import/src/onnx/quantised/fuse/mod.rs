//! Integer operators out of a graph in which float operators stand between Dequantize and Quantize.
//!
//! It works backwards from every Quantize: [`Fuser::stored`] is asked for the int8 tensor that quantising a float tensor
//! would give, and answers with integer nodes as far as the float operators behind it allow. Functions of one stored
//! byte become tables ([`function`]), which makes them exact. Operators that only move or compare elements give the same
//! before and after quantising. Operators that compute ([`compute`]) need operands with a stored form of their own.
//! Whatever does not fit stays in float32 between Dequantize and Quantize; nodes nobody needs any more are dropped.

mod affine;
mod borders;
mod compute;
mod function;
mod movement;
mod pooling;
mod weighted;

use affine::{Affine, Clamp};
use function::Function;
use mote_graph::{ElementType, Graph, Node, Operator, Tensor, TensorId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Int8 tensor that stands for a float tensor under a quantisation (scale's bits, zero point).
type Key = (TensorId, u32, i32);

/// A layer that stays in float32 although its input is quantised, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub origin: String,
    pub reason: String,
    pub fix: String,
}

struct Fuser<'g> {
    graph: &'g mut Graph,
    /// Nodes of the graph before fusing.
    nodes: Vec<Node>,
    producer: HashMap<TensorId, usize>,
    consumers: HashMap<TensorId, Vec<usize>>,
    /// Stored tensors that were found equal to another.
    aliases: HashMap<TensorId, TensorId>,
    known: HashMap<Key, TensorId>,
    functions: HashMap<TensorId, Option<Arc<Function>>>,
    /// Nodes of the present attempt, and what it added to `known`.
    attempt: Vec<Node>,
    attempted: Vec<Key>,
    origin: String,
    left: Vec<Left>,
}

/// Rewrites `graph`. What could have been integer and is not comes back with the reason.
pub(crate) fn fuse(graph: &mut Graph) -> Vec<Left> {
    borders::describe(graph);
    borders::make_signed(graph);
    let nodes = std::mem::take(&mut graph.nodes);
    let mut producer = HashMap::new();
    let mut consumers: HashMap<TensorId, Vec<usize>> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        producer.extend(node.outputs.iter().map(|&output| (output, index)));
        node.inputs.iter().for_each(|&input| consumers.entry(input).or_default().push(index));
    }
    let mut fuser = Fuser {
        graph,
        nodes,
        producer,
        consumers,
        aliases: HashMap::new(),
        known: HashMap::new(),
        functions: HashMap::new(),
        attempt: Vec::new(),
        attempted: Vec::new(),
        origin: String::new(),
        left: Vec::new(),
    };
    fuser.run();
    let left = fuser.left;
    drop_unused(graph);
    // Only what still runs in float32 is worth telling.
    let running: HashSet<&str> = graph.nodes.iter().map(|node| node.origin.as_str()).collect();
    let left = left.into_iter().filter(|left| running.contains(left.origin.as_str())).collect();
    for tensor in graph.tensors.iter_mut().filter(|tensor| tensor.element_type == ElementType::F32) {
        // The stored form of a constant was a note for this pass.
        tensor.quantization = None;
    }
    left
}

impl Fuser<'_> {
    fn run(&mut self) {
        let mut fused: Vec<Node> = Vec::with_capacity(self.nodes.len());
        for index in 0..self.nodes.len() {
            let mut node = self.nodes[index].clone();
            node.inputs.iter_mut().for_each(|id| *id = self.resolve(*id));
            self.origin.clone_from(&node.origin);
            match &node.operator {
                Operator::Quantize => {
                    let (from, to) = (node.inputs[0], node.outputs[0]);
                    let target = Affine::of(&self.graph.tensors[to]);
                    let float = self.graph.tensors[from].element_type == ElementType::F32;
                    let found = target.filter(|_| float).and_then(|affine| self.stored(from, affine, Clamp::NONE));
                    if let Some(stored) = self.settle(found, &mut fused) {
                        if self.graph.outputs.contains(&to) {
                            let (operator, origin) = (Operator::Reshape, node.origin);
                            fused.push(Node { operator, inputs: vec![stored], outputs: vec![to], origin });
                        } else {
                            self.aliases.insert(to, stored);
                        }
                        continue;
                    }
                }
                Operator::ArgMax { .. } => {
                    let found = self.natural(node.inputs[0]).map(|(stored, _)| stored);
                    if let Some(stored) = self.settle(found, &mut fused) {
                        node.inputs[0] = stored;
                    }
                }
                _ => {}
            }
            fused.push(node);
        }
        for output in 0..self.graph.outputs.len() {
            self.graph.outputs[output] = self.resolve(self.graph.outputs[output]);
        }
        self.graph.nodes = fused;
    }

    /// Keeps the nodes of an attempt that found something, forgets those of one that did not.
    fn settle(&mut self, found: Option<TensorId>, fused: &mut Vec<Node>) -> Option<TensorId> {
        if found.is_some() {
            fused.append(&mut self.attempt);
        } else {
            self.attempted.iter().for_each(|key| _ = self.known.remove(key));
            self.attempt.clear();
        }
        self.attempted.clear();
        found
    }

    fn resolve(&self, mut id: TensorId) -> TensorId {
        while let Some(&other) = self.aliases.get(&id) {
            id = other;
        }
        id
    }

    fn tensor(&self, id: TensorId) -> &Tensor {
        &self.graph.tensors[id]
    }

    /// The int8 tensor that quantising float tensor `real`, clamped, gives.
    fn stored(&mut self, real: TensorId, affine: Affine, clamp: Clamp) -> Option<TensorId> {
        if clamp.is_none()
            && let Some(&known) = self.known.get(&affine.key(real))
        {
            return Some(known);
        }
        let found = self.stored_anew(real, affine, clamp)?;
        if clamp.is_none() {
            self.remember(affine.key(real), found);
        }
        Some(found)
    }

    fn stored_anew(&mut self, real: TensorId, affine: Affine, clamp: Clamp) -> Option<TensorId> {
        if let Some(function) = self.function(real) {
            return Some(self.through_table(&function, real, affine, clamp));
        }
        if let Some(values) = self.tensor(real).f32_data() {
            let bytes = values.iter().map(|&value| affine.quantise(clamp.apply(value)) as u8).collect();
            return Some(self.constant(real, affine, bytes));
        }
        let node = self.nodes[*self.producer.get(&real)?].clone();
        if let Some(inner) = Clamp::of(&node.operator) {
            // Clamping before or after quantising is the same.
            let sole = self.consumers.get(&node.inputs[0]).is_none_or(|readers| readers.len() == 1);
            return if sole { self.stored(node.inputs[0], affine, clamp.within(inner)) } else { None };
        }
        if movement::moves(&node.operator) {
            return self.moved(&node, real, affine, clamp);
        }
        // Computing for one reader only: another one, in float32, would have it computed twice.
        let reads_stored = |&reader: &usize| matches!(self.nodes[reader].operator, Operator::Quantize);
        let readers = self.consumers.get(&real).map(Vec::as_slice).unwrap_or_default();
        if self.graph.outputs.contains(&real) || readers.len() > 1 && !readers.iter().all(reads_stored) {
            return None;
        }
        self.computed(&node, real, affine, clamp)
    }

    /// The int8 tensor behind a float tensor, in its own quantisation: what a computing operator needs of an operand.
    fn natural(&mut self, real: TensorId) -> Option<(TensorId, Affine)> {
        if let Some(function) = self.function(real).filter(|function| function.is_plain) {
            return Some((function.source, Affine::of(self.tensor(function.source))?));
        }
        if self.tensor(real).data.is_some() {
            return self.natural_constant(real);
        }
        let node = self.nodes[*self.producer.get(&real)?].clone();
        if !movement::moves(&node.operator) {
            return None;
        }
        let mut affines = Vec::new();
        for &input in movement::data(&node) {
            affines.push(self.natural(input)?.1);
        }
        let affine = *affines.first().filter(|&first| affines.iter().all(|other| other == first))?;
        Some((self.stored(real, affine, Clamp::NONE)?, affine))
    }

    /// A constant that came with one scale for all its elements.
    fn natural_constant(&mut self, real: TensorId) -> Option<(TensorId, Affine)> {
        let tensor = self.tensor(real);
        let quantization = tensor.quantization.as_ref().filter(|quantization| quantization.is_per_tensor())?;
        let (scale, zero_point) = (quantization.scale(0), quantization.zero_point());
        let values = tensor.f32_data()?;
        let fits = |zero_point: i32| {
            let affine = Affine { scale, zero_point };
            let exact = |&value: &f32| affine.real(affine.quantise(value)) == value;
            ((-128..=127).contains(&zero_point) && values.iter().all(exact)).then_some(affine)
        };
        // Constants stored as uint8 have zero points above by 128.
        let affine = fits(zero_point).or_else(|| fits(zero_point - 128))?;
        let bytes = values.iter().map(|&value| affine.quantise(value) as u8).collect();
        Some((self.constant(real, affine, bytes), affine))
    }

    fn constant(&mut self, like: TensorId, affine: Affine, bytes: Vec<u8>) -> TensorId {
        let tensor = self.tensor(like);
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        self.graph.add_tensor(Tensor {
            name,
            shape,
            element_type: ElementType::I8,
            quantization: Some(affine.quantization()),
            data: Some(Arc::new(bytes)),
        })
    }

    fn remember(&mut self, key: Key, stored: TensorId) {
        self.known.insert(key, stored);
        self.attempted.push(key);
    }

    /// An int8 tensor of the shape of float tensor `like`.
    fn like(&mut self, like: TensorId, affine: Affine) -> TensorId {
        let tensor = self.tensor(like);
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        let quantization = Some(affine.quantization());
        self.graph.add_tensor(Tensor { name, shape, element_type: ElementType::I8, quantization, data: None })
    }

    /// Adds a node with a new int8 output of the shape of float tensor `like`.
    fn emit(&mut self, operator: Operator, inputs: Vec<TensorId>, like: TensorId, affine: Affine) -> TensorId {
        let output = self.like(like, affine);
        // In the name of the float operator it replaces.
        let origin = self.producer.get(&like).map_or(self.origin.clone(), |&index| self.nodes[index].origin.clone());
        self.attempt.push(Node { operator, inputs, outputs: vec![output], origin });
        output
    }

    fn leave(&mut self, node: &Node, reason: impl Into<String>, fix: &str) {
        let left = Left { origin: node.origin.clone(), reason: reason.into(), fix: fix.into() };
        if !self.left.contains(&left) {
            self.left.push(left);
        }
    }
}

/// Removes nodes whose outputs nobody reads.
fn drop_unused(graph: &mut Graph) {
    let mut needed = vec![false; graph.tensors.len()];
    graph.outputs.iter().for_each(|&id| needed[id] = true);
    let mut kept = vec![false; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if node.outputs.is_empty() || node.outputs.iter().any(|&id| needed[id]) {
            kept[index] = true;
            node.inputs.iter().for_each(|&id| needed[id] = true);
        }
    }
    let mut kept = kept.into_iter();
    graph.nodes.retain(|_| kept.next().unwrap_or(true));
}
