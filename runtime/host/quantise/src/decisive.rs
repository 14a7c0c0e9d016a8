//! What settings are compared by: the graph's outputs, seen as whoever uses them sees them.

use mote_graph::{Graph, Operator, TensorId, UnaryKind};

/// How values of a tensor are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    /// As they are.
    Plain,
    /// Without the mean of each row of `classes`: what a softmax sees. Its probabilities would hide most differences,
    /// since the largest is nearly 1.
    Centred {
        /// Elements of a row.
        classes: usize,
    },
}

/// A tensor that settings are compared by.
#[derive(Clone, Copy, Debug)]
pub struct Decisive {
    /// Tensor.
    pub tensor: TensorId,
    /// How it is seen.
    pub view: View,
}

/// The graph outputs, or what a final softmax or logistic reads.
pub fn decisive(graph: &Graph) -> Vec<Decisive> {
    let before = |&output: &TensorId| {
        let mut found = Decisive { tensor: output, view: View::Plain };
        while let Some(producer) = graph.producer(found.tensor) {
            let node = &graph.nodes[producer];
            let Some(&input) = node.inputs.first() else { break };
            let classes = graph.tensors[input].shape.last().copied().unwrap_or(1);
            match &node.operator {
                Operator::Reshape => found.tensor = input,
                Operator::Softmax { .. } if classes > 1 => {
                    return Decisive { tensor: input, view: View::Centred { classes } };
                }
                Operator::Unary(UnaryKind::Logistic) => return Decisive { tensor: input, view: View::Plain },
                _ => break,
            }
        }
        found
    };
    graph.outputs.iter().map(before).collect()
}

impl View {
    /// `values` as they are compared.
    pub fn of(self, values: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Plain => values,
            Self::Centred { classes } => values.chunks(classes.max(1)).flat_map(centred).collect(),
        }
    }
}

fn centred(row: &[f32]) -> Vec<f32> {
    let mean = row.iter().sum::<f32>() / row.len().max(1) as f32;
    row.iter().map(|value| value - mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_softmax_does_not_see_is_not_compared() {
        let view = View::Centred { classes: 3 };
        assert_eq!(view.of(vec![1.0, 0.0, -4.0]), view.of(vec![11.0, 10.0, 6.0]));
        assert_eq!(view.of(vec![1.0, 0.0, -4.0]), [2.0, 1.0, -3.0]);
    }
}
