//! Drops channels and folds what they add into biases.

use super::classes::channels;
use super::intervals::Analysis;
use super::keep::{Layer, computed_outputs, layers, solve};
use super::report::{AccumulatorBound, Rewrite, RewriteKind};
use super::ties::Ties;
use super::weighted::biases;
use super::{Evaluate, SlimError, SlimOptions};
use mote_graph::{ElementType, Graph, Operator, Quantization, Tensor, TensorId};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Rounds of analysis and rewriting; a second one rarely finds more, and the last only proves.
const ROUNDS: usize = 4;

/// By tensor: all of its channels.
pub(super) fn all_channels(graph: &Graph) -> Vec<Vec<usize>> {
    graph.tensors.iter().map(|tensor| (0..channels(&tensor.shape)).collect()).collect()
}

/// Analyses and rewrites until nothing changes, then proves the sums of what was rewritten.
///
/// `kept` holds for each tensor of the source its channels, and is narrowed to those that stay. Returns the proved
/// sums of all integer operators with weights.
pub(super) fn slim_channels(
    graph: &mut Graph,
    options: &SlimOptions,
    evaluate: &mut Evaluate<'_>,
    kept: &mut [Vec<usize>],
    rewrites: &mut Vec<Rewrite>,
) -> Result<Vec<AccumulatorBound>, SlimError> {
    let mut touched = BTreeSet::new();
    let mut round = 0;
    loop {
        let analysis = Analysis::of(graph, options, evaluate);
        let found = layers(graph, &analysis);
        let ties = Ties::of(graph);
        let mut forced = ties.forced.clone();
        let applied = loop {
            let keep = solve(graph, &ties, &analysis, &found, &forced);
            match apply(graph, &ties, &found, &analysis, &keep) {
                Ok(applied) => break applied,
                // A bias would not fit 32 bits: the channels that would go into it stay.
                Err(classes) => classes.into_iter().for_each(|class| forced[class] = true),
            }
        };
        if applied.rewrites.is_empty() || round == ROUNDS {
            return prove(graph, &found, &analysis, &touched);
        }
        touched.extend(applied.layers);
        rewrites.extend(applied.rewrites);
        *graph = applied.graph;
        for (kept, stays) in kept.iter_mut().zip(&applied.stays) {
            *kept = stays.iter().map(|&channel| kept[channel]).collect();
        }
        round += 1;
    }
}

fn prove(
    graph: &Graph,
    layers: &[Layer],
    analysis: &Analysis,
    touched: &BTreeSet<usize>,
) -> Result<Vec<AccumulatorBound>, SlimError> {
    let mut bounds = Vec::new();
    for layer in layers {
        let Some((low, high)) = analysis.bounds[layer.node] else { continue };
        let bound = AccumulatorBound { origin: graph.nodes[layer.node].origin.clone(), low, high };
        if touched.contains(&layer.node) && !bound.fits_32_bits() {
            return Err(SlimError::Accumulator { origin: bound.origin, low, high });
        }
        bounds.push(bound);
    }
    Ok(bounds)
}

/// One round's result.
struct Applied {
    graph: Graph,
    /// By tensor of the graph before: channels that stay.
    stays: Vec<Vec<usize>>,
    rewrites: Vec<Rewrite>,
    /// Nodes whose weights or biases changed.
    layers: Vec<usize>,
}

/// Rewrites the graph for the classes that stay; an error lists classes that cannot be folded.
fn apply(
    graph: &Graph,
    ties: &Ties,
    layers: &[Layer],
    analysis: &Analysis,
    keep: &[bool],
) -> Result<Applied, Vec<usize>> {
    let mut applied =
        Applied { graph: graph.clone(), stays: all_channels(graph), rewrites: Vec::new(), layers: Vec::new() };
    for (id, stays) in applied.stays.iter_mut().enumerate() {
        let left: Vec<usize> = stays.iter().copied().filter(|&c| keep[ties.classes.class(id, c)]).collect();
        // Tensors no operator names are in no class that stays; they are dropped later.
        if !left.is_empty() && left.len() < stays.len() {
            applied.graph.tensors[id] = narrowed(&graph.tensors[id], &left);
            *stays = left;
        }
    }
    let mut made = HashMap::new();
    let mut whats = vec![None; graph.nodes.len()];
    for layer in layers {
        if let Some(what) = rewrite_layer(graph, ties, layer, analysis, keep, &mut applied, &mut made)? {
            whats[layer.node] = Some(what);
            applied.layers.push(layer.node);
        }
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        if let Operator::StridedSlice { extents, .. } = &mut applied.graph.nodes[index].operator
            && let Some(last) = extents.last_mut()
        {
            *last = applied.stays[node.inputs[0]].len();
        }
        let dropped = |&id: &TensorId| channels(&graph.tensors[id].shape) - applied.stays[id].len();
        let narrower: usize = node.outputs.iter().map(dropped).sum();
        let what = match whats[index].take() {
            Some(what) => what,
            None if narrower > 0 => format!("{narrower} channels dropped"),
            None => continue,
        };
        let weights =
            |graph: &Graph| graph.nodes[index].inputs.get(1).map_or(0, |&id| graph.tensors[id].bytes() as u64);
        let macs = |graph: &Graph| graph.node_macs(&graph.nodes[index]);
        let macs_saved = macs(graph) - macs(&applied.graph);
        applied.rewrites.push(Rewrite {
            kind: RewriteKind::Channels,
            origin: node.origin.clone(),
            what,
            macs_saved,
            weight_bytes_saved: if macs_saved > 0 { weights(graph) - weights(&applied.graph) } else { 0 },
        });
    }
    Ok(applied)
}

/// A tensor with only some of its channels.
fn narrowed(tensor: &Tensor, stays: &[usize]) -> Tensor {
    let count = channels(&tensor.shape);
    let mut narrow = tensor.clone();
    if let Some(last) = narrow.shape.last_mut() {
        *last = stays.len();
    }
    let axis = tensor.shape.len().saturating_sub(1);
    narrow.quantization =
        tensor.quantization.as_ref().map(|q| if q.axis == axis { select_scales(q, stays) } else { q.clone() });
    narrow.data = tensor.data.as_ref().map(|data| {
        let size = tensor.element_type.bytes();
        let pixels = data.chunks_exact(count * size);
        let bytes = pixels.flat_map(|pixel| stays.iter().flat_map(move |&c| &pixel[c * size..(c + 1) * size]));
        Arc::new(bytes.copied().collect())
    });
    narrow
}

fn select_scales(quantization: &Quantization, stays: &[usize]) -> Quantization {
    if quantization.is_per_tensor() {
        return quantization.clone();
    }
    let mut selected = quantization.clone();
    selected.scales = stays.iter().map(|&channel| quantization.scales[channel]).collect();
    if quantization.zero_points.len() == quantization.scales.len() {
        selected.zero_points = stays.iter().map(|&channel| quantization.zero_points[channel]).collect();
    }
    selected
}

/// Constants made in this round, so that operators that shared theirs go on sharing.
type Made = HashMap<(Option<TensorId>, Vec<usize>, Vec<u8>), TensorId>;

/// Gives a node its new weights and bias; says what changed, or none when nothing did.
fn rewrite_layer(
    graph: &Graph,
    ties: &Ties,
    layer: &Layer,
    analysis: &Analysis,
    keep: &[bool],
    applied: &mut Applied,
    made: &mut Made,
) -> Result<Option<String>, Vec<usize>> {
    let (node, view) = (&graph.nodes[layer.node], &layer.view);
    let input = node.inputs[0];
    let input_class = |channel: usize| ties.classes.class(input, channel % ties.classes.channels(input));
    let (inputs, dropped): (Vec<usize>, Vec<usize>) = match view.depthwise {
        Some(_) => (vec![0], Vec::new()),
        None => (0..view.channels).partition(|&channel| keep[input_class(channel)]),
    };
    let outputs = applied.stays[node.outputs[0]].clone();
    let computed = computed_outputs(ties, node, layer, keep);
    let before = biases(graph, node, view.outputs);
    let mut after = Vec::with_capacity(outputs.len());
    for &output in &outputs {
        let folded = match layer.constant[output] {
            Some(sum) => i64::from(sum),
            None => i64::from(before[output]) + part_of(layer, analysis, input, output, &dropped),
        };
        let fits = i32::try_from(folded).map_err(|_| dropped.iter().map(|&c| input_class(c)).collect::<Vec<_>>());
        after.push(fits?);
    }
    // A sum counts as constant only while it is one of 32 bits, so an error always names channels to keep.
    let weight = |output: usize, tap: usize, channel: usize| match layer.constant[output] {
        Some(_) => 0,
        None => layer.weights[view.weight(output, tap, channel)] as u8,
    };
    let (taps, all) = (view.taps(), &outputs);
    let weights: Vec<u8> = match view.depthwise {
        Some(_) => (0..taps).flat_map(|tap| all.iter().map(move |&o| weight(o, tap, 0))).collect(),
        None => {
            let of = |output: usize| {
                let (inputs, weight) = (&inputs, &weight);
                (0..taps).flat_map(move |tap| inputs.iter().map(move |&channel| weight(output, tap, channel)))
            };
            all.iter().flat_map(|&output| of(output)).collect()
        }
    };
    let same_weights = weights.iter().map(|&byte| byte as i8).eq(layer.weights.iter().copied());
    if same_weights && after == before {
        return Ok(None);
    }
    let source = &graph.tensors[node.inputs[1]];
    let mut shape = source.shape.clone();
    if let Some(last) = shape.last_mut() {
        *last = if view.depthwise.is_some() { outputs.len() } else { inputs.len() };
    }
    if view.depthwise.is_none() {
        shape[0] = outputs.len();
    }
    let quantization = source.quantization.as_ref().map(|q| select_scales(q, &outputs));
    let tensor = Tensor { name: source.name.clone(), shape, element_type: ElementType::I8, quantization, data: None };
    if let Operator::DepthwiseConv2d { multiplier, .. } = &mut applied.graph.nodes[layer.node].operator
        && view.channels == 1
    {
        *multiplier = outputs.len();
    }
    let id = add_constant(&mut applied.graph, made, Some(node.inputs[1]), tensor, weights);
    applied.graph.nodes[layer.node].inputs[1] = id;
    let stored = node.inputs.get(2).copied();
    if stored.is_some() || after.iter().any(|&bias| bias != 0) {
        let tensor = match stored {
            Some(id) => narrowed(&Tensor { data: None, ..graph.tensors[id].clone() }, &outputs),
            None => Tensor {
                name: format!("{} folded bias", source.name),
                shape: vec![outputs.len()],
                element_type: ElementType::I32,
                quantization: None,
                data: None,
            },
        };
        let bytes = after.iter().flat_map(|bias| bias.to_le_bytes()).collect();
        let id = add_constant(&mut applied.graph, made, stored, tensor, bytes);
        applied.graph.nodes[layer.node].inputs.truncate(2);
        applied.graph.nodes[layer.node].inputs.push(id);
    }
    let constant = outputs.len() - computed.len();
    let parts = [
        (view.outputs - outputs.len(), format!("of {} output channels dropped", view.outputs)),
        (dropped.len(), format!("of {} input channels folded into the bias", view.channels)),
        (constant, "constant output channels computed by their bias alone".to_string()),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    Ok(Some(said.join(", ")))
}

/// What dropped input channels add to an output's sum: the same at all positions, taken at the first.
fn part_of(layer: &Layer, analysis: &Analysis, input: TensorId, output: usize, dropped: &[usize]) -> i64 {
    let (view, Some(x)) = (&layer.view, analysis.intervals[input].as_ref()) else { return 0 };
    let product = |tap: usize, pixel: usize, channel: usize| {
        let value = i64::from(x.low[pixel * view.channels + channel]) - i64::from(layer.zero_point);
        value * i64::from(layer.weights[view.weight(output, tap, channel)])
    };
    let taps = view.inside(0).map(|(tap, pixel)| dropped.iter().map(|&c| product(tap, pixel, c)).sum::<i64>());
    taps.sum()
}

fn add_constant(
    graph: &mut Graph,
    made: &mut Made,
    source: Option<TensorId>,
    tensor: Tensor,
    bytes: Vec<u8>,
) -> TensorId {
    let key = (source, tensor.shape.clone(), bytes);
    if let (Some(&id), true) = (made.get(&key), source.is_some()) {
        let same = graph.tensors[id].quantization == tensor.quantization;
        if same {
            return id;
        }
    }
    let data = Some(Arc::new(key.2.clone()));
    let id = graph.add_tensor(Tensor { data, ..tensor });
    made.insert(key, id);
    id
}
