//! Boxes of elements moved from one tensor to another: what transposes, slices, joins and padding come down to.

use crate::error::Problem;
use crate::lower::context::{Lowering, problem};
use crate::lower::program::RecordId;
use mote_format::OpCode;
use mote_format::parameters::StridedCopyParameters;
use mote_graph::Node;

/// Axes the device operator has.
const AXES: usize = 6;

/// A box of elements with its place in the input and in the output; starts and strides in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementBox {
    /// Extents.
    pub extents: Vec<usize>,
    /// First element read.
    pub input_start: usize,
    /// Steps in the input.
    pub input_strides: Vec<isize>,
    /// First element written.
    pub output_start: usize,
    /// Steps in the output.
    pub output_strides: Vec<isize>,
}

/// Row-major steps of a shape.
pub fn strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

impl ElementBox {
    /// A box of a whole tensor onto an output of the same elements.
    pub fn whole(elements: usize) -> Self {
        Self {
            extents: vec![elements],
            input_start: 0,
            input_strides: vec![1],
            output_start: 0,
            output_strides: vec![1],
        }
    }

    /// The same movement with the fewest axes: extents of 1 dropped, axes that both sides run through as one joined.
    pub fn simplified(&self) -> Self {
        let mut axes: Vec<(usize, isize, isize)> = Vec::new();
        let strides = self.input_strides.iter().zip(&self.output_strides);
        for (&extent, (&input, &output)) in self.extents.iter().zip(strides) {
            if extent == 1 {
                continue;
            }
            match axes.last_mut() {
                Some(last) if last.1 == input * extent as isize && last.2 == output * extent as isize => {
                    *last = (last.0 * extent, input, output);
                }
                _ => axes.push((extent, input, output)),
            }
        }
        Self {
            extents: axes.iter().map(|axis| axis.0).collect(),
            input_strides: axes.iter().map(|axis| axis.1).collect(),
            output_strides: axes.iter().map(|axis| axis.2).collect(),
            ..*self
        }
    }

    /// True when the movement is all of `elements` elements in order.
    pub fn is_identity(&self, elements: usize) -> bool {
        let simple = self.simplified();
        let runs_through = match (simple.extents.as_slice(), &simple.input_strides[..], &simple.output_strides[..]) {
            ([], _, _) => elements == 1,
            ([extent], [1], [1]) => *extent == elements,
            _ => false,
        };
        runs_through && self.input_start == 0 && self.output_start == 0
    }

    fn parameters(&self, node: &Node) -> Result<StridedCopyParameters, Problem> {
        let simple = self.simplified();
        let skip = AXES.checked_sub(simple.extents.len()).ok_or_else(|| {
            let reason = format!("moves a box of {} axes", simple.extents.len());
            problem(node, "", &reason, "reshape the tensor to at most 6 axes")
        })?;
        let mut parameters = StridedCopyParameters {
            extents: [1; AXES],
            input_start: simple.input_start as u32,
            input_strides: [0; AXES],
            output_start: simple.output_start as u32,
            output_strides: [0; AXES],
        };
        for axis in 0..simple.extents.len() {
            parameters.extents[skip + axis] = simple.extents[axis] as u32;
            parameters.input_strides[skip + axis] = simple.input_strides[axis] as i32;
            parameters.output_strides[skip + axis] = simple.output_strides[axis] as i32;
        }
        Ok(parameters)
    }
}

/// Emits the copy of a box; `continues` when an earlier operator began the output.
pub fn copy(
    lowering: &mut Lowering<'_>,
    node: &Node,
    input: RecordId,
    output: RecordId,
    moved: &ElementBox,
    continues: bool,
) -> Result<(), Problem> {
    let parameters = moved.parameters(node)?;
    let inputs = if continues { vec![input, output] } else { vec![input] };
    lowering.emit(node, OpCode::STRIDED_COPY, &inputs, &[output], &parameters);
    Ok(())
}

/// Output `output` of `node` from a box of its input: a view when the box is all of it in order, else a copy.
pub fn show_or_copy(
    lowering: &mut Lowering<'_>,
    node: &Node,
    output: usize,
    moved: &ElementBox,
) -> Result<(), Problem> {
    let elements = lowering.operand(node, 0)?.elements();
    if moved.is_identity(elements) && lowering.show(node, 0, output)? {
        return Ok(());
    }
    let input = lowering.input(node, 0)?;
    let result = lowering.output(node, output)?;
    copy(lowering, node, input, result, moved, false)
}

#[cfg(test)]
mod tests {
    use super::{ElementBox, strides};

    #[test]
    fn a_transpose_that_moves_an_extent_of_one_is_an_identity() {
        // [4, 1, 6] to [1, 4, 6].
        let from = strides(&[4, 1, 6]);
        let moved = ElementBox {
            extents: vec![1, 4, 6],
            input_start: 0,
            input_strides: vec![from[1], from[0], from[2]],
            output_start: 0,
            output_strides: strides(&[1, 4, 6]),
        };
        assert!(moved.is_identity(24));
        let real = ElementBox { input_strides: vec![1, 6, 1], extents: vec![6, 4, 1], ..moved };
        assert!(!real.is_identity(24));
    }

    #[test]
    fn axes_run_through_as_one_are_joined() {
        let moved = ElementBox {
            extents: vec![2, 3, 4],
            input_start: 5,
            input_strides: vec![24, 8, 1],
            output_start: 0,
            output_strides: vec![12, 4, 1],
        };
        let simple = moved.simplified();
        assert_eq!((simple.extents, simple.input_strides), (vec![6, 4], vec![8, 1]));
        assert_eq!(simple.input_start, 5);
    }
}
