//! What a generated model costs, for people: a summary for the terminal, and a page in Markdown with a row per layer.

use super::facts::{Facts, PortFacts, escaped};
use crate::commands::inspect;
use crate::render::table::{shape, thousands};
use mote_engine::Model;
use mote_format::write::Names;
use std::fmt::Write;

/// An operator of the model and its cost.
pub struct Layer {
    operator: &'static str,
    source: String,
    output: Vec<usize>,
    macs: u64,
    weight_bytes: u64,
    live_bytes: u64,
}

impl Layer {
    /// Those of a model, in the order they run in.
    pub fn all(model: &Model<'_>) -> Vec<Self> {
        let names = Names::decode(model.file().names()).unwrap_or_default();
        let picture = inspect::arena_picture(model);
        let layer = |(index, operation): (usize, mote_engine::Operation<'_>)| {
            let record = operation.output(0).ok().and_then(|operand| operand.record());
            Self {
                operator: operation.code().name(),
                source: names.operators.get(index).cloned().unwrap_or_default(),
                output: record
                    .map(|record| record.shape.extents().iter().map(|&extent| extent as usize).collect())
                    .unwrap_or_default(),
                macs: names.operator_macs.get(index).copied().unwrap_or(0),
                weight_bytes: names.operator_weight_bytes.get(index).copied().unwrap_or(0),
                live_bytes: picture.live_bytes(index + 1),
            }
        };
        model.operations().map(|(operation, _)| operation).enumerate().map(layer).collect()
    }
}

/// Totals and ports as lines of label and text.
fn lines(facts: &Facts) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = [
        ("source sha256", facts.source_sha256.clone()),
        ("model", format!("{} B of flash", thousands(facts.file.len() as u64))),
        ("arena", format!("{} B of RAM", thousands(facts.arena_bytes))),
        ("state", format!("{} B of RAM", thousands(facts.state_bytes))),
        ("MACs", thousands(facts.macs)),
        (
            "operators",
            format!("{} of {} kinds: {}", facts.layers.len(), facts.operators.len(), facts.operators.join(" ")),
        ),
        ("golden vectors", facts.golden.len().to_string()),
    ]
    .map(|(label, text)| (label.to_owned(), text))
    .into();
    let port = |kind: &str, port: &PortFacts| {
        let text = format!(
            "{}  {} {}  {} B  scale {:?}, zero point {}",
            escaped(&port.name),
            port.element_type.name(),
            shape(&port.shape),
            port.bytes,
            port.scale,
            port.zero_point
        );
        (kind.to_owned(), text)
    };
    lines.extend(facts.inputs.iter().map(|it| port("input", it)));
    lines.extend(facts.outputs.iter().map(|it| port("output", it)));
    lines
}

/// For the terminal.
pub fn summary(facts: &Facts) -> String {
    let mut text = format!("{} {}", escaped(&facts.model_name), escaped(&facts.model_version));
    for (label, value) in lines(facts) {
        write!(text, "\n  {label:<15} {value}").expect("strings take all");
    }
    text
}

/// The page: totals, then every layer with its share of the multiply-accumulates and what the arena holds while it runs.
pub fn markdown(facts: &Facts) -> String {
    let title = format!("# {} {}", cell(&facts.model_name), cell(&facts.model_version));
    let mut text = format!("{}\n\n", title.trim_end());
    text += "| | |\n|---|---|\n";
    for (label, value) in lines(facts) {
        writeln!(text, "| {label} | {} |", tabled(&value)).expect("strings take all");
    }
    text += "\n## Cost of each layer\n\n\
             `live` is what the arena holds while the layer runs; the largest of them, with scratch, is the arena.\n\n\
             | # | operator | layer | output | MACs | share | weight bytes | live bytes |\n\
             |---:|---|---|---|---:|---:|---:|---:|\n";
    for (index, layer) in facts.layers.iter().enumerate() {
        let share = if facts.macs == 0 { 0.0 } else { layer.macs as f64 * 100.0 / facts.macs as f64 };
        writeln!(
            text,
            "| {index} | {} | {} | {} | {} | {share:.1} % | {} | {} |",
            layer.operator,
            cell(&layer.source),
            shape(&layer.output),
            thousands(layer.macs),
            thousands(layer.weight_bytes),
            thousands(layer.live_bytes),
        )
        .expect("strings take all");
    }
    for (index, port) in facts.outputs.iter().enumerate().filter(|(_, port)| !port.labels.is_empty()) {
        let labels: Vec<String> = port.labels.iter().map(|label| cell(label)).collect();
        writeln!(text, "\nLabels of output {index}: {}", labels.join(", ")).expect("strings take all");
    }
    text
}

/// Text of a file inside a table: plain characters only.
fn cell(text: &str) -> String {
    tabled(&escaped(text))
}

/// Text inside a table: no bar that would end the cell, no markup.
fn tabled(text: &str) -> String {
    text.replace('|', "/").replace(['<', '>', '[', ']'], "_")
}
