//! Channel slimming on built graphs: dead channels in the places where folding is easy to get wrong.

mod slim_support;

use mote_compile::slim::{RewriteKind, SlimError, SlimOptions, slim};
use mote_graph::{Activation, Operator, PoolKind};
use slim_support::builder::{Builder, Layer};
use slim_support::{oracle, slim_and_compare, slim_with_oracle};

/// A bias that is a positive value after scaling, so that padding (0) and the channel differ.
const POSITIVE: i32 = 9_000;
/// A bias that ReLU turns into the zero point.
const NEGATIVE: i32 = -9_000;

fn pointwise(outputs: usize) -> Layer {
    Layer { outputs, window: 1, padding: 0, ..Layer::default() }
}

fn dead(dead: &[(usize, i32)]) -> Layer {
    Layer { dead: dead.to_vec(), ..Layer::default() }
}

#[test]
fn zero_valued_channels_go_in_front_of_padded_convolutions() {
    let mut b = Builder::new(1, [1, 7, 6, 3]);
    let x = b.conv(0, &dead(&[(1, NEGATIVE), (4, NEGATIVE)]));
    let y = b.conv(x, &Layer { outputs: 5, stride: 2, ..Layer::default() });
    let graph = b.finish(y);
    let slimmed = slim_and_compare(&graph, 20);
    let first = &slimmed.graph.nodes[0];
    assert_eq!(slimmed.graph.tensors[first.outputs[0]].shape, [1, 7, 6, 4]);
    let kept = &slimmed.kept_channels[&first.outputs[0]];
    assert_eq!((kept.source, kept.channels.as_slice()), (x, &[0, 2, 3, 5][..]));
    assert_eq!(slimmed.report.macs, 7 * 6 * 4 * 27 + 4 * 3 * 5 * 36);
}

#[test]
fn positive_channels_stay_in_front_of_padding_and_fold_without_it() {
    // With padding the border sees fewer taps of the constant: no single bias is right.
    for (padding, channels) in [(1, 6), (0, 4)] {
        let mut b = Builder::new(2, [1, 7, 6, 3]);
        let x = b.conv(0, &dead(&[(1, POSITIVE), (4, POSITIVE)]));
        let y = b.conv(x, &Layer { outputs: 5, padding, ..Layer::default() });
        let graph = b.finish(y);
        let slimmed = slim_and_compare(&graph, 20);
        let first = &slimmed.graph.nodes[0];
        assert_eq!(slimmed.graph.tensors[first.outputs[0]].shape[3], channels, "padding {padding}");
    }
}

#[test]
fn a_constant_that_stays_for_its_border_is_exact_behind_depthwise_and_pooling() {
    for kind in [PoolKind::Average, PoolKind::Max] {
        let mut b = Builder::new(3, [1, 8, 8, 3]);
        let x = b.conv(0, &dead(&[(0, POSITIVE), (3, NEGATIVE)]));
        let d = b.depthwise(x, &Layer::default());
        let p = b.pool(d, kind);
        let y = b.conv(p, &pointwise(4));
        let graph = b.finish(y);
        let slimmed = slim_and_compare(&graph, 20);
        let width = |node: usize| slimmed.graph.tensors[slimmed.graph.nodes[node].outputs[0]].shape[3];
        // Channel 0 differs at the border after the depthwise; channel 3 is the depthwise's bias everywhere.
        assert_eq!([width(0), width(1), width(2)], [5, 5, 5]);
    }
}

#[test]
fn residual_sums_keep_one_set_on_both_sides() {
    // Channel 1 dead on one side only, 2 on both, 5 on the other side only.
    let mut b = Builder::new(4, [1, 6, 6, 3]);
    let x = b.conv(0, &dead(&[(1, POSITIVE), (2, NEGATIVE)]));
    let z = b.conv(0, &dead(&[(2, POSITIVE), (5, NEGATIVE)]));
    let sum = b.add(x, z);
    let y = b.conv(sum, &pointwise(4));
    let graph = b.finish(y);
    let slimmed = slim_and_compare(&graph, 20);
    for node in &slimmed.graph.nodes[..3] {
        let kept = &slimmed.kept_channels[&node.outputs[0]];
        assert_eq!(kept.channels, [0, 1, 3, 4, 5]);
    }
}

#[test]
fn a_skip_connection_read_twice_keeps_what_either_reader_needs() {
    // Channel 1 goes for the pointwise reader, but the padded reader needs it.
    let mut b = Builder::new(5, [1, 6, 6, 3]);
    let x = b.conv(0, &dead(&[(1, POSITIVE), (2, NEGATIVE)]));
    let one = b.conv(x, &pointwise(6));
    let other = b.conv(x, &Layer::default());
    let sum = b.add(one, other);
    let sum = b.add(sum, x);
    let y = b.conv(sum, &pointwise(4));
    let graph = b.finish(y);
    let slimmed = slim_and_compare(&graph, 20);
    let kept = &slimmed.kept_channels[&slimmed.graph.nodes[0].outputs[0]];
    assert!(kept.channels.contains(&1));
    // ADD ties channel 2 to live channels of its partners: it stays, as a constant.
    assert!(kept.channels.contains(&2));
}

#[test]
fn flattened_channels_take_their_columns_along() {
    for reshape in [true, false] {
        let mut b = Builder::new(6, [1, 5, 4, 2]);
        let x = b.conv(0, &dead(&[(0, POSITIVE), (5, NEGATIVE)]));
        let flat = if reshape { b.reshape(x, &[1, 120]) } else { x };
        let y = b.fully_connected(flat, 3);
        let graph = b.finish(y);
        let slimmed = slim_and_compare(&graph, 20);
        assert_eq!(slimmed.report.macs, 20 * 4 * 18 + 80 * 3, "reshape {reshape}");
        let weights = slimmed.graph.nodes.last().expect("layer").inputs[1];
        assert_eq!(slimmed.graph.tensors[weights].shape, [3, 80]);
        if reshape {
            let kept = &slimmed.kept_channels[&slimmed.graph.nodes[1].outputs[0]];
            assert_eq!(kept.channels[..8], [1, 2, 3, 4, 7, 8, 9, 10]);
        }
    }
}

#[test]
fn unread_channels_go_with_all_that_only_they_read() {
    let mut b = Builder::new(7, [1, 6, 6, 3]);
    let x = b.conv(0, &Layer::default());
    let y = b.conv(x, &Layer { outputs: 4, ..Layer::default() });
    let mut graph = b.finish(y);
    // Nobody has a weight on channel 3.
    let weights = graph.nodes[1].inputs[1];
    let mut data = graph.tensors[weights].data.as_ref().expect("weights").to_vec();
    data.iter_mut().skip(3).step_by(6).for_each(|byte| *byte = 0);
    graph.tensors[weights].data = Some(data.into());
    let slimmed = slim_and_compare(&graph, 20);
    assert_eq!(slimmed.kept_channels[&slimmed.graph.nodes[0].outputs[0]].channels, [0, 1, 2, 4, 5]);
}

#[test]
fn multiplied_depthwise_channels_go_in_whole_groups() {
    let mut b = Builder::new(8, [1, 6, 6, 2]);
    let x = b.conv(0, &Layer { outputs: 3, dead: vec![(1, NEGATIVE)], ..Layer::default() });
    // Outputs 2 and 3 belong to channel 1; output 0 is dead on its own and stays beside output 1.
    let d = b.depthwise(x, &Layer { outputs: 6, dead: vec![(0, NEGATIVE)], ..Layer::default() });
    let y = b.conv(d, &pointwise(4));
    let graph = b.finish(y);
    let slimmed = slim_and_compare(&graph, 20);
    assert_eq!(slimmed.kept_channels[&slimmed.graph.nodes[1].outputs[0]].channels, [0, 1, 4, 5]);
    // Of a single input channel any output may go.
    let mut b = Builder::new(9, [1, 6, 6, 1]);
    let d = b.depthwise(0, &Layer { outputs: 5, dead: vec![(3, NEGATIVE)], ..Layer::default() });
    let y = b.conv(d, &pointwise(4));
    let slimmed = slim_and_compare(&b.finish(y), 20);
    assert!(matches!(slimmed.graph.nodes[0].operator, Operator::DepthwiseConv2d { multiplier: 4, .. }));
}

#[test]
fn graph_inputs_outputs_and_degenerate_channels_stay_exact() {
    // Biases near 2^30 with dead weights, on an output that may not shrink.
    let mut b = Builder::new(10, [1, 5, 5, 3]);
    let huge = vec![(0, 1 << 30), (2, -(1 << 30))];
    let y = b.conv(0, &Layer { dead: huge, activation: Activation::None, ..Layer::default() });
    let slimmed = slim_and_compare(&b.finish(y), 10);
    assert_eq!(slimmed.graph.tensors[slimmed.graph.outputs[0]].shape, [1, 5, 5, 6]);
    assert!(slimmed.report.accumulators.iter().all(|bound| bound.fits_32_bits()));
}

#[test]
fn a_graph_of_constants_keeps_one_channel() {
    let mut b = Builder::new(11, [1, 5, 5, 3]);
    let all: Vec<(usize, i32)> = (0..6).map(|channel| (channel, NEGATIVE)).collect();
    let x = b.conv(0, &dead(&all));
    let y = b.conv(x, &pointwise(4));
    let slimmed = slim_and_compare(&b.finish(y), 10);
    assert_eq!(slimmed.graph.tensors[slimmed.graph.nodes[0].outputs[0]].shape[3], 1);
}

#[test]
fn random_stacks_with_dead_channels_stay_exact() {
    let mut dropped = 0;
    for seed in 100..140u64 {
        let mut b = Builder::new(seed, [1, 8, 8, 3]);
        let pick = |n: u64| (seed * 7 + n * 5) % 6;
        let bias = |n: u64| if (seed + n).is_multiple_of(3) { POSITIVE } else { NEGATIVE };
        let layer = |n: u64| dead(&[(pick(n) as usize, bias(n)), (pick(n + 1) as usize, bias(n + 1))]);
        let mut x = b.conv(0, &layer(0));
        let skip = x;
        x = b.depthwise(x, &layer(2));
        x = b.conv(x, &Layer { padding: (seed % 2) as usize, window: 1 + 2 * (seed % 2) as usize, ..layer(3) });
        if seed % 3 != 0 {
            x = b.add(x, skip);
        }
        x = b.pool(x, if seed % 2 == 0 { PoolKind::Average } else { PoolKind::Max });
        x = if seed % 4 == 0 { b.pad(x, None) } else { x };
        x = b.conv(x, &layer(5));
        let elements = b.shape(x).iter().product();
        x = b.reshape(x, &[1, elements]);
        let y = b.fully_connected(x, 4);
        let slimmed = slim_and_compare(&b.finish(y), 6);
        dropped += usize::from(slimmed.report.macs < slimmed.report.source_macs);
    }
    assert!(dropped >= 30, "only {dropped} of 40 graphs shrank");
}

#[test]
fn a_wrong_result_is_refused_with_its_rewrite() {
    let mut b = Builder::new(12, [1, 7, 6, 3]);
    let x = b.conv(0, &dead(&[(1, NEGATIVE)]));
    let y = b.conv(x, &pointwise(5));
    let graph = b.finish(y);
    let whole = graph.macs();
    // An evaluator that is wrong on smaller graphs stands for a rewrite that is.
    let result = slim(&graph, &SlimOptions::default(), &mut |graph, inputs| {
        let mut outputs = oracle::run(graph, inputs, false)?;
        if graph.macs() < whole {
            outputs[0][7] ^= 1;
        }
        Ok(outputs)
    });
    match result {
        Err(SlimError::Differs { stage: RewriteKind::Channels, rewrites, output: 0, byte: 7, .. }) => {
            assert!(rewrites.contains("#1 CONV_2D"), "{rewrites}");
        }
        other => panic!("{other:?}"),
    }
    let whole = SlimOptions { channels: false, ..SlimOptions::default() };
    assert!(slim_with_oracle(&graph, &whole).expect("slims").report.rewrites.is_empty());
}
