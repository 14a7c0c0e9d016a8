//! Pooling over windows; positions in the padding do not count.

use super::fixed::{activation_range, activation_reals, within};
use super::{Step, Value};
use mote_graph::{Activation, ConvGeometry, PoolKind};

pub(crate) fn pool(
    step: &Step<'_>,
    kind: PoolKind,
    window: [usize; 2],
    g: &ConvGeometry,
    activation: Activation,
) -> Value {
    let [_, height, width, channels] = step.input_tensor(0).shape4().expect("an image");
    let [batch, rows, columns, _] = step.output_tensor(0).shape4().expect("an image");
    let mut windows = Vec::new();
    for n in 0..batch {
        for oy in 0..rows {
            for ox in 0..columns {
                for c in 0..channels {
                    let mut inside = Vec::new();
                    for ky in 0..window[0] {
                        for kx in 0..window[1] {
                            let y = (oy * g.stride_height + ky).checked_sub(g.padding.top).filter(|&y| y < height);
                            let x = (ox * g.stride_width + kx).checked_sub(g.padding.left).filter(|&x| x < width);
                            if let (Some(y), Some(x)) = (y, x) {
                                inside.push(((n * height + y) * width + x) * channels + c);
                            }
                        }
                    }
                    windows.push(inside);
                }
            }
        }
    }
    match step.input(0) {
        Value::Reals(reals) => {
            let (low, high) = activation_reals(activation);
            let element = |inside: &Vec<usize>| {
                let values = inside.iter().map(|&at| reals[at]);
                let result = match kind {
                    PoolKind::Max => values.fold(f64::NEG_INFINITY, f64::max),
                    PoolKind::Average => values.sum::<f64>() / inside.len() as f64,
                };
                result.max(low).min(high)
            };
            Value::Reals(windows.iter().map(element).collect())
        }
        Value::Integers(integers) => {
            let range = activation_range(activation, step.output_tensor(0));
            let element = |inside: &Vec<usize>| {
                let values = inside.iter().map(|&at| integers[at]);
                let result = match kind {
                    PoolKind::Max => values.max().expect("a window overlaps its input"),
                    PoolKind::Average => rounded_quotient(values.sum(), inside.len() as i64),
                };
                within(result, range)
            };
            Value::Integers(windows.iter().map(element).collect())
        }
    }
}

/// The nearest integer, halves away from zero.
fn rounded_quotient(sum: i64, count: i64) -> i64 {
    sum.signum() * ((2 * sum.abs() + count) / (2 * count))
}
