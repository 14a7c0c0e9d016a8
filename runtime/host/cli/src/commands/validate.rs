//! `mote validate`: a compiled model against its source, layer by layer.

use super::validate_outputs;
use crate::answering::{Answering, EngineArgument, EngineSettings};
use crate::arrays::Array;
use crate::compare::{Difference, Quantized};
use crate::inputs::{self, Feed};
use crate::load::{self, Source};
use crate::render::table::{Table, thousands};
use crate::runner::{SessionMemory, infer, progress};
use crate::{Answer, Output};
use anyhow::{Result, ensure};
use clap::Args;
use mote_compile::{CompileOptions, compile};
use mote_engine::{Model, Observer, OperatorEvent, operators};
use mote_format::TensorRecord;
use mote_format::write::Names;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Arguments of `mote validate`.
#[derive(Args)]
pub struct Arguments {
    /// The source model (.tflite or .onnx), quantised or float. A float one that only tract takes, or `--engine tract`, is
    /// compared at its outputs.
    pub source: PathBuf,
    /// The compiled model (.mote).
    pub model: PathBuf,
    /// Inputs: .npy, .npz or raw bytes, as for `mote run`.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Compare the first N inferences only.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Answer no when an output's signal to noise ratio is below this, in decibels. Without it any difference of
    /// quantised outputs from a quantised source is a no.
    #[arg(long, value_name = "DB")]
    pub min_sqnr: Option<f64>,
    #[command(flatten)]
    pub engine: EngineSettings,
}

/// One tensor that both models have.
#[derive(Serialize)]
pub struct Layer {
    tensor: String,
    operator: String,
    channels_kept: Option<(usize, usize)>,
    /// How far it is from the source's.
    #[serde(flatten)]
    pub difference: Difference,
}

/// What a comparison showed.
#[derive(Serialize)]
pub struct Validation {
    /// Inferences compared.
    pub inferences: usize,
    /// Engine that ran the source: `mote` or `tract`.
    pub source_engine: &'static str,
    /// The source's outputs are stored integers.
    pub source_is_quantized: bool,
    /// Tensors that both have, in the order they are made.
    pub layers: Vec<Layer>,
    /// Outputs.
    pub outputs: Vec<Layer>,
    /// First tensor that differs.
    pub first_differing_layer: Option<String>,
    /// Every output is the same to the bit.
    pub same: bool,
}

/// Keeps every operator's outputs of one inference, by tensor index.
#[derive(Default)]
struct Capture(Vec<(u16, u16, Vec<u8>)>);

impl Observer for Capture {
    fn finished(&mut self, event: &OperatorEvent<'_>) {
        for index in 0.. {
            let Some((tensor, bytes)) = event.output(index) else { break };
            self.0.push((event.index, tensor, bytes.to_vec()));
        }
    }
}

/// A tensor's values after an inference.
struct Snapshot {
    operator: u16,
    record: TensorRecord,
    array: Array,
}

/// A model with the names of its tensors.
struct Side<'m> {
    model: &'m Model<'m>,
    names: Names,
}

impl<'m> Side<'m> {
    fn new(model: &'m Model<'m>) -> Self {
        Self { model, names: Names::decode(model.file().names()).unwrap_or_default() }
    }

    /// Runs one inference; outputs, and every named tensor an operator wrote.
    fn run(
        &self,
        session: &mut mote_engine::Session<'_>,
        inputs: &[Vec<u8>],
    ) -> Result<(Vec<Array>, HashMap<String, Snapshot>)> {
        let mut capture = Capture::default();
        let outputs = infer(session, inputs, &mut capture)?;
        let array = |record: &TensorRecord, bytes: &[u8]| {
            let shape = record.shape.extents().iter().map(|&extent| extent as usize).collect();
            Array::from_bytes(record.element_type, shape, bytes)
        };
        let mut tensors = HashMap::new();
        for (operator, tensor, bytes) in capture.0 {
            let record = self.model.file().tensor(tensor)?;
            let name = self.names.tensors.get(tensor as usize).cloned().unwrap_or_else(|| format!("tensor {tensor}"));
            tensors.insert(name, Snapshot { operator, record, array: array(&record, &bytes) });
        }
        let outputs = outputs
            .iter()
            .enumerate()
            .map(|(index, bytes)| array(&self.model.output(index).expect("index is below the output count"), bytes));
        Ok((outputs.collect(), tensors))
    }
}

/// Runs both models on the same data and compares what they have in common.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let ours = load::bytes(&arguments.model)?;
    let ours = load::runnable(&ours, operators::native(), &arguments.model)?;
    let fixed = load::FixedInputs { shape: arguments.engine.shape.clone(), value: Vec::new() };
    let source = match load::source(&arguments.source, &[], &fixed) {
        Ok(source) if arguments.engine.engine != EngineArgument::Tract => source,
        other => {
            let settings = EngineSettings { engine: EngineArgument::Tract, ..arguments.engine.clone() };
            return match Answering::open(&arguments.source, &settings, Some(&arguments.data)) {
                Ok(in_tract) => answer(&validate_outputs::compare(&in_tract, &ours, arguments)?, arguments, output),
                Err(error) => Err(other.err().unwrap_or(error)),
            };
        }
    };
    let options = CompileOptions { numerics: ours.header().numerics, ..CompileOptions::default() };
    let kept = kept_channels(&source, &options)?;
    let plain = CompileOptions { slim: false, keep_every_tensor: true, ..options };
    let reference = compile(&source.imported.graph, &plain)?.bytes;
    let reference = Model::parse(&reference, operators::reference())?;
    ensure!(
        ours.input_count() == reference.input_count() && ours.output_count() == reference.output_count(),
        "the two models have different numbers of inputs or outputs"
    );

    let validation = compare(&Side::new(&ours), &Side::new(&reference), &kept, arguments)?;
    answer(&validation, arguments, output)
}

fn answer(validation: &Validation, arguments: &Arguments, output: Output) -> Result<Answer> {
    let good = match arguments.min_sqnr {
        Some(bound) => validation.outputs.iter().all(|l| l.difference.sqnr_db.is_none_or(|sqnr| sqnr >= bound)),
        None => validation.same || !validation.source_is_quantized,
    };
    output.print(validation, || describe(validation))?;
    Ok(if good { Answer::Yes } else { Answer::No })
}

/// For each tensor name of the source: the channels slimming keeps.
fn kept_channels(source: &Source, options: &CompileOptions) -> Result<HashMap<String, Vec<usize>>> {
    let graph = &source.imported.graph;
    let compiled = compile(graph, options)?;
    let named = compiled.report.kept_channels.into_iter();
    Ok(named.map(|(tensor, channels)| (graph.tensors[tensor].name.clone(), channels)).collect())
}

fn compare(
    ours: &Side<'_>,
    reference: &Side<'_>,
    kept: &HashMap<String, Vec<usize>>,
    arguments: &Arguments,
) -> Result<Validation> {
    let (our_names, output_names) = super::run::port_names(ours.model);
    let (reference_names, _) = super::run::port_names(reference.model);
    let our_feed = inputs::read(ours.model, &our_names, &arguments.data)?;
    let reference_feed = match stored_values_for_float(ours.model, reference.model, &our_feed, &arguments.data)? {
        Some(feed) => feed,
        None => inputs::read(reference.model, &reference_names, &arguments.data)?,
    };
    let count = our_feed.inferences.len().min(arguments.limit.unwrap_or(usize::MAX));
    ensure!(count > 0, "no inferences to compare");

    let (mut our_memory, mut reference_memory) =
        (SessionMemory::for_model(ours.model), SessionMemory::for_model(reference.model));
    let (mut our_session, mut reference_session) =
        (our_memory.session(ours.model)?, reference_memory.session(reference.model)?);
    let mut layers: Vec<(u16, Layer)> = Vec::new();
    let mut outputs: Vec<Layer> = output_names.iter().map(|name| layer(name, "output", None)).collect();
    let bar = progress("comparing", count);
    for (our_inputs, reference_inputs) in
        bar.wrap_iter(our_feed.inferences.iter().zip(&reference_feed.inferences).take(count))
    {
        let (our_outputs, our_tensors) = ours.run(&mut our_session, our_inputs)?;
        let (reference_outputs, reference_tensors) = reference.run(&mut reference_session, reference_inputs)?;
        for (index, (a, b)) in our_outputs.iter().zip(&reference_outputs).enumerate() {
            ensure!(a.len() == b.len(), "output {index} has {} elements, the source's has {}", a.len(), b.len());
            let (a, b) = (quantized(a, ours.model.output(index)), quantized(b, reference.model.output(index)));
            outputs[index].difference.add(&a, &b, |i| i);
        }
        for (name, snapshot) in &our_tensors {
            let Some(other) = reference_tensors.get(name) else { continue };
            let Some(map) = channel_map(snapshot, other, kept.get(name)) else { continue };
            let at = layers.iter().position(|(_, l)| &l.tensor == name).unwrap_or_else(|| {
                let origin = ours.names.operators.get(snapshot.operator as usize).cloned().unwrap_or_default();
                layers.push((snapshot.operator, layer(name, &origin, map.kept())));
                layers.len() - 1
            });
            let (a, b) =
                (quantized(&snapshot.array, Some(snapshot.record)), quantized(&other.array, Some(other.record)));
            layers[at].1.difference.add(&a, &b, |i| map.at(i));
        }
    }
    bar.finish_and_clear();
    layers.sort_by_key(|(operator, _)| *operator);
    let layers: Vec<Layer> = layers.into_iter().map(|(_, layer)| layer).collect();
    let first = layers.iter().find(|l| l.difference.differing > 0);
    let source_is_quantized = (0..reference.model.output_count())
        .all(|index| reference.model.output(index).is_some_and(|r| r.element_type != mote_engine::ElementType::F32));
    Ok(Validation {
        inferences: count,
        source_engine: "mote",
        source_is_quantized,
        first_differing_layer: first.map(|l| format!("{} ({})", l.tensor, l.operator)),
        same: outputs.iter().all(|l| l.difference.differing == 0),
        layers,
        outputs,
    })
}

/// Stored integers given to a quantised model and a float source: the source gets the real values they stand for.
/// None when the data are real values, which each side reads for itself.
fn stored_values_for_float(ours: &Model<'_>, source: &Model<'_>, feed: &Feed, data: &Path) -> Result<Option<Feed>> {
    use mote_engine::ElementType as T;
    let records = |model: &Model<'_>| (0..model.input_count()).filter_map(|k| model.input(k)).collect::<Vec<_>>();
    let (ours, source) = (records(ours), records(source));
    let float_source = source.iter().all(|r| r.element_type == T::F32) && ours.iter().all(|r| r.scale > 0.0);
    if !float_source || !crate::arrays::holds_integers(data)? {
        return Ok(None);
    }
    let real = |record: &TensorRecord, bytes: &[u8]| -> Vec<u8> {
        let port = mote_engine::Port { record: *record, bytes };
        let reals = (0..record.shape.elements()).filter_map(|index| port.real(index));
        reals.flat_map(f32::to_le_bytes).collect()
    };
    let inference =
        |inputs: &Vec<Vec<u8>>| ours.iter().zip(inputs).map(|(record, bytes)| real(record, bytes)).collect();
    Ok(Some(Feed { inferences: feed.inferences.iter().map(inference).collect(), stacking: feed.stacking }))
}

/// A tensor of which nothing is compared yet.
pub fn layer(tensor: &str, operator: &str, channels_kept: Option<(usize, usize)>) -> Layer {
    Layer { tensor: tensor.into(), operator: operator.into(), channels_kept, difference: Difference::default() }
}

fn quantized(array: &Array, record: Option<TensorRecord>) -> Quantized<'_> {
    let (scale, zero_point) = record.map_or((0.0, 0), |r| (r.scale, r.zero_point));
    Quantized { array, scale, zero_point }
}

/// Where our elements stand in the source's tensor.
struct ChannelMap<'k> {
    channels: usize,
    source_channels: usize,
    kept: Option<&'k [usize]>,
}

impl ChannelMap<'_> {
    fn at(&self, index: usize) -> usize {
        match self.kept {
            Some(kept) => index / self.channels * self.source_channels + kept[index % self.channels],
            None => index,
        }
    }

    fn kept(&self) -> Option<(usize, usize)> {
        self.kept.map(|_| (self.channels, self.source_channels))
    }
}

fn channel_map<'k>(ours: &Snapshot, source: &Snapshot, kept: Option<&'k Vec<usize>>) -> Option<ChannelMap<'k>> {
    if ours.array.len() == source.array.len() {
        return Some(ChannelMap { channels: 1, source_channels: 1, kept: None });
    }
    let (channels, source_channels) = (*ours.array.shape.last()?, *source.array.shape.last()?);
    let kept = kept?.as_slice();
    let fits = kept.len() == channels
        && kept.iter().all(|&channel| channel < source_channels)
        && ours.array.len() / channels == source.array.len() / source_channels;
    fits.then_some(ChannelMap { channels, source_channels, kept: Some(kept) })
}

fn describe(validation: &Validation) -> String {
    let mut table = Table::new(&[
        "<tensor",
        "<operator",
        "channels",
        "elements",
        "differing",
        "max LSB",
        "RMSE",
        "SQNR dB",
        "cosine",
    ]);
    let shorten = |text: &str| match text.char_indices().rev().nth(39) {
        Some((at, _)) if at > 0 => format!("…{}", &text[at..]),
        _ => text.to_string(),
    };
    for layer in validation.layers.iter().chain(&validation.outputs) {
        let d = &layer.difference;
        table.row([
            shorten(&layer.tensor),
            layer.operator.clone(),
            layer.channels_kept.map_or("all".into(), |(kept, all)| format!("{kept}/{all}")),
            thousands(d.elements),
            thousands(d.differing),
            d.max_lsb.map_or("–".into(), |lsb| lsb.to_string()),
            format!("{:.3e}", d.rmse),
            d.sqnr_db.map_or("same".into(), |v| format!("{v:.1}")),
            d.cosine.map_or("–".into(), |v| format!("{v:.6}")),
        ]);
    }
    let verdict = match (&validation.first_differing_layer, validation.same) {
        (None, true) if validation.layers.is_empty() => "outputs are the same to the bit".into(),
        (None, true) => "every layer and every output is the same to the bit".to_string(),
        (Some(layer), true) => format!("outputs are the same to the bit; first differing layer: {layer}"),
        (Some(layer), false) => format!("outputs differ; first differing layer: {layer}"),
        (None, false) if validation.source_engine == "tract" => {
            "outputs differ from the float source's in tract".into()
        }
        (None, false) => "outputs differ; no layer could be matched by name before them".into(),
    };
    format!("{}\n\n  {} inferences: {verdict}", table.to_text(), validation.inferences)
}
