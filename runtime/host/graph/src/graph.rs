//! The graph: tensors, nodes in execution order, graph inputs, outputs and states.

use crate::{Operator, Tensor, TensorData};

/// Index of a tensor in [`Graph::tensors`].
pub type TensorId = usize;

/// One operator with its operands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it does.
    pub operator: Operator,
    /// Inputs in the operator's order; an absent optional input is left out at the end.
    pub inputs: Vec<TensorId>,
    /// Outputs in the operator's order.
    pub outputs: Vec<TensorId>,
    /// Where it came from, for people (for TFLite: `#3 CONV_2D`).
    pub origin: String,
}

/// A tensor that keeps its value from one inference to the next.
#[derive(Clone, Debug)]
pub struct StateTensor {
    /// Name, for people.
    pub name: String,
    /// A tensor of the graph that gives shape, type and quantisation (constant data ignored).
    pub like: TensorId,
    /// Value before the first inference; exactly the tensor's bytes.
    pub initial: TensorData,
}

/// A model. Nodes are in execution order: every input is a constant, a graph input, or the output of an earlier node.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Name of the model.
    pub name: String,
    /// All tensors; some may be unused.
    pub tensors: Vec<Tensor>,
    /// Operators in execution order.
    pub nodes: Vec<Node>,
    /// Graph inputs in the source's order.
    pub inputs: Vec<TensorId>,
    /// Graph outputs in the source's order.
    pub outputs: Vec<TensorId>,
    /// State tensors.
    pub states: Vec<StateTensor>,
}

impl Graph {
    /// Adds a tensor and returns its index.
    pub fn add_tensor(&mut self, tensor: Tensor) -> TensorId {
        self.tensors.push(tensor);
        self.tensors.len() - 1
    }

    /// The nodes that read `tensor`, by index, in order.
    pub fn consumers(&self, tensor: TensorId) -> impl Iterator<Item = usize> + '_ {
        self.nodes.iter().enumerate().filter(move |(_, n)| n.inputs.contains(&tensor)).map(|(i, _)| i)
    }

    /// The node that writes `tensor`.
    pub fn producer(&self, tensor: TensorId) -> Option<usize> {
        self.nodes.iter().position(|n| n.outputs.contains(&tensor))
    }

    /// Multiply-accumulates of one inference: convolutions, depthwise, transposed and fully connected, with padding
    /// taps counted (the field's usual figure).
    pub fn macs(&self) -> u64 {
        self.nodes.iter().map(|node| self.node_macs(node)).sum()
    }

    /// Multiply-accumulates of one node; see [`Graph::macs`].
    pub fn node_macs(&self, node: &Node) -> u64 {
        let elements = |id: Option<&TensorId>| id.map_or(0, |&id| self.tensors[id].elements() as u64);
        let weights = node.inputs.get(1).map(|&id| self.tensors[id].shape.as_slice()).unwrap_or(&[]);
        let product = |shape: &[usize]| shape.iter().map(|&extent| extent as u64).product::<u64>();
        match &node.operator {
            Operator::Conv2d { .. } | Operator::FullyConnected { .. } => {
                elements(node.outputs.first()) * product(weights.get(1..).unwrap_or(&[]))
            }
            Operator::DepthwiseConv2d { .. } => {
                elements(node.outputs.first()) * product(weights.get(1..3).unwrap_or(&[]))
            }
            Operator::TransposeConv2d { .. } => {
                let taps = product(weights.get(..3).unwrap_or(&[]));
                elements(node.inputs.first()) * taps
            }
            _ => 0,
        }
    }

    /// Bytes of the weights (not biases) of convolutions and fully connected layers; each shared tensor once.
    pub fn weight_bytes(&self) -> u64 {
        let mut seen = vec![false; self.tensors.len()];
        let mut bytes = 0;
        for node in &self.nodes {
            let weighted = matches!(
                node.operator,
                Operator::Conv2d { .. }
                    | Operator::DepthwiseConv2d { .. }
                    | Operator::TransposeConv2d { .. }
                    | Operator::FullyConnected { .. }
            );
            if let (true, Some(&id)) = (weighted, node.inputs.get(1))
                && !std::mem::replace(&mut seen[id], true)
            {
                bytes += self.tensors[id].bytes() as u64;
            }
        }
        bytes
    }
}
