//! `mote inspect`: what a model.mote file holds.

use crate::analysis::network::network;
use crate::analysis::side::Side;
use crate::load;
use crate::render::arena::{ArenaPicture, Block};
use crate::render::table::{Table, bytes, shape as shape_text, thousands};
use crate::render::{graph, html};
use crate::{Answer, Output};
use anyhow::{Context, Result};
use clap::Args;
use mote_compile::HostOperators;
use mote_engine::{Model, Numerics, Packing, operators};
use mote_format::write::Names;
use mote_format::{Location, NOT_A_VIEW, TensorRecord};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `mote inspect`.
#[derive(Args)]
pub struct Arguments {
    /// A model.mote file, or a source model to compile on the spot.
    pub model: PathBuf,
    /// Inputs of a source model.
    #[command(flatten)]
    pub fixed: load::FixedInputs,
    /// Write the same as a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the picture of the arena as SVG.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// An input or output.
#[derive(Serialize)]
pub struct PortSummary {
    name: String,
    shape: Vec<usize>,
    #[serde(rename = "type")]
    element_type: &'static str,
    scale: f32,
    zero_point: i32,
    labels: Vec<String>,
    preprocessing: String,
}

/// One operator.
#[derive(Serialize)]
pub struct LayerSummary {
    index: usize,
    operator: &'static str,
    custom: Option<String>,
    source: String,
    output_shapes: Vec<Vec<usize>>,
    macs: u64,
    weight_bytes: u64,
    live_arena_bytes: u64,
}

/// Everything `inspect` shows.
#[derive(Serialize)]
pub struct Summary {
    name: String,
    version: String,
    producer: String,
    source_sha256: String,
    quantizer: String,
    file_bytes: u32,
    arena_bytes: u32,
    scratch_bytes: u32,
    state_bytes: u32,
    constant_bytes: usize,
    macs: u64,
    source_macs: u64,
    weight_bytes: u64,
    source_weight_bytes: u64,
    operators: usize,
    packing: &'static str,
    numerics: &'static str,
    golden_vectors: usize,
    inputs: Vec<PortSummary>,
    outputs: Vec<PortSummary>,
    layers: Vec<LayerSummary>,
}

/// Shows header, ports, layers and the arena.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let file = load::compiled(&arguments.model, &arguments.fixed)?;
    let operators = HostOperators::for_file(&file, operators::generic(), &[]);
    let set = operators.set();
    let model = Model::parse(&file, &set).with_context(|| format!("loading {}", arguments.model.display()))?;
    let summary = summarize(&model);
    let picture = arena_picture(&model);
    if let Some(path) = &arguments.svg {
        let svg = picture.to_svg().replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
        let styled = svg.replacen(">\n", &format!("><style>{}</style>\n", html::STYLE), 1);
        write(path, &styled)?;
    }
    if let Some(path) = &arguments.html {
        write(path, &to_html(&summary, &model_graph(&model), &picture))?;
    }
    output.print(&summary, || to_text(&summary, &picture))?;
    Ok(Answer::Yes)
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

fn extents(record: &TensorRecord) -> Vec<usize> {
    record.shape.extents().iter().map(|&extent| extent as usize).collect()
}

/// Collects what the file says of itself.
pub fn summarize(model: &Model<'_>) -> Summary {
    let header = model.header();
    let passport = model.passport();
    let names = Names::decode(model.file().names()).unwrap_or_default();
    let (input_names, output_names) = super::run::port_names(model);
    let port = |name: String, record: Option<TensorRecord>, info: Option<mote_format::PortInfo<'_>>| {
        let record = record.expect("ports were checked at load");
        PortSummary {
            name,
            shape: extents(&record),
            element_type: record.element_type.name(),
            scale: record.scale,
            zero_point: record.zero_point,
            labels: info.map(|i| i.labels.lines().map(String::from).collect()).unwrap_or_default(),
            preprocessing: info.map(|i| i.preprocessing.into()).unwrap_or_default(),
        }
    };
    let inputs = input_names
        .into_iter()
        .enumerate()
        .map(|(i, name)| port(name, model.input(i), passport.and_then(|p| p.inputs.iter().nth(i))));
    let outputs = output_names
        .into_iter()
        .enumerate()
        .map(|(i, name)| port(name, model.output(i), passport.and_then(|p| p.outputs.iter().nth(i))));
    let picture = arena_picture(model);
    let layers = model.operations().enumerate().map(|(index, (operation, _))| LayerSummary {
        index,
        operator: operation.code().name(),
        custom: operation.custom_name().map(String::from),
        source: names.operators.get(index).cloned().unwrap_or_default(),
        output_shapes: (0..operation.output_count())
            .filter_map(|k| operation.output(k).ok()?.record())
            .map(|record| extents(&record))
            .collect(),
        macs: names.operator_macs.get(index).copied().unwrap_or(0),
        weight_bytes: names.operator_weight_bytes.get(index).copied().unwrap_or(0),
        live_arena_bytes: picture.live_bytes(index + 1),
    });
    Summary {
        name: passport.map(|p| p.name.into()).unwrap_or_default(),
        version: passport.map(|p| p.version.into()).unwrap_or_default(),
        producer: passport.map(|p| p.producer.into()).unwrap_or_default(),
        quantizer: passport.map(|p| p.quantizer.into()).unwrap_or_default(),
        source_sha256: passport
            .map(|p| p.source_sha256.iter().map(|byte| format!("{byte:02x}")).collect())
            .unwrap_or_default(),
        file_bytes: header.file_bytes,
        arena_bytes: header.arena_bytes,
        scratch_bytes: header.scratch_bytes,
        state_bytes: header.state_bytes,
        constant_bytes: model.file().constants().len(),
        macs: passport.map_or(0, |p| p.macs),
        source_macs: passport.map_or(0, |p| p.source_macs),
        weight_bytes: passport.map_or(0, |p| p.weight_bytes),
        source_weight_bytes: passport.map_or(0, |p| p.source_weight_bytes),
        operators: header.operator_count as usize,
        packing: match header.packing {
            Packing::Portable => "portable",
        },
        numerics: match header.numerics {
            Numerics::Tflm => "tflm",
            Numerics::Litert => "litert",
            Numerics::Onnx => "onnx",
        },
        golden_vectors: passport.map_or(0, |p| p.golden.iter().count()),
        inputs: inputs.collect(),
        outputs: outputs.collect(),
        layers: layers.collect(),
    }
}

/// The arena's tensors as the file's records place them.
pub fn arena_picture(model: &Model<'_>) -> ArenaPicture {
    let header = model.header();
    let names = Names::decode(model.file().names()).unwrap_or_default();
    let blocks = (0..header.tensor_count).filter_map(|index| {
        let record = model.file().tensor(index).ok()?;
        let own = record.location == Location::Arena && record.view_of == NOT_A_VIEW;
        own.then(|| Block {
            name: names.tensors.get(index as usize).cloned().unwrap_or_else(|| format!("tensor {index}")),
            offset: record.offset as u64,
            bytes: record.bytes as u64,
            first_step: record.first_step as usize,
            last_step: record.last_step as usize,
        })
    });
    ArenaPicture {
        blocks: blocks.collect(),
        arena_bytes: header.arena_bytes as u64,
        scratch_bytes: header.scratch_bytes as u64,
        steps: header.operator_count as usize + 2,
    }
}

fn port_table(summary: &Summary) -> Table {
    let mut table = Table::new(&["<", "<name", "<shape", "<type", "scale", "zero point", "<labels"]);
    let ports = summary.inputs.iter().map(|p| ("input", p)).chain(summary.outputs.iter().map(|p| ("output", p)));
    for (kind, port) in ports {
        let labels = port.labels.join(" ");
        let shown: String = labels.chars().take(40).collect();
        table.row([
            kind.into(),
            port.name.clone(),
            shape_text(&port.shape),
            port.element_type.into(),
            port.scale.to_string(),
            port.zero_point.to_string(),
            if shown.len() < labels.len() { format!("{shown}…") } else { shown },
        ]);
    }
    table
}

/// One row per operator.
pub fn layer_table(summary: &Summary) -> Table {
    let mut table = Table::new(&["#", "<operator", "<source", "<output", "MACs", "weights", "live arena"]);
    for layer in &summary.layers {
        let shapes: Vec<String> = layer.output_shapes.iter().map(|s| shape_text(s)).collect();
        table.row([
            layer.index.to_string(),
            layer.custom.as_ref().map_or(layer.operator.into(), |name| format!("{} {name}", layer.operator)),
            layer.source.clone(),
            shapes.join(" "),
            thousands(layer.macs),
            thousands(layer.weight_bytes),
            thousands(layer.live_arena_bytes),
        ]);
    }
    table
}

fn facts(summary: &Summary) -> Vec<(&'static str, String)> {
    let of = |now: u64, source: u64| match source {
        0 => thousands(now),
        _ if now == source => thousands(now),
        _ => format!("{} (source {})", thousands(now), thousands(source)),
    };
    let quantizer = ("quantised", summary.quantizer.clone());
    let mut facts = vec![
        ("arena", format!("{} B", thousands(summary.arena_bytes))),
        ("of it scratch", format!("{} B", thousands(summary.scratch_bytes))),
        ("state", format!("{} B", thousands(summary.state_bytes))),
        ("file", bytes(summary.file_bytes as u64)),
        ("constants", bytes(summary.constant_bytes as u64)),
        ("MACs", of(summary.macs, summary.source_macs)),
        ("weights in bytes", of(summary.weight_bytes, summary.source_weight_bytes)),
        ("operators", summary.operators.to_string()),
        ("packing", summary.packing.into()),
        ("numerics", summary.numerics.into()),
        ("golden vectors", summary.golden_vectors.to_string()),
    ];
    facts.extend((!quantizer.1.is_empty()).then_some(quantizer));
    facts
}

fn to_text(summary: &Summary, picture: &ArenaPicture) -> String {
    let mut lines = vec![format!("{} {}  ({})", summary.name, summary.version, summary.producer)];
    lines.push(format!("source sha256 {}\n", summary.source_sha256));
    lines.extend(facts(summary).into_iter().map(|(what, value)| format!("  {what:<18} {value}")));
    lines.push(format!("\n{}\n\n{}\n", port_table(summary).to_text(), layer_table(summary).to_text()));
    lines.push("arena over time".into());
    lines.push(picture.to_text());
    lines.join("\n")
}

/// The picture of the operators.
fn model_graph(model: &Model<'_>) -> String {
    graph::to_svg(&network(&Side::new(model)), |_| graph::Remark::default())
}

fn to_html(summary: &Summary, graph: &str, picture: &ArenaPicture) -> String {
    let figures: Vec<(&str, String)> = facts(summary);
    let body = format!(
        "<h1>{}</h1>\n<p>version {} · {} · source sha256 {}</p>\n{}<h2>Inputs and outputs</h2>\n{}\
         <h2>Graph</h2>\n{graph}<h2>Arena over time</h2>\n<p>One block per tensor: width is its lifetime, height its \
         bytes.</p>\n{}<h2>Layers</h2>\n{}",
        html::escape(&summary.name),
        html::escape(&summary.version),
        html::escape(&summary.producer),
        summary.source_sha256,
        html::figures(&figures),
        port_table(summary).to_html(),
        picture.to_svg(),
        layer_table(summary).to_html(),
    );
    html::page(&summary.name, &body)
}
