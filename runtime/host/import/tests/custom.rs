//! Custom operators: refused by name until they are allowed, then taken as they are.

#[path = "common/builder.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod builder;

use builder::*;
use mote_graph::Operator as GraphOperator;
use mote_import::{ImportOptions, ImportReport, Imported, import_tflite};
use std::path::PathBuf;

fn import(bytes: &[u8], allowed: &[&str]) -> Result<Imported, ImportReport> {
    let custom_operators = allowed.iter().map(|name| name.to_string()).collect();
    import_tflite(bytes, &ImportOptions { custom_operators, ..ImportOptions::default() })
}

fn int8(shape: &[i32], scale: f32, zero_point: i64) -> Entry {
    tensor(TensorType::INT8, shape).quantized(scale, zero_point)
}

/// Constant bytes by the formula that other tests take inputs from.
fn values(count: usize, factor: usize) -> Vec<u8> {
    (0..count).map(|index| (index * factor + 11) as u8).collect()
}

fn dense(inputs: &[i32], output: i32) -> Step {
    step(BuiltinOperator::FULLY_CONNECTED, inputs, &[output]).options(|b| {
        let made = FullyConnectedOptions::create(b, &FullyConnectedOptionsArgs::default());
        (BuiltinOptions::FullyConnectedOptions, made.as_union_value())
    })
}

/// 8 inputs, a dense layer, MOVING_MAXIMUM over three of its 16 outputs, a dense layer to 4 outputs. Multipliers are
/// powers of two, so that results can be computed by hand.
fn moving_maximum() -> Vec<u8> {
    let bias = |count: usize, scale: f32| {
        let data = (0..count as i32).flat_map(|index| (index * 97 - 400).to_le_bytes()).collect();
        tensor(TensorType::INT32, &[count as i32]).quantized(scale, 0).data(data)
    };
    let entries = vec![
        int8(&[1, 8], 1.0, 0),
        int8(&[16, 8], 0.5, 0).data(values(128, 53)),
        bias(16, 0.5),
        int8(&[1, 16], 128.0, 3),
        int8(&[1, 16], 128.0, 3),
        int8(&[4, 16], 0.5, 0).data(values(64, 91)),
        bias(4, 64.0),
        int8(&[1, 4], 16384.0, -5),
    ];
    let custom =
        Step { custom: Some("MOVING_MAXIMUM"), custom_options: vec![3], ..step(BuiltinOperator::CUSTOM, &[3], &[4]) };
    model(&[(entries, vec![dense(&[0, 1, 2], 3), custom, dense(&[4, 5, 6], 7)], vec![0], vec![7])])
}

/// The file that other tests and boards use. `MOTE_REMAKE=1` writes it.
#[test]
fn the_committed_model_is_what_the_builder_makes() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/custom");
    let path = folder.join("moving_maximum_int8.tflite");
    if std::env::var_os("MOTE_REMAKE").is_some() {
        std::fs::write(&path, moving_maximum()).expect("the folder is writable");
    }
    assert!(std::fs::read(&path).expect("the file is there") == moving_maximum(), "remake it with MOTE_REMAKE=1");
}

#[test]
fn a_custom_operator_is_taken_when_it_is_allowed() {
    let imported = import(&moving_maximum(), &["OTHER", "MOVING_MAXIMUM"]).expect("a model");
    let expected = GraphOperator::Custom { name: "MOVING_MAXIMUM".into(), options: vec![3] };
    assert_eq!(imported.graph.nodes[1].operator, expected);
    assert_eq!(imported.graph.nodes[1].origin, "#1 MOVING_MAXIMUM");
}

#[test]
fn the_blocker_names_it_and_says_how_to_allow_it() {
    for allowed in [&[][..], &["MOVING"], &["moving_maximum"]] {
        let report = import(&moving_maximum(), allowed).expect_err("a refusal");
        let blocker = report.blockers().next().expect("a blocker");
        assert!(blocker.reason.contains("'MOVING_MAXIMUM'"), "{report}");
        assert!(blocker.fix.contains("--custom MOVING_MAXIMUM"), "{report}");
    }
}

#[test]
fn what_no_model_file_can_hold_is_a_blocker() {
    let single = |name: &'static str, options: Vec<u8>, inputs: Vec<i32>, outputs: Vec<i32>, axis: &[f32]| {
        let mut constant = int8(&[2, 2], 0.5, 0).data(vec![1; 4]);
        constant.scale = axis.to_vec();
        constant.zero_point = vec![0; axis.len()];
        let entries = vec![int8(&[1, 2], 1.0, 0), constant, int8(&[1, 2], 1.0, 0)];
        let step =
            Step { custom: Some(name), custom_options: options, ..step(BuiltinOperator::CUSTOM, &inputs, &outputs) };
        let report = import(&model(&[(entries, vec![step], vec![0], vec![2])]), &[name]);
        report.map(drop).map_err(|report| report.to_string())
    };
    let long: &'static str = "N".repeat(64).leak();
    assert_eq!(single("F", vec![7; 4096], vec![0, 1], vec![2], &[0.5]), Ok(()));
    let refused = |answer: Result<(), String>, words: &str| {
        let text = answer.expect_err(words);
        assert!(text.contains(words), "{text}");
    };
    refused(single(long, vec![], vec![0], vec![2], &[0.5]), "name of 64 bytes");
    refused(single("É", vec![], vec![0], vec![2], &[0.5]), "printable ASCII");
    refused(single("F", vec![7; 4097], vec![0], vec![2], &[0.5]), "4097 bytes of options");
    refused(single("F", vec![], vec![0; 32], vec![2], &[0.5]), "32 inputs and 1 outputs");
    refused(single("F", vec![], vec![0, -1], vec![2], &[0.5]), "input 1 is missing");
    refused(single("F", vec![], vec![0, 1], vec![2], &[0.5, 0.25]), "quantised per channel");
}
