//! Bounds of convolutions and fully connected layers.

use super::SlimOptions;
use super::arithmetic::Requantization;
use super::intervals::{Analysis, Interval};
use super::view::View;
use mote_graph::{Graph, Node};

/// Products added in 32 bits before they go into a 64-bit sum: 2¹³ of at most 127 · 1020 stay below 2³¹.
const BLOCK: usize = 1 << 13;

/// What is known of one operator's output.
pub(super) struct Found {
    /// Bounds of the output.
    pub interval: Interval,
    /// By channel: a sum that gives the channel's known value; the smallest in magnitude.
    pub sums: Vec<Option<i32>>,
    /// Smallest and largest sum of all channels and positions.
    pub bounds: (i64, i64),
}

/// Bounds of the sums at every position, and of the outputs. Padding taps add nothing.
///
/// An input x in l ..= h times a weight w lies within (w·(l + h) ∓ |w|·(h − l)) / 2; both ends are reached, so the sums
/// are exact bounds for inputs independent of each other.
pub(super) fn analyse(
    graph: &Graph,
    node: &Node,
    view: &View,
    analysis: &Analysis,
    options: &SlimOptions,
) -> Option<Found> {
    let requantization = Requantization::of(graph, node, view.outputs, options.numerics)?;
    let x = analysis.intervals[node.inputs[0]].as_ref()?;
    let weights = graph.tensors[node.inputs[1]].i8_data()?;
    let biases = biases(graph, node, view.outputs);
    let zero_point = requantization.input_zero_point as i16;
    // Twice the middle of each input above its zero point, and its width.
    let middles: Vec<i16> =
        x.low.iter().zip(&x.high).map(|(&l, &h)| i16::from(l) + i16::from(h) - 2 * zero_point).collect();
    let widths: Vec<i16> = x.low.iter().zip(&x.high).map(|(&l, &h)| i16::from(h) - i16::from(l)).collect();
    let signed: Vec<i16> = weights.iter().map(|&w| i16::from(w)).collect();
    let sizes: Vec<i16> = signed.iter().map(|w| w.abs()).collect();

    let elements = view.pixels() * view.outputs;
    let mut found = Found {
        interval: Interval { low: Vec::with_capacity(elements), high: Vec::with_capacity(elements) },
        sums: vec![None; view.outputs],
        bounds: (i64::MAX, i64::MIN),
    };
    let mut twice_low = vec![0i64; view.outputs];
    let mut twice_high = vec![0i64; view.outputs];
    for pixel in 0..view.pixels() {
        for (output, &bias) in biases.iter().enumerate() {
            twice_low[output] = 2 * i64::from(bias);
            twice_high[output] = 2 * i64::from(bias);
        }
        for (tap, input_pixel) in view.inside(pixel) {
            let start = input_pixel * view.channels;
            for output in 0..view.outputs {
                let (at, channels) = match view.depthwise {
                    Some(multiplier) => (start + output / multiplier, 1),
                    None => (start, view.channels),
                };
                let weight = view.weight(output, tap, 0);
                let middle = dot(&signed[weight..weight + channels], &middles[at..at + channels]);
                let width = dot(&sizes[weight..weight + channels], &widths[at..at + channels]);
                twice_low[output] += middle - width;
                twice_high[output] += middle + width;
            }
        }
        for output in 0..view.outputs {
            // Both are twice a sum, so even.
            let (low, high) = (twice_low[output] / 2, twice_high[output] / 2);
            found.bounds = (found.bounds.0.min(low), found.bounds.1.max(high));
            let (least, most) = requantization.range(low, high, output);
            found.interval.low.push(least);
            found.interval.high.push(most);
            if least == most {
                let smallest = if low.abs() < high.abs() { low } else { high };
                let best = found.sums[output].map_or(i64::MAX, |sum| i64::from(sum).abs());
                if let (true, Ok(sum)) = (smallest.abs() < best, i32::try_from(smallest)) {
                    found.sums[output] = Some(sum);
                }
            }
        }
    }
    Some(found)
}

/// Biases of a node; zeros when it has none.
pub(super) fn biases(graph: &Graph, node: &Node, outputs: usize) -> Vec<i32> {
    let stored = node.inputs.get(2).and_then(|&id| graph.tensors[id].i32_data());
    stored.unwrap_or_else(|| vec![0; outputs])
}

fn dot(a: &[i16], b: &[i16]) -> i64 {
    let block = |a: &[i16], b: &[i16]| a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
    a.chunks(BLOCK).zip(b.chunks(BLOCK)).map(|(a, b)| i64::from(block(a, b))).sum()
}
