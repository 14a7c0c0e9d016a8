//! Which tensors must have the same parameters, because an operator moves or compares stored values.

use mote_graph::{BinaryKind, ElementType, Graph, Node, Operator, TensorId, UnaryKind};

/// Sets of tensors with one quantisation each (a union-find forest).
pub struct Groups {
    parents: Vec<TensorId>,
}

impl Groups {
    /// The groups of `graph`'s float tensors.
    pub fn of(graph: &Graph) -> Self {
        let mut groups = Self { parents: (0..graph.tensors.len()).collect() };
        for node in &graph.nodes {
            let tied = tied(graph, node);
            for pair in tied.windows(2) {
                groups.join(pair[0], pair[1]);
            }
        }
        groups
    }

    /// The tensor that stands for `tensor`'s group.
    pub fn root(&self, mut tensor: TensorId) -> TensorId {
        while self.parents[tensor] != tensor {
            tensor = self.parents[tensor];
        }
        tensor
    }

    fn join(&mut self, a: TensorId, b: TensorId) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

/// Operands of `node` whose parameters must agree; empty when each may have its own.
fn tied(graph: &Graph, node: &Node) -> Vec<TensorId> {
    let all = || node.inputs.iter().chain(&node.outputs).copied();
    let tied: Vec<TensorId> = match &node.operator {
        Operator::Pool { .. }
        | Operator::Pad { .. }
        | Operator::Reshape
        | Operator::Transpose { .. }
        | Operator::Concatenate { .. }
        | Operator::Split { .. }
        | Operator::StridedSlice { .. }
        | Operator::Pack { .. }
        | Operator::Unpack { .. }
        | Operator::Gather { .. }
        | Operator::ResizeNearest { .. }
        | Operator::ResizeBilinear { .. }
        | Operator::Binary { kind: BinaryKind::Maximum | BinaryKind::Minimum, .. } => all().collect(),
        Operator::ReadState { state } | Operator::AssignState { state } => {
            all().chain(graph.states.get(*state).map(|state| state.like)).collect()
        }
        _ => Vec::new(),
    };
    tied.into_iter().filter(|&id| graph.tensors[id].element_type == ElementType::F32).collect()
}

/// Scale and zero point of an operator's output where the specification fixes them.
pub fn fixed_output(operator: &Operator) -> Option<(f32, i32)> {
    match operator {
        Operator::Softmax { .. } | Operator::Unary(UnaryKind::Logistic) => Some((1.0 / 256.0, -128)),
        Operator::Unary(UnaryKind::Tanh) => Some((1.0 / 128.0, 0)),
        _ => None,
    }
}

/// A sentence for every node that int8 cannot express.
pub fn unsupported(graph: &Graph) -> Vec<String> {
    let is_float = |id: &TensorId| graph.tensors[*id].element_type == ElementType::F32;
    let reason = |node: &Node| -> Option<&'static str> {
        match &node.operator {
            Operator::Cast if node.inputs.iter().chain(&node.outputs).any(is_float) => {
                Some("converts between float and integer: keep it outside the model")
            }
            Operator::Custom { .. } if node.inputs.iter().chain(&node.outputs).any(is_float) => {
                Some("is a custom operator on float values: only its author could say what it does on int8")
            }
            Operator::Quantize | Operator::Dequantize => {
                Some("the graph is quantised in part: give the float model, or compile it as it is")
            }
            _ if crate::prepare::is_weighted(node)
                && node.inputs.iter().skip(1).any(|&id| graph.tensors[id].data.is_none()) =>
            {
                Some("has weights that are computed at run time")
            }
            _ => None,
        }
    };
    graph
        .nodes
        .iter()
        .filter_map(|node| Some(format!("  {} {}: {}", node.origin, node.operator.name(), reason(node)?)))
        .collect()
}
