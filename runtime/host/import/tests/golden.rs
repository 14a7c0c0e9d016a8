//! The repository's own one-operator models and malformed files.

mod common;

use mote_graph::verify;
use mote_import::{ImportOptions, import_tflite};

/// Operator models that references run and this importer does not: name, or its beginning, and part of the reason.
const REFUSED: &[(&str, &str)] = &[
    ("add_i32_", "no kernel computes this operator on int32"),
    ("sub_i32_", "no kernel computes this operator on int32"),
    ("mul_i32_", "no kernel computes this operator on int32"),
    ("maximum_i32_", "no kernel computes this operator on int32"),
    ("minimum_i32_", "no kernel computes this operator on int32"),
    ("cast_i16_", "no kernel casts int16"),
    ("cast_i8_to_i16", "no kernel casts int16"),
    ("softmax_i8_to_i16", "int16 activations with a zero point other than 0"),
    ("concatenation_i8_differing_scales", "input and output quantisation differ"),
    ("relu6_i8_finer_output", "input and output quantisation differ"),
    ("fully_connected_i8_weight_zero_point", "weights with a zero point other than 0"),
];

#[test]
fn operator_models_import() {
    let files = common::tflite_files(&common::repository().join("tests/golden/operators"));
    if files.is_empty() {
        println!("SKIPPED: operator_models_import (tests/golden/operators holds no models)");
    }
    let mut imported = 0;
    let mut unexpected = Vec::new();
    for path in &files {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(path).expect("a readable file");
        match import_tflite(&bytes, &ImportOptions::default()) {
            Ok(model) => {
                verify(&model.graph).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(!model.graph.outputs.is_empty(), "{name}");
                imported += 1;
            }
            Err(report) => {
                let known = REFUSED.iter().find(|(start, _)| name.starts_with(start));
                let expected = known.is_some_and(|(_, reason)| report.blockers().all(|f| f.reason.contains(reason)));
                if !expected {
                    unexpected.push(format!("{name}: {report}"));
                }
            }
        }
    }
    println!("{imported} of {} operator models import", files.len());
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// Every file that breaks one rule is refused in words of that rule.
#[test]
fn malformed_files_are_refused_in_their_own_words() {
    let folder = common::repository().join("tests/golden/malformed");
    let Ok(index) = std::fs::read(folder.join("index.json")) else {
        println!("SKIPPED: malformed_files (no {}/index.json)", folder.display());
        return;
    };
    let index: serde_json::Value = serde_json::from_slice(&index).expect("an index of cases");
    let cases = index["cases"].as_array().expect("a list of cases");
    let mut wrong = Vec::new();
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let words = case["message_has_one_of"].as_array().expect("words of the message");
        let bytes = std::fs::read(folder.join(text("file"))).expect("a readable file");
        match import_tflite(&bytes, &ImportOptions::default()) {
            Ok(_) => wrong.push(format!("{} ({}) was imported", text("name"), text("wrong"))),
            Err(report) => {
                let message = report.to_string();
                let said = words.iter().filter_map(|word| word.as_str()).any(|word| message.contains(word));
                if !said || report.is_importable() {
                    wrong.push(format!("{} ({}): expected {words:?} in: {message}", text("name"), text("wrong")));
                }
            }
        }
    }
    println!("{} of {} malformed files refused as expected", cases.len() - wrong.len(), cases.len());
    assert!(!cases.is_empty());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
