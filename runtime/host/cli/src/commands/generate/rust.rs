//! A module for Rust programs: the model embedded, its sizes, and the operators it needs.

use super::File;
use super::facts::{Facts, GoldenSource, PortFacts, escaped};
use super::report;
use std::fmt::Write;

/// The module and the model beside it.
pub fn files(facts: &Facts) -> Vec<File> {
    let name = &facts.name;
    vec![
        (format!("{name}.rs"), module(facts).into_bytes()),
        (format!("{name}.mote"), facts.file.clone()),
        (format!("{name}_report.md"), report::markdown(facts).into_bytes()),
    ]
}

/// Constant of the engine for an operator's name.
pub fn entry_name(operator: &str) -> String {
    operator.replace("conv2d", "conv_2d").to_uppercase()
}

fn module(facts: &Facts) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("strings take all");
    line(format!(
        "//! {} {}, made by mote generate; do not edit.\n",
        escaped(&facts.model_name),
        escaped(&facts.model_version)
    ));
    line("use mote_engine::{OperatorEntry, operators};\n".into());
    line("#[repr(C, align(16))]\nstruct Aligned<T: ?Sized>(T);\n".into());
    line(format!("static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!(\"{}.mote\"));\n", facts.name));
    line("/// The model, aligned for use in place.\npub static MODEL: &[u8] = &FILE.0;".into());
    let entries: Vec<String> =
        facts.operators.iter().map(|operator| format!("    &operators::{},\n", entry_name(operator))).collect();
    let custom = match facts.custom_operators.as_slice() {
        [] => String::new(),
        names => format!("\n/// Its custom operators come beside them: {}.", escaped(&names.join(", "))),
    };
    line(format!(
        "/// The operators it needs, and no others.{custom}\npub static OPERATORS: &[&OperatorEntry] = &[\n{}];",
        entries.concat()
    ));
    for (doc, name, value) in [
        ("Bytes of arena a session needs.", "ARENA_BYTES", u64::from(facts.arena_bytes)),
        ("Bytes of state buffer a session needs.", "STATE_BYTES", u64::from(facts.state_bytes)),
    ] {
        line(format!("/// {doc}\npub const {name}: usize = {value};"));
    }
    line(format!("/// Multiply-accumulates of one inference.\npub const MACS: u64 = {};", facts.macs));
    for (kind, ports) in [("INPUT", &facts.inputs), ("OUTPUT", &facts.outputs)] {
        for (index, port) in ports.iter().enumerate() {
            line(port_lines(&format!("{kind}_{index}"), port));
        }
    }
    let seeds: Vec<String> = facts
        .golden
        .iter()
        .filter_map(|vector| match vector.source {
            GoldenSource::Seed(seed) => Some(format!("({seed}, 0x{:08x})", vector.output_crc)),
            GoldenSource::Bytes(_) => None,
        })
        .collect();
    line("/// Seed of generated inputs and CRC-32 of all outputs, for self-tests.".into());
    line(format!("pub const GOLDEN: &[(u32, u32)] = &[{}];", seeds.join(", ")));
    out
}

fn port_lines(prefix: &str, port: &PortFacts) -> String {
    let mut lines = vec![
        format!("/// Extents of {}.", escaped(&port.name)),
        format!("pub const {prefix}_SHAPE: [usize; {}] = {:?};", port.shape.len(), port.shape),
        format!(
            "/// Scale of its stored integers; 0 when not quantised.\npub const {prefix}_SCALE: f32 = {:?};",
            port.scale
        ),
        format!("/// Zero point of its stored integers.\npub const {prefix}_ZERO_POINT: i32 = {};", port.zero_point),
    ];
    if !port.labels.is_empty() {
        let labels: Vec<String> = port.labels.iter().map(|label| format!("\"{}\"", escaped(label))).collect();
        lines.push(format!(
            "/// Class labels.\npub const {prefix}_LABELS: [&str; {}] = [{}];",
            labels.len(),
            labels.join(", ")
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::entry_name;
    use mote_engine::{OpCode, operators};

    #[test]
    fn names_are_those_of_the_engine() {
        assert_eq!(entry_name("depthwise_conv2d_i8"), "DEPTHWISE_CONV_2D_I8");
        let engine = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/engine/src/operators/mod.rs");
        let source = std::fs::read_to_string(engine).expect("the engine's sources are there");
        for entry in operators::generic() {
            let name = entry_name(OpCode(entry.code.0).name());
            assert!(source.contains(&format!("::{name},")), "{name}");
        }
    }
}
