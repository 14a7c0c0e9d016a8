//! "How to add an operator", as a test: a part that is missing is named.

use mote_conformance::generate::{families, generate};
use mote_conformance::golden::{cases, operators_folder};
use mote_conformance::runner::{compiled, kernel_sets};
use mote_format::{ModelFile, Numerics, OpCode};
use mote_graph::Graph;
use mote_import::{ImportOptions, import_tflite, supported_operators};
use std::collections::{BTreeMap, BTreeSet};

/// Operators of a model file without a stored golden, with the reason.
const WITHOUT_GOLDEN: &[(OpCode, &str)] = &[];

/// Graph operators that the file format has no operator of the same name for, with the reason.
const WITHOUT_IMPORT: &[(&str, &str)] = &[
    ("RELU_N1_TO_1", "the references compute it only as a fused activation"),
    ("LOOKUP", "TFLite has no such operator: quantised ONNX functions become it"),
];

/// Source operators that leave nothing in the graph, with the reason.
const FOLDED: &[(&str, &str)] = &[("SHAPE", "shapes are known: the importer makes its result a constant")];

/// Operator codes in a model file.
fn codes(file: &[u8]) -> BTreeSet<OpCode> {
    let mut records = ModelFile::read(file).expect("a compiled file is readable").operators();
    let mut found = BTreeSet::new();
    while let Some(record) = records.next_record() {
        let record = record.expect("a compiled record is readable");
        found.insert(OpCode(record.code));
    }
    found
}

/// Operator codes a graph is lowered to under either rounding; none when it is refused.
fn lowered_codes(graph: &Graph) -> BTreeSet<OpCode> {
    let files = [Numerics::Tflm, Numerics::Litert].map(|numerics| compiled(graph, numerics, false));
    files.iter().flatten().flat_map(|file| codes(file)).collect()
}

#[test]
fn every_operator_code_has_all_its_parts() {
    let (mut generated, mut golden) = (BTreeSet::new(), BTreeSet::new());
    for family in families() {
        for seed in 0..40 {
            generated.extend(lowered_codes(&generate(family, seed)));
        }
    }
    for case in cases().cases {
        let bytes = std::fs::read(operators_folder().join(&case.file)).expect("the model is in the repository");
        if let Ok(imported) = import_tflite(&bytes, &ImportOptions::default()) {
            golden.extend(lowered_codes(&imported.graph));
        }
    }
    let mut missing = Vec::new();
    for &code in OpCode::ALL {
        let name = code.name();
        for set in kernel_sets() {
            match set.operators.iter().filter(|entry| entry.code == code).count() {
                1 => {}
                // The native set puts an instruction set's kernel before the portable one: the first is taken.
                2 if set.name == "native" => {}
                0 => missing.push(format!("{name}: not in the set {}", set.name)),
                count => missing.push(format!("{name}: {count} times in the set {}", set.name)),
            }
        }
        if !generated.contains(&code) {
            missing.push(format!("{name}: no generated case is lowered to it (src/generate)"));
        }
        let excused = WITHOUT_GOLDEN.iter().any(|(listed, _)| *listed == code);
        if golden.contains(&code) == excused {
            missing.push(format!("{name}: a golden case (tests/golden) or a reason in WITHOUT_GOLDEN, not both"));
        }
    }
    let known: BTreeSet<_> = OpCode::ALL.iter().copied().collect();
    for set in kernel_sets() {
        for entry in set.operators.iter().filter(|entry| !known.contains(&entry.code)) {
            missing.push(format!("code {} in the set {} is not in OpCode::ALL", entry.code.0, set.name));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_graph_operator_is_generated_imported_and_lowered() {
    let importable: BTreeSet<&str> = supported_operators().collect();
    let mut missing = Vec::new();
    let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
    for family in families() {
        for seed in 0..10 {
            let graph = generate(family, seed);
            for node in &graph.nodes {
                *seen.entry(node.operator.name()).or_default() |= compiled(&graph, Numerics::Tflm, false).is_ok();
            }
        }
        if !seen.contains_key(family.operator) {
            missing.push(format!("{}: the generator makes no such operator", family.operator));
        }
    }
    for (name, lowered) in &seen {
        if !lowered {
            missing.push(format!("{name}: no generated case can be lowered"));
        }
        let excused = WITHOUT_IMPORT.iter().any(|(listed, _)| listed == name);
        if importable.contains(name) == excused {
            missing.push(format!("{name}: an importer's arm or a reason in WITHOUT_IMPORT, not both"));
        }
    }
    // Source operators that become another graph operator, or none.
    let aliases = [
        ("PADV2", "PAD"),
        ("SQUEEZE", "RESHAPE"),
        ("EXPAND_DIMS", "RESHAPE"),
        ("SPLIT_V", "SPLIT"),
        ("SLICE", "STRIDED_SLICE"),
        ("VAR_HANDLE", "READ_VARIABLE"),
        ("CALL_ONCE", "READ_VARIABLE"),
    ];
    let golden: BTreeSet<String> = cases().cases.into_iter().map(|case| case.operator).collect();
    for name in importable.into_iter().filter(|name| !FOLDED.iter().any(|(folded, _)| folded == name)) {
        let graph_name = aliases.iter().find(|(source, _)| *source == name).map_or(name, |(_, graph)| graph);
        if !seen.contains_key(graph_name) {
            missing.push(format!("{name}: imported, but no generator makes {graph_name}"));
        }
        let through_variables = ["READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"].contains(&name);
        if !golden.contains(if through_variables { "VAR_HANDLE" } else { name }) {
            missing.push(format!("{name}: imported, but tests/golden has no case of it"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
