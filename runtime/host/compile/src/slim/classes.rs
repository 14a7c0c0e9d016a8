//! Which channels of which tensors stay or go together.

use mote_graph::{Graph, TensorId};

/// Channels (indices along the last axis) of all tensors, joined into classes: all of a class stay, or all go.
pub(super) struct Classes {
    /// First channel number of each tensor, and the total.
    starts: Vec<usize>,
    parents: Vec<usize>,
}

/// Channels of a tensor: its last extent; 1 for a scalar.
pub(super) fn channels(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

impl Classes {
    /// Every channel a class of its own.
    pub fn new(graph: &Graph) -> Self {
        let mut starts = vec![0];
        let mut total = 0;
        for tensor in &graph.tensors {
            total += channels(&tensor.shape);
            starts.push(total);
        }
        Self { starts, parents: (0..total).collect() }
    }

    /// Number of channels of all tensors; classes are numbers below it.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Channels of a tensor.
    pub fn channels(&self, tensor: TensorId) -> usize {
        self.starts[tensor + 1] - self.starts[tensor]
    }

    /// The class of a channel.
    pub fn class(&self, tensor: TensorId, channel: usize) -> usize {
        let mut at = self.starts[tensor] + channel;
        while self.parents[at] != at {
            at = self.parents[at];
        }
        at
    }

    /// Joins the classes of two channels.
    pub fn join(&mut self, a: (TensorId, usize), b: (TensorId, usize)) {
        let (a, b) = (self.class(a.0, a.1), self.class(b.0, b.1));
        // The smaller number leads, so that chains stay short in the order tensors are made.
        self.parents[a.max(b)] = a.min(b);
    }

    /// Points every channel at its class directly; call when all joins are done.
    pub fn flatten(&mut self) {
        for at in 0..self.parents.len() {
            // Leaders have smaller numbers: the parent's entry is final already.
            self.parents[at] = self.parents[self.parents[at]];
        }
    }
}
