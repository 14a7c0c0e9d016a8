//! A compiled model as nodes and connections, for pictures.

use super::side::{Side, extents};
use mote_engine::ElementType;
use mote_format::{NOT_A_VIEW, TensorRecord};
use std::collections::BTreeMap;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Graph input.
    Input,
    /// Operator, by index in execution order.
    Operator(usize),
    /// Graph output.
    Output,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub role: Role,
    /// Operator, or name of the port.
    pub name: String,
    /// Where it came from; empty for ports.
    pub origin: String,
    /// Extents of what it gives.
    pub shape: Vec<usize>,
    /// Type of what it gives.
    pub element_type: Option<ElementType>,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Bytes of weights.
    pub weight_bytes: u64,
    /// Nodes it reads, by index; each once.
    pub reads: Vec<usize>,
}

/// Inputs, operators in order, outputs. A node reads only earlier ones.
pub fn network(side: &Side<'_>) -> Vec<Node> {
    let file = side.model.file();
    // A view shows the bytes of another tensor, and parts of a join are written through views: what counts is whose
    // bytes they are.
    let root = |mut tensor: u16| {
        while let Ok(record) = file.tensor(tensor) {
            if record.view_of == NOT_A_VIEW || record.view_of == tensor {
                break;
            }
            tensor = record.view_of;
        }
        tensor
    };
    let mut nodes: Vec<Node> = Vec::new();
    let mut writers: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    let (input_names, output_names) = crate::commands::run::port_names(side.model);
    for (index, name) in input_names.into_iter().enumerate() {
        if let Some(tensor) = file.input(index) {
            writers.insert(root(tensor), vec![nodes.len()]);
        }
        nodes.push(port(Role::Input, name, side.model.input(index), Vec::new()));
    }
    for (index, (operation, _)) in side.model.operations().enumerate() {
        let read = (0..operation.input_count()).filter_map(|k| operation.input(k).ok());
        let mut reads: Vec<usize> =
            read.filter_map(|operand| writers.get(&root(operand.index))).flatten().copied().collect();
        reads.sort_unstable();
        reads.dedup();
        let outputs = || (0..operation.output_count()).filter_map(|k| operation.output(k).ok());
        let record = outputs().next().and_then(|operand| operand.record());
        for operand in outputs() {
            let part = file.tensor(operand.index).is_ok_and(|record| record.view_of != NOT_A_VIEW);
            let list = writers.entry(root(operand.index)).or_default();
            if !part {
                list.clear();
            }
            list.push(nodes.len());
        }
        let custom = operation.custom_name().map(|name| format!(" {name}")).unwrap_or_default();
        nodes.push(Node {
            role: Role::Operator(index),
            name: format!("{}{custom}", operation.code().name()),
            origin: side.names.operators.get(index).cloned().unwrap_or_default(),
            shape: record.as_ref().map(extents).unwrap_or_default(),
            element_type: record.map(|record| record.element_type),
            macs: side.names.operator_macs.get(index).copied().unwrap_or(0),
            weight_bytes: side.names.operator_weight_bytes.get(index).copied().unwrap_or(0),
            reads,
        });
    }
    for (index, name) in output_names.into_iter().enumerate() {
        let tensor = file.output(index).map(root);
        let reads = tensor.and_then(|tensor| writers.get(&tensor)).cloned().unwrap_or_default();
        nodes.push(port(Role::Output, name, side.model.output(index), reads));
    }
    nodes
}

fn port(role: Role, name: String, record: Option<TensorRecord>, reads: Vec<usize>) -> Node {
    Node {
        role,
        name,
        origin: String::new(),
        shape: record.as_ref().map(extents).unwrap_or_default(),
        element_type: record.map(|record| record.element_type),
        macs: 0,
        weight_bytes: 0,
        reads,
    }
}
