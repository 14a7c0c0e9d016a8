//! A compiled model and its source on the same inputs, tensor by tensor.

use super::align::{MatchedBy, align};
use super::channels::{ChannelMap, factors, recognise};
use super::side::{Side, Slot, Snapshot, Tensors};
use crate::arrays;
use crate::compare::{Difference, Quantized};
use crate::dataset;
use crate::inputs::{self, Feed};
use crate::ports::Ports;
use crate::runner::{SessionMemory, progress};
use anyhow::{Result, ensure};
use mote_engine::{ElementType, Model, Port};
use mote_format::TensorRecord;
use mote_quantise::Histogram;
use serde::Serialize;
use std::collections::HashMap;
use std::path::Path;

/// Layers of least signal to noise ratio that are marked.
const WORST_MARKED: usize = 3;

/// Inferences by which channels are recognised before the comparison begins.
const LOOKED_AT: usize = 32;

/// Differences of signal to noise below this are not worth a mark, in decibels.
const DROP_MARKED_DB: f64 = 3.0;

/// One tensor that both models have.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// Name.
    pub tensor: String,
    /// Operator of the source it came from.
    pub operator: String,
    /// Index of the compiled model's operator that writes it; none for graph outputs.
    pub index: Option<usize>,
    /// How the two tensors were found to correspond.
    pub matched_by: MatchedBy,
    /// Channels kept by slimming, of all; none when all are kept.
    pub channels_kept: Option<(usize, usize)>,
    /// Channels have scales of their own (equalisation): compared after bringing each back to the source's.
    pub channels_scaled: bool,
    /// Figures, in the source's units.
    #[serde(flatten)]
    pub difference: Difference,
    /// Decibels lost against the layer before it; none for the first, and where either is exact.
    pub drop_db: Option<f64>,
    /// Among those of least signal to noise.
    pub worst: bool,
    /// The one where most is lost against the layer before.
    pub largest_drop: bool,
    /// The source's values, and the range the stored type holds.
    #[serde(skip)]
    pub values: Values,
}

/// What a tensor's values were in the source (slimmed and scaled as the compiled model has them), and what it can hold.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Values of the source.
    pub histogram: Histogram,
    /// Least and greatest value that can be stored; none for float tensors.
    pub range: Option<(f64, f64)>,
}

/// A tensor that has no counterpart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// Name.
    pub tensor: String,
    /// Operator it came from.
    pub operator: String,
    /// Extents.
    pub shape: Vec<usize>,
}

/// Everything a comparison found.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Inferences compared.
    pub inferences: usize,
    /// Engine that ran the source: `mote` or `tract`.
    pub source_engine: &'static str,
    /// The source's outputs are integers: every byte is expected to be the same.
    pub source_is_quantized: bool,
    /// Tensors inside, in the compiled model's order.
    pub layers: Vec<Layer>,
    /// Graph outputs.
    pub outputs: Vec<Layer>,
    /// Tensors of the compiled model without counterpart.
    pub unmatched: Vec<Unmatched>,
    /// Tensors of the source without counterpart: fused or compiled away.
    pub unmatched_source: Vec<Unmatched>,
    /// First layer that differs at all.
    pub first_differing_layer: Option<String>,
    /// All outputs are the same.
    pub same: bool,
}

/// The same inferences as either model takes them.
pub struct Feeds {
    /// For the compiled model.
    pub ours: Feed,
    /// For its source.
    pub source: Feed,
}

impl Feeds {
    /// Reads `path` for both. Stored integers given to a quantised model and a float source reach the source as the real
    /// values they stand for.
    pub fn read(ours: &Model<'_>, source: &Model<'_>, path: &Path) -> Result<Self> {
        let tables = path.is_dir() || arrays::extension(path) == "csv";
        let read = |model: &Model<'_>| feed_of(&Ports::of_model(model), path);
        let feed = read(ours)?;
        let stored = match !tables && arrays::holds_integers(path)? {
            true => stored_values_for_float(ours, source, &feed),
            false => None,
        };
        let source = stored.map_or_else(|| read(source), Ok)?;
        Ok(Self { ours: feed, source })
    }

    /// The first `count` inferences, ours and the source's.
    fn pairs(&self, count: usize) -> impl ExactSizeIterator<Item = (&Vec<Vec<u8>>, &Vec<Vec<u8>>)> {
        self.ours.inferences.iter().zip(&self.source.inferences).take(count)
    }
}

/// Reads `path` as inputs: also tables and folders, whose truth is left aside.
pub fn feed_of(ports: &Ports, path: &Path) -> Result<Feed> {
    match path.is_dir() || arrays::extension(path) == "csv" {
        true => Ok(dataset::read(ports, path, None)?.feed),
        false => inputs::read_for(ports, path),
    }
}

fn stored_values_for_float(ours: &Model<'_>, source: &Model<'_>, feed: &Feed) -> Option<Feed> {
    let records = |model: &Model<'_>| (0..model.input_count()).filter_map(|k| model.input(k)).collect::<Vec<_>>();
    let (ours, source) = (records(ours), records(source));
    let needed = source.iter().all(|r| r.element_type == ElementType::F32) && ours.iter().all(|r| r.scale > 0.0);
    let real = |record: &TensorRecord, bytes: &[u8]| -> Vec<u8> {
        let port = Port { record: *record, bytes };
        let reals = (0..record.shape.elements()).filter_map(|index| port.real(index));
        reals.flat_map(f32::to_le_bytes).collect()
    };
    let inference =
        |inputs: &Vec<Vec<u8>>| ours.iter().zip(inputs).map(|(record, bytes)| real(record, bytes)).collect();
    needed.then(|| Feed { inferences: feed.inferences.iter().map(inference).collect(), stacking: feed.stacking })
}

/// A pair of tensors while inferences come in.
struct Pair {
    ours: u16,
    source: u16,
    map: Option<ChannelMap>,
    factors: Option<Vec<f64>>,
    layer: Layer,
}

/// Runs both models on the first `limit` inferences of `feeds`. `kept` holds the channels slimming kept, by the source's
/// tensor names, where they are known; others are recognised by their values.
pub fn compare(
    ours: &Side<'_>,
    source: &Side<'_>,
    kept: &HashMap<String, Vec<usize>>,
    feeds: &Feeds,
    limit: usize,
) -> Result<Comparison> {
    ensure!(
        ours.model.input_count() == source.model.input_count()
            && ours.model.output_count() == source.model.output_count(),
        "the two models have different numbers of inputs or outputs"
    );
    let count = feeds.ours.inferences.len().min(limit);
    ensure!(count > 0, "no inferences to compare");
    let (our_slots, source_slots) = (ours.slots(), source.slots());
    let aligned = align(&our_slots, &source_slots);
    let mut pairs: Vec<Pair> =
        aligned.iter().map(|&(a, b, by)| Pair::new(&our_slots[a], &source_slots[b], by, kept)).collect();
    let mut outputs: Vec<Layer> = crate::commands::run::port_names(ours.model)
        .1
        .iter()
        .map(|name| layer(name, "output", None, MatchedBy::Order))
        .collect();

    let (mut our_memory, mut source_memory) =
        (SessionMemory::for_model(ours.model), SessionMemory::for_model(source.model));
    let (mut our_session, mut source_session) = (our_memory.session(ours.model)?, source_memory.session(source.model)?);
    let mut seen = Vec::new();
    for (our_inputs, source_inputs) in feeds.pairs(count.min(LOOKED_AT)) {
        seen.push((ours.run(&mut our_session, our_inputs)?.1, source.run(&mut source_session, source_inputs)?.1));
    }
    pairs.iter_mut().for_each(|pair| pair.recognise(&seen));
    our_session.reset_state();
    source_session.reset_state();

    let bar = progress("comparing", count);
    for (our_inputs, source_inputs) in bar.wrap_iter(feeds.pairs(count)) {
        let (our_outputs, our_tensors) = ours.run(&mut our_session, our_inputs)?;
        let (source_outputs, source_tensors) = source.run(&mut source_session, source_inputs)?;
        for (index, (a, b)) in our_outputs.iter().zip(&source_outputs).enumerate() {
            let (mine, theirs) = (a.array.len(), b.array.len());
            ensure!(mine == theirs, "output {index} has {mine} elements, the source's has {theirs}");
            outputs[index].add(&a.quantized(), &b.quantized(), &ChannelMap::identity());
        }
        for pair in &mut pairs {
            if let (Some(a), Some(b)) = (our_tensors.get(&pair.ours), source_tensors.get(&pair.source)) {
                pair.add(a, b);
            }
        }
    }
    bar.finish_and_clear();
    let (pairs, apart): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(|pair| pair.layer.difference.elements > 0);
    let unmatched = |slots: &[Slot], side: fn(&(usize, usize, MatchedBy)) -> usize, of: fn(&Pair) -> u16| {
        let left = slots.iter().enumerate().filter(|(at, slot)| {
            !aligned.iter().any(|pair| side(pair) == *at) || apart.iter().any(|pair| of(pair) == slot.tensor)
        });
        left.map(|(_, slot)| Unmatched {
            tensor: slot.name.clone(),
            operator: slot.origin.clone(),
            shape: slot.shape.clone(),
        })
        .collect()
    };
    let (ours_left, source_left) =
        (unmatched(&our_slots, |pair| pair.0, |pair| pair.ours), unmatched(&source_slots, |pair| pair.1, |p| p.source));
    let mut layers: Vec<Layer> = pairs.into_iter().map(|pair| pair.layer).collect();
    mark(&mut layers);
    let first = layers.iter().find(|layer| layer.difference.differing > 0);
    let float = |record: Option<TensorRecord>| record.is_none_or(|r| r.element_type == ElementType::F32);
    Ok(Comparison {
        inferences: count,
        source_engine: "mote",
        source_is_quantized: !(0..source.model.output_count()).any(|index| float(source.model.output(index))),
        first_differing_layer: first.map(|layer| format!("{} ({})", layer.tensor, layer.operator)),
        same: outputs.iter().all(|layer| layer.difference.differing == 0),
        layers,
        outputs,
        unmatched: ours_left,
        unmatched_source: source_left,
    })
}

impl Pair {
    fn new(ours: &Slot, source: &Slot, by: MatchedBy, kept: &HashMap<String, Vec<usize>>) -> Self {
        let known = kept
            .get(&source.name)
            .and_then(|kept| ChannelMap::of(kept, *source.shape.last()?, ours.elements(), source.elements()));
        let map = match ours.elements() == source.elements() {
            true => Some(ChannelMap::identity()),
            false => known,
        };
        let layer = layer(&ours.name, &ours.origin, Some(ours.operator), by);
        Self { ours: ours.tensor, source: source.tensor, map, factors: None, layer }
    }

    /// Finds out which channels are which, where nothing else tells, and whether they were scaled.
    fn recognise(&mut self, seen: &[(Tensors, Tensors)]) {
        let both =
            |(ours, source): &'_ (Tensors, Tensors)| ours.contains_key(&self.ours) && source.contains_key(&self.source);
        let pairs: Vec<(&Snapshot, &Snapshot)> =
            seen.iter().filter(|one| both(one)).map(|(a, b)| (&a[&self.ours], &b[&self.source])).collect();
        let Some(&(ours, source)) = pairs.first() else { return };
        let (Some(&channels), Some(&all)) = (ours.array.shape.last(), source.array.shape.last()) else { return };
        if self.map.is_none() {
            let found = recognise(&ours.quantized(), channels, &source.quantized(), all);
            self.map = found.and_then(|kept| ChannelMap::of(&kept, all, ours.array.len(), source.array.len()));
        }
        let Some(map) = &self.map else { return };
        self.layer.channels_kept = map.kept();
        if ours.record.element_type != source.record.element_type {
            let pairs: Vec<_> = pairs.iter().map(|(a, b)| (a.quantized(), b.quantized())).collect();
            self.factors = factors(&pairs, channels, map);
            self.layer.channels_scaled = self.factors.is_some();
        }
    }

    fn add(&mut self, ours: &Snapshot, source: &Snapshot) {
        let Some(map) = &self.map else { return };
        let ours = Quantized { factors: self.factors.as_deref(), ..ours.quantized() };
        self.layer.add(&ours, &source.quantized(), map);
    }
}

impl Layer {
    fn add(&mut self, ours: &Quantized<'_>, source: &Quantized<'_>, map: &ChannelMap) {
        self.difference.add(ours, source, |index| map.at(index));
        self.values.range = ours.range();
        // As the compiled model has them: slimmed and scaled.
        let reals: Vec<f32> =
            (0..ours.array.len()).map(|index| (source.real(map.at(index)) / ours.factor(index)) as f32).collect();
        if reals.iter().all(|value| value.is_finite()) {
            self.values.histogram.add(&reals);
        }
    }
}

/// A tensor of which nothing is compared yet.
pub fn layer(tensor: &str, operator: &str, index: Option<usize>, matched_by: MatchedBy) -> Layer {
    Layer {
        tensor: tensor.into(),
        operator: operator.into(),
        index,
        matched_by,
        channels_kept: None,
        channels_scaled: false,
        difference: Difference::default(),
        drop_db: None,
        worst: false,
        largest_drop: false,
        values: Values::default(),
    }
}

/// Marks the layers of least signal to noise, and where most is lost.
fn mark(layers: &mut [Layer]) {
    for at in 1..layers.len() {
        let (before, own) = (layers[at - 1].difference.sqnr_db, layers[at].difference.sqnr_db);
        layers[at].drop_db = before.zip(own).map(|(before, own)| before - own);
    }
    let mut order: Vec<usize> = (0..layers.len()).filter(|&at| layers[at].difference.sqnr_db.is_some()).collect();
    let sqnr = |at: usize| layers[at].difference.sqnr_db.unwrap_or(f64::INFINITY);
    order.sort_by(|&a, &b| sqnr(a).total_cmp(&sqnr(b)));
    let drop = |at: &usize| layers[*at].drop_db.unwrap_or(0.0);
    let steepest = (0..layers.len()).max_by(|a, b| drop(a).total_cmp(&drop(b)));
    let steepest = steepest.filter(|at| drop(at) >= DROP_MARKED_DB);
    order.truncate(WORST_MARKED.min(layers.len() / 3));
    order.into_iter().for_each(|at| layers[at].worst = true);
    if let Some(at) = steepest {
        layers[at].largest_drop = true;
    }
}
