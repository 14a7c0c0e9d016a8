//! Resource variables on their way to the graph's states.

use mote_graph::Tensor;
use std::collections::{HashMap, HashSet};

/// A variable of the file.
pub(crate) struct Variable {
    /// Shared name, for people.
    pub name: String,
    /// Value given by the initialisation subgraph.
    pub initial: Option<Tensor>,
    /// Index of the graph's state, once an operator has used the variable.
    pub state: Option<usize>,
}

/// The variables seen so far.
#[derive(Default)]
pub(crate) struct States {
    pub variables: Vec<Variable>,
    /// Handle tensors of the main subgraph: variable by tensor of the file.
    pub handles: HashMap<usize, usize>,
    /// Initialisation subgraphs that have run.
    pub initialised: HashSet<usize>,
    /// Bytes of the states made here without a value in the file.
    pub zeroed_bytes: usize,
    /// Variable by container and shared name, which identify it across subgraphs.
    keys: HashMap<(String, String), usize>,
}

impl States {
    /// Index of the variable with this key, made when it is new.
    pub fn variable(&mut self, key: (String, String)) -> usize {
        let Self { keys, variables, .. } = self;
        let name = key.1.clone();
        *keys.entry(key).or_insert_with(|| {
            variables.push(Variable { name, initial: None, state: None });
            variables.len() - 1
        })
    }
}
