//! What generated sources say about a model, gathered once for all languages.

use super::report::Layer;
use mote_engine::Model;
use mote_format::{ElementType, GoldenInput, TensorRecord};
use std::collections::BTreeSet;

/// An input or output.
pub struct PortFacts {
    pub name: String,
    pub element_type: ElementType,
    pub shape: Vec<usize>,
    pub bytes: u32,
    pub scale: f32,
    pub zero_point: i32,
    pub labels: Vec<String>,
}

/// Input of a golden vector: a seed, or all inputs' bytes.
pub enum GoldenSource {
    Seed(u32),
    Bytes(Vec<u8>),
}

/// A golden vector.
pub struct GoldenFacts {
    pub source: GoldenSource,
    pub output_crc: u32,
}

/// Everything generated sources need.
pub struct Facts {
    /// Prefix of names.
    pub name: String,
    /// The model's own name and version.
    pub model_name: String,
    pub model_version: String,
    pub source_sha256: String,
    pub file: Vec<u8>,
    pub arena_bytes: u32,
    pub state_bytes: u32,
    pub macs: u64,
    pub layers: Vec<Layer>,
    /// Names of the operators used, each once, by code.
    pub operators: Vec<&'static str>,
    /// Names of the custom operators, each once, sorted.
    pub custom_operators: Vec<String>,
    pub inputs: Vec<PortFacts>,
    pub outputs: Vec<PortFacts>,
    pub golden: Vec<GoldenFacts>,
}

impl Facts {
    pub fn new(name: &str, model: &Model<'_>, bytes: &[u8]) -> Self {
        let header = model.header();
        let passport = model.passport();
        let (input_names, output_names) = super::super::run::port_names(model);
        let labels = |index| -> Vec<String> {
            let port = passport.and_then(|p| p.outputs.iter().nth(index));
            port.map(|port| port.labels.lines().map(String::from).collect()).unwrap_or_default()
        };
        let input = |(index, name)| port(name, model.input(index), Vec::new());
        let output = |(index, name)| port(name, model.output(index), labels(index));
        let mut codes: Vec<_> = model.operations().map(|(operation, _)| operation.code()).collect();
        codes.sort();
        codes.dedup();
        codes.retain(|code| !code.is_custom());
        let custom = model.operations().filter_map(|(operation, _)| operation.custom_name());
        let custom: BTreeSet<String> = custom.map(String::from).collect();
        let golden = passport.map(|p| p.golden.iter().collect::<Vec<_>>()).unwrap_or_default();
        Self {
            name: name.into(),
            model_name: passport.map(|p| p.name.into()).unwrap_or_default(),
            model_version: passport.map(|p| p.version.into()).unwrap_or_default(),
            source_sha256: passport
                .map(|p| p.source_sha256.iter().map(|byte| format!("{byte:02x}")).collect())
                .unwrap_or_default(),
            file: bytes[..header.file_bytes as usize].to_vec(),
            arena_bytes: header.arena_bytes,
            state_bytes: header.state_bytes,
            macs: passport.map_or(0, |p| p.macs),
            layers: Layer::all(model),
            operators: codes.into_iter().map(|code| code.name()).collect(),
            custom_operators: custom.into_iter().collect(),
            inputs: input_names.into_iter().enumerate().map(input).collect(),
            outputs: output_names.into_iter().enumerate().map(output).collect(),
            golden: golden
                .iter()
                .map(|vector| GoldenFacts {
                    source: match vector.input {
                        GoldenInput::Seed(seed) => GoldenSource::Seed(seed),
                        GoldenInput::Bytes(bytes) => GoldenSource::Bytes(bytes.to_vec()),
                    },
                    output_crc: vector.output_crc,
                })
                .collect(),
        }
    }
}

fn port(name: String, record: Option<TensorRecord>, labels: Vec<String>) -> PortFacts {
    let record = record.expect("ports were checked at load");
    PortFacts {
        name,
        element_type: record.element_type,
        shape: record.shape.extents().iter().map(|&extent| extent as usize).collect(),
        bytes: record.bytes,
        scale: record.scale,
        zero_point: record.zero_point,
        labels,
    }
}

/// `text` as the inside of a string literal of C or Rust: names come from files that anyone may have made, so
/// nothing but plain characters is let through.
pub fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-.,:;/()[]<>+=#%&'!~^|{}@$".contains(c);
    text.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}
