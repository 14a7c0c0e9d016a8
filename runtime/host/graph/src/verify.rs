//! What every graph promises, checked: an importer or pass that breaks it is caught at its door.

use crate::{Graph, TensorId};
use thiserror::Error;

/// A broken promise of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GraphError {
    /// A node or the graph names a tensor that does not exist.
    #[error("{place}: tensor {tensor} does not exist")]
    NoSuchTensor {
        /// Where.
        place: String,
        /// Which.
        tensor: TensorId,
    },
    /// A node reads a tensor nothing has written yet.
    #[error("{place}: tensor {tensor} '{name}' is read before it is written")]
    ReadBeforeWrite {
        /// Where.
        place: String,
        /// Which.
        tensor: TensorId,
        /// Its name.
        name: String,
    },
    /// A tensor is written twice, or a constant or graph input is written.
    #[error("{place}: tensor {tensor} '{name}' is written twice")]
    WrittenTwice {
        /// Where.
        place: String,
        /// Which.
        tensor: TensorId,
        /// Its name.
        name: String,
    },
    /// Constant bytes do not match the shape.
    #[error("tensor {tensor} '{name}' holds {found} bytes, its shape needs {expected}")]
    DataSize {
        /// Which.
        tensor: TensorId,
        /// Its name.
        name: String,
        /// Bytes found.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
}

/// Checks tensor indices, single assignment, order and constant sizes.
///
/// # Errors
/// The first broken promise, with its place.
pub fn verify(graph: &Graph) -> Result<(), GraphError> {
    let exists = |place: &str, tensor: TensorId| match tensor < graph.tensors.len() {
        true => Ok(()),
        false => Err(GraphError::NoSuchTensor { place: place.into(), tensor }),
    };
    for (tensor, t) in graph.tensors.iter().enumerate() {
        if let Some(data) = &t.data
            && data.len() != t.bytes()
        {
            let (found, expected) = (data.len(), t.bytes());
            return Err(GraphError::DataSize { tensor, name: t.name.clone(), found, expected });
        }
    }
    let mut written: Vec<bool> = graph.tensors.iter().map(|t| t.data.is_some()).collect();
    for &input in &graph.inputs {
        exists("graph inputs", input)?;
        written[input] = true;
    }
    for node in &graph.nodes {
        let place = node.origin.as_str();
        let name = |tensor: TensorId| graph.tensors[tensor].name.clone();
        for &tensor in &node.inputs {
            exists(place, tensor)?;
            if !written[tensor] {
                return Err(GraphError::ReadBeforeWrite { place: place.into(), tensor, name: name(tensor) });
            }
        }
        for &tensor in &node.outputs {
            exists(place, tensor)?;
            if std::mem::replace(&mut written[tensor], true) {
                return Err(GraphError::WrittenTwice { place: place.into(), tensor, name: name(tensor) });
            }
        }
    }
    for &tensor in &graph.outputs {
        exists("graph outputs", tensor)?;
        if !written[tensor] {
            let (place, name) = ("graph outputs".into(), graph.tensors[tensor].name.clone());
            return Err(GraphError::ReadBeforeWrite { place, tensor, name });
        }
    }
    for state in &graph.states {
        exists("graph states", state.like)?;
    }
    Ok(())
}
