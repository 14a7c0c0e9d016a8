//! Explicit padding in front of a convolution becomes the convolution's own.

use super::report::{Rewrite, RewriteKind};
use mote_graph::{ElementType, Graph, Operator, Padding, Tensor};

/// Folds every PAD that only one CONV_2D or DEPTHWISE_CONV_2D reads, pads rows and columns only, and pads with what
/// the convolution takes for zero.
///
/// A convolution leaves padding taps out, and a zero point (or 0.0) adds nothing: the sums are the same.
pub(super) fn fold_padding(graph: &mut Graph, rewrites: &mut Vec<Rewrite>) {
    let mut folded = Vec::new();
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let Operator::Pad { paddings, value } = &node.operator else { continue };
        let (input, output) = (node.inputs[0], node.outputs[0]);
        let [(0, 0), (top, bottom), (left, right), (0, 0)] = paddings[..] else { continue };
        let (from, to) = (&graph.tensors[input], &graph.tensors[output]);
        if !pads_with_zero(to, value.as_deref()) || from.quantization != to.quantization {
            continue;
        }
        let consumers: Vec<usize> = graph.consumers(output).collect();
        let [consumer] = consumers[..] else { continue };
        if graph.outputs.contains(&output) || graph.nodes[consumer].inputs[1..].contains(&output) {
            continue;
        }
        if !every_window_reaches(graph, index, consumer, [top, left]) {
            continue;
        }
        let origin = graph.nodes[index].origin.clone();
        let into = &mut graph.nodes[consumer];
        let (Operator::Conv2d { geometry, .. } | Operator::DepthwiseConv2d { geometry, .. }) = &mut into.operator
        else {
            continue;
        };
        let own = geometry.padding;
        geometry.padding = Padding {
            top: own.top + top,
            bottom: own.bottom + bottom,
            left: own.left + left,
            right: own.right + right,
        };
        into.inputs[0] = input;
        let what = format!("folded into {}: rows {top}+{bottom}, columns {left}+{right}", into.origin);
        rewrites.push(Rewrite::structural(RewriteKind::Padding, &origin, what));
        folded.push(index);
    }
    let mut index = 0;
    graph.nodes.retain(|_| {
        index += 1;
        !folded.contains(&(index - 1))
    });
}

/// True when every window of the convolution would still touch the unpadded input, as the engine demands: padding
/// before it is less than the window, and the last window begins within it.
fn every_window_reaches(graph: &Graph, pad: usize, convolution: usize, [top, left]: [usize; 2]) -> bool {
    let node = &graph.nodes[convolution];
    let (Operator::Conv2d { geometry, .. } | Operator::DepthwiseConv2d { geometry, .. }) = &node.operator else {
        return false;
    };
    let shape = |id: Option<&usize>| id.and_then(|&id| graph.tensors[id].shape4()).unwrap_or([0; 4]);
    let input = shape(graph.nodes[pad].inputs.first());
    let (output, weights) = (shape(node.outputs.first()), shape(node.inputs.get(1)));
    let reaches = |axis: usize, padding: usize, stride: usize, dilation: usize| {
        let reach = weights[axis].saturating_sub(1) * dilation;
        padding <= reach && output[axis].saturating_sub(1) * stride < input[axis] + padding
    };
    reaches(1, geometry.padding.top + top, geometry.stride_height, geometry.dilation_height)
        && reaches(2, geometry.padding.left + left, geometry.stride_width, geometry.dilation_width)
}

/// True when the stored padding value is what a convolution over `tensor` subtracts to nothing.
fn pads_with_zero(tensor: &Tensor, value: Option<&[u8]>) -> bool {
    match (tensor.element_type, value) {
        (ElementType::I8 | ElementType::I16 | ElementType::F32, None) => true,
        (ElementType::I8, Some(&[byte])) => {
            tensor.quantization.as_ref().is_some_and(|q| q.zero_point() == i32::from(byte as i8))
        }
        (ElementType::I16, Some(bytes)) => bytes == [0; 2],
        (ElementType::F32, Some(bytes)) => bytes == [0; 4],
        _ => false,
    }
}
