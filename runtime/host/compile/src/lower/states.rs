//! State tensors: where they stand, which reads are made in place, and which values are produced in place.
//!
//! A read needs no copy when nothing is assigned to its state before the last use of what was read. A value needs no
//! copy when its only use is the assignment and its producer runs after the last use of the old value.

use mote_graph::{Graph, Operator, TensorId};
use std::collections::HashMap;

/// Decisions about the states of a graph.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// First byte of each state in the state buffer.
    pub offsets: Vec<usize>,
    /// Size of the state buffer.
    pub bytes: usize,
    /// Reads (by node) that use the state where it stands.
    in_place_reads: Vec<bool>,
    /// Tensors that are written straight into a state.
    produced: HashMap<TensorId, usize>,
}

/// A read of a state: node and last node at which the state itself is looked at.
struct Read {
    node: usize,
    last: usize,
}

impl States {
    /// Decides for `graph`; with `copy_all`, every read and every assignment is a copy.
    pub fn plan(graph: &Graph, copy_all: bool) -> Self {
        let mut states = Self { in_place_reads: vec![false; graph.nodes.len()], ..Self::default() };
        for state in &graph.states {
            let tensor = &graph.tensors[state.like];
            states.bytes = states.bytes.next_multiple_of(tensor.element_type.bytes().max(1));
            states.offsets.push(states.bytes);
            states.bytes += tensor.bytes();
        }
        if !copy_all {
            for state in 0..graph.states.len() {
                states.plan_one(graph, state);
            }
        }
        states
    }

    /// True when node `node` reads its state where it stands.
    pub fn reads_in_place(&self, node: usize) -> bool {
        self.in_place_reads[node]
    }

    /// The state that the producer of `tensor` writes directly.
    pub fn produced_in(&self, tensor: TensorId) -> Option<usize> {
        self.produced.get(&tensor).copied()
    }

    fn plan_one(&mut self, graph: &Graph, state: usize) {
        let nodes_with = |wanted: &Operator| {
            let found = graph.nodes.iter().enumerate().filter(|(_, node)| node.operator == *wanted);
            found.map(|(index, _)| index).collect::<Vec<usize>>()
        };
        let assignments = nodes_with(&Operator::AssignState { state });
        let mut reads = Vec::new();
        for node in nodes_with(&Operator::ReadState { state }) {
            let last_use = graph.nodes[node].outputs.first().map_or(node, |&tensor| last_use(graph, tensor));
            let in_place = !assignments.iter().any(|&assignment| node < assignment && assignment <= last_use);
            self.in_place_reads[node] = in_place;
            reads.push(Read { node, last: if in_place { last_use } else { node } });
        }
        for &assignment in &assignments {
            let Some(&value) = graph.nodes[assignment].inputs.first() else { continue };
            let Some(producer) = graph.producer(value) else { continue };
            let only_use = graph.consumers(value).count() == 1 && !graph.outputs.contains(&value);
            let reads_over = reads.iter().all(|read| read.node > assignment || read.last < producer);
            let nothing_between = !assignments.iter().any(|other| (producer..assignment).contains(other));
            if only_use && reads_over && nothing_between && writes_its_output(&graph.nodes[producer].operator) {
                self.produced.insert(value, state);
            }
        }
    }
}

/// True for operators that become device operators writing their output; the others become views or are resolved.
fn writes_its_output(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Conv2d { .. }
            | Operator::DepthwiseConv2d { .. }
            | Operator::FullyConnected { .. }
            | Operator::TransposeConv2d { .. }
            | Operator::Binary { .. }
            | Operator::Pool { .. }
            | Operator::Reduce { .. }
            | Operator::Softmax { .. }
            | Operator::Pad { .. }
            | Operator::Concatenate { .. }
            | Operator::Pack { .. }
            | Operator::Gather { .. }
            | Operator::StridedSlice { .. }
            | Operator::Split { .. }
            | Operator::Transpose { .. }
    )
}

/// The last node that looks at `tensor`'s bytes, through operators that only show them in another shape; beyond the last
/// node for graph outputs.
fn last_use(graph: &Graph, tensor: TensorId) -> usize {
    if graph.outputs.contains(&tensor) {
        return usize::MAX;
    }
    let uses = graph.consumers(tensor).map(|node| {
        let through = graph.nodes[node].outputs.iter().map(|&output| match may_be_view(&graph.nodes[node].operator) {
            true => last_use(graph, output),
            false => node,
        });
        through.max().unwrap_or(node).max(node)
    });
    uses.max().unwrap_or(0)
}

/// True for operators that may be lowered to a view of their input.
fn may_be_view(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Reshape
            | Operator::Transpose { .. }
            | Operator::StridedSlice { .. }
            | Operator::Split { .. }
            | Operator::Unpack { .. }
            | Operator::Concatenate { .. }
            | Operator::Pack { .. }
            | Operator::Pad { .. }
            | Operator::Quantize
            | Operator::Unary(_)
            | Operator::Lookup { .. }
            | Operator::Cast
    )
}

/// `bytes` as runs: long stretches of one byte are written as a fill.
pub fn initial_runs(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    /// Shorter stretches cost more as a run of their own.
    const LEAST_FILL: usize = 16;
    let mut runs = Vec::new();
    let mut literal_start = 0;
    let mut at = 0;
    while at < bytes.len() {
        let same = bytes[at..].iter().take_while(|&&byte| byte == bytes[at]).count();
        if same >= LEAST_FILL {
            if literal_start < at {
                runs.push(((at - literal_start) as u32, bytes[literal_start..at].to_vec()));
            }
            runs.push((same as u32, vec![bytes[at]]));
            literal_start = at + same;
        }
        at += same;
    }
    if literal_start < bytes.len() {
        runs.push(((bytes.len() - literal_start) as u32, bytes[literal_start..].to_vec()));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::initial_runs;

    #[test]
    fn runs_give_the_bytes_back() {
        let mut bytes = vec![7; 100];
        bytes.extend([1, 2, 3]);
        bytes.extend([0; 40]);
        let runs = initial_runs(&bytes);
        let back: Vec<u8> = runs
            .iter()
            .flat_map(|(length, data)| match data.len() == *length as usize {
                true => data.clone(),
                false => vec![data[0]; *length as usize],
            })
            .collect();
        assert_eq!(back, bytes);
        assert_eq!(runs.len(), 3);
        assert!(initial_runs(&[]).is_empty());
    }
}
