//! Structural rewrites: identities, reshapes, padding, dead operators.

mod slim_support;

use mote_compile::slim::RewriteKind;
use mote_graph::{Graph, Operator, Quantization};
use slim_support::builder::{Builder, Layer};
use slim_support::slim_and_compare;

fn names(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.operator.name()).collect()
}

#[test]
fn reshapes_merge_and_identities_go() {
    let mut b = Builder::new(20, [1, 4, 4, 2]);
    let x = b.conv(0, &Layer::default());
    let same = b.reshape(x, &[1, 4, 4, 6]);
    let rows = b.reshape(same, &[1, 16, 6]);
    let flat = b.reshape(rows, &[1, 96]);
    let y = b.fully_connected(flat, 3);
    let slimmed = slim_and_compare(&b.finish(y), 5);
    assert_eq!(names(&slimmed.graph), ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]);
    assert!(slimmed.report.rewrites.iter().all(|rewrite| rewrite.kind == RewriteKind::Identity));
    // Constants of the three layers, and four activations.
    assert_eq!(slimmed.graph.tensors.len(), 8);
}

#[test]
fn an_identity_in_front_of_an_output_keeps_the_output() {
    let mut b = Builder::new(21, [1, 4, 4, 2]);
    let x = b.conv(0, &Layer::default());
    let y = b.reshape(x, &[1, 4, 4, 6]);
    let graph = b.finish(y);
    let name = graph.tensors[y].name.clone();
    let slimmed = slim_and_compare(&graph, 5);
    assert_eq!(names(&slimmed.graph), ["CONV_2D"]);
    assert_eq!(slimmed.graph.tensors[slimmed.graph.outputs[0]].name, name);
    // Between an input and an output there is nothing to join.
    let mut b = Builder::new(22, [1, 4, 4, 2]);
    let y = b.reshape(0, &[1, 4, 4, 2]);
    assert_eq!(names(&slim_and_compare(&b.finish(y), 5).graph), ["RESHAPE"]);
}

#[test]
fn a_reshape_that_changes_the_quantisation_stays() {
    let mut b = Builder::new(23, [1, 4, 4, 2]);
    let x = b.conv(0, &Layer::default());
    let y = b.reshape(x, &[1, 4, 4, 6]);
    let z = b.conv(y, &Layer::default());
    let mut graph = b.finish(z);
    graph.tensors[y].quantization = Some(Quantization::per_tensor(0.05, 7));
    assert_eq!(names(&slim_and_compare(&graph, 5).graph), ["CONV_2D", "RESHAPE", "CONV_2D"]);
}

#[test]
fn operators_that_move_nothing_go() {
    let mut b = Builder::new(24, [1, 4, 4, 2]);
    let mut x = b.conv(0, &Layer::default());
    let shape = [1usize, 4, 4, 6];
    let movers = [
        Operator::Transpose { permutation: vec![0, 1, 2, 3] },
        Operator::Quantize,
        Operator::Pad { paddings: vec![(0, 0); 4], value: None },
        Operator::StridedSlice { begins: vec![0; 4], extents: shape.to_vec(), steps: vec![1; 4] },
        Operator::Concatenate { axis: 3, activation: Default::default() },
        Operator::Split { axis: 3 },
    ];
    for operator in movers.clone() {
        let output = b.activation(&shape, -128);
        x = b.push(operator, vec![x], output);
    }
    let y = b.conv(x, &Layer::default());
    let graph = b.finish(y);
    // The oracle does not run the movers: compare with the graph without them.
    let slimmed = mote_compile::slim::slim(&graph, &Default::default(), &mut |_, _| Ok(Vec::new())).expect("slims");
    assert_eq!(names(&slimmed.graph), ["CONV_2D", "CONV_2D"]);
    assert_eq!(slimmed.report.rewrites.len(), movers.len());
    assert_eq!(slimmed.graph.nodes[1].inputs[0], slimmed.graph.nodes[0].outputs[0]);
}

#[test]
fn zero_point_padding_folds_into_its_only_convolution() {
    for depthwise in [false, true] {
        let mut b = Builder::new(25, [1, 5, 6, 3]);
        let x = b.conv(0, &Layer { zero_point: -100, ..Layer::default() });
        let padded = b.pad(x, if depthwise { None } else { Some(-100i8 as u8) });
        let layer = Layer { padding: 0, stride: 2, ..Layer::default() };
        let y = if depthwise { b.depthwise(padded, &layer) } else { b.conv(padded, &layer) };
        let slimmed = slim_and_compare(&b.finish(y), 10);
        assert_eq!(slimmed.graph.nodes.len(), 2);
        assert_eq!(slimmed.report.rewrites[0].kind, RewriteKind::Padding);
    }
}

#[test]
fn other_padding_stays() {
    // Another value, and a second reader.
    let mut b = Builder::new(26, [1, 5, 6, 3]);
    let padded = b.pad(0, Some(5));
    let y = b.conv(padded, &Layer { padding: 0, ..Layer::default() });
    assert_eq!(names(&slim_and_compare(&b.finish(y), 5).graph), ["PAD", "CONV_2D"]);
    let mut b = Builder::new(27, [1, 5, 6, 3]);
    let padded = b.pad(0, None);
    let one = b.conv(padded, &Layer { padding: 0, ..Layer::default() });
    let other = b.conv(padded, &Layer { padding: 0, ..Layer::default() });
    let y = b.add(one, other);
    assert_eq!(names(&slim_and_compare(&b.finish(y), 5).graph), ["PAD", "CONV_2D", "CONV_2D", "ADD"]);
}

#[test]
fn operators_nobody_reads_go_with_their_tensors() {
    let mut b = Builder::new(28, [1, 5, 6, 3]);
    let x = b.conv(0, &Layer::default());
    let unread = b.conv(x, &Layer::default());
    b.conv(unread, &Layer::default());
    let y = b.conv(x, &Layer::default());
    let slimmed = slim_and_compare(&b.finish(y), 5);
    assert_eq!(names(&slimmed.graph), ["CONV_2D", "CONV_2D"]);
    assert_eq!(slimmed.graph.tensors.len(), 7);
    let saved: u64 = slimmed.report.rewrites.iter().map(|rewrite| rewrite.macs_saved).sum();
    assert_eq!(saved, 2 * 30 * 6 * 54);
}
