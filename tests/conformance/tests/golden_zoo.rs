//! Whole models against the references' stored outputs, on every kernel set. The models are third-party and not part of
//! the repository: `MOTE_ZOO`, else `../shared/zoo` beside it; without them each test names itself as skipped.

use mote_conformance::compare::{TERM_TOLERANCE, difference};
use mote_conformance::golden::{element_type, formula_input, zoo};
use mote_conformance::runner::{Tensors, compiled, kernel_sets, run};
use mote_format::Numerics;
use mote_import::{ImportOptions, import_tflite};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Models that this version refuses, with words of the reason.
const REFUSED: &[(&str, &str)] = &[
    ("tflm/audio_preprocessor_int8.tflite", "Signal"),
    ("tflm/keyword_scrambled_16x8.tflite", "SVDF"),
    ("tflm/mnist_lstm_float.tflite", "UNIDIRECTIONAL_SEQUENCE_LSTM"),
];

/// Models with int8 weights and float activations: the reference rounds activations to 8 bits while it runs, Mote computes
/// with floats. Largest difference of an output.
const HYBRID: &[(&str, f64)] = &[("mlperf/kws01_dscnn_hybrid.tflite", 0.004)];

fn zoo_or_skip(test: &str) -> Option<PathBuf> {
    let found = zoo();
    if found.is_none() {
        println!("SKIPPED: {test} (no zoo: set MOTE_ZOO)");
    }
    found
}

/// A model compiled as usual: slimmed, TFLM's rounding.
fn model(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let imported = import_tflite(&bytes, &ImportOptions::default()).map_err(|report| report.to_string())?;
    compiled(&imported.graph, Numerics::Tflm, true).map_err(|error| error.to_string())
}

#[test]
fn zoo_models_equal_their_goldens() {
    let Some(zoo) = zoo_or_skip("zoo_models_equal_their_goldens") else { return };
    let text = std::fs::read_to_string(zoo.join("golden/index.json")).expect("the zoo has an index");
    let index: Vec<Value> = serde_json::from_str(&text).expect("the index is JSON");
    let (mut wrong, mut models) = (Vec::new(), 0);
    for entry in &index {
        let name = entry["model"].as_str().expect("a model has a name");
        if !["mlperf/", "tflm/", "wakeword/"].iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let file = match (model(&zoo.join("models").join(name)), REFUSED.iter().find(|(listed, _)| *listed == name)) {
            (Ok(file), None) => file,
            (Err(reason), Some((_, words))) if reason.contains(words) => continue,
            (Ok(_), Some(_)) => {
                wrong.push(format!("{name}: taken, though listed as refused"));
                continue;
            }
            (Err(reason), _) => {
                wrong.push(format!("{name}: {reason}"));
                continue;
            }
        };
        models += 1;
        let tolerance = HYBRID.iter().find(|(listed, _)| *listed == name).map_or(0.0, |(_, tolerance)| *tolerance);
        let outputs = entry["outputs"].as_array().expect("outputs");
        let last = outputs.iter().filter_map(|output| output["step"].as_u64()).max().expect("steps") as usize;
        let inputs: Vec<Tensors> = (0..=last).map(|step| inputs(entry, step)).collect();
        for set in kernel_sets() {
            let found = match run(&file, set, &inputs, None) {
                Ok(found) => found,
                Err(error) => {
                    wrong.push(format!("{name} {}: {error}", set.name));
                    continue;
                }
            };
            for output in outputs {
                let (step, index) = (number(&output["step"]), number(&output["output"]));
                let stored = zoo.join("golden").join(output["file"].as_str().expect("a file"));
                let expected = std::fs::read(&stored).expect("a golden file");
                let kind = element_type(output["dtype"].as_str().expect("a dtype"));
                if let Some(what) = difference(kind, &expected, &found[step][index], tolerance / TERM_TOLERANCE) {
                    wrong.push(format!("{name} {} step {step} output {index}: {what}", set.name));
                }
            }
        }
    }
    println!("{models} models on {} kernel sets", kernel_sets().len());
    assert!(models >= 12, "only {models} models ran");
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

fn number(value: &Value) -> usize {
    value.as_u64().expect("a number") as usize
}

fn inputs(entry: &Value, step: usize) -> Tensors {
    let ports = entry["inputs"].as_array().expect("inputs").iter().enumerate();
    let bytes = |(index, port): (usize, &Value)| {
        let elements = port[0].as_array().expect("a shape").iter().map(number).product();
        formula_input(element_type(port[1].as_str().expect("a dtype")), elements, step, index)
    };
    ports.map(bytes).collect()
}

/// Samples of a benchmark set through its model: all on the fast sets, every eighth on the slow one.
fn samples(name: &str, path: &str, data: &str, count: usize, is_image: bool) {
    let Some(zoo) = zoo_or_skip(name) else { return };
    let file = model(&zoo.join("models/mlperf").join(path)).expect("the model compiles");
    let x = std::fs::read(zoo.join("data").join(data).join("x.bin")).expect("samples");
    let golden = std::fs::read(zoo.join("data").join(data).join("golden_tflm_int8.bin")).expect("outputs");
    let each = golden.len() / count;
    let inputs: Vec<Tensors> = samples_of(&file, &x, count, is_image);
    for set in kernel_sets() {
        let step = if set.name == "reference" { 8 } else { 1 };
        let chosen: Vec<Tensors> = inputs.iter().step_by(step).cloned().collect();
        let found = run(&file, set, &chosen, None).expect("the model runs");
        let wrong = golden.chunks(each).step_by(step).zip(&found).filter(|(golden, found)| found[0] != *golden).count();
        println!("{name}: {} of {} samples equal on {}", found.len() - wrong, found.len(), set.name);
        assert_eq!((wrong, found.len()), (0, count.div_ceil(step)), "{name} on {}", set.name);
    }
}

/// Raw int8 samples; a set of images stores unsigned bytes, whose zero point of 0 becomes -128.
fn samples_of(file: &[u8], x: &[u8], count: usize, is_image: bool) -> Vec<Tensors> {
    let sets = kernel_sets();
    let model = mote_engine::Model::parse(file, sets[1].operators).expect("the model parses");
    let bytes = model.input(0).expect("an input").bytes as usize;
    assert_eq!(x.len(), bytes * count, "samples are stored as the model's input");
    let shift = if is_image { 0x80 } else { 0 };
    x.chunks(bytes).map(|sample| vec![sample.iter().map(|byte| byte ^ shift).collect()]).collect()
}

#[test]
fn keyword_samples_equal_their_goldens() {
    samples("keyword_samples_equal_their_goldens", "kws01_dscnn_int8.tflite", "kws01", 500, false);
}

#[test]
fn visual_wake_word_samples_equal_their_goldens() {
    samples("visual_wake_word_samples_equal_their_goldens", "vww01_mobilenetv1_int8.tflite", "vww01", 100, true);
}

#[test]
fn image_classification_samples_equal_their_goldens() {
    samples("image_classification_samples_equal_their_goldens", "ic01_resnet_int8.tflite", "ic_cifar10", 247, true);
}

#[test]
fn outputs_of_tflm_on_microcontrollers() {
    let Some(zoo) = zoo_or_skip("outputs_of_tflm_on_microcontrollers") else { return };
    let text = std::fs::read_to_string(zoo.join("golden/tflm_cortex_m_outputs.json")).expect("stored outputs");
    let stored: Value = serde_json::from_str(&text).expect("JSON");
    let files = [
        ("ad01_int8", "mlperf/ad01_autoencoder_int8.tflite"),
        ("kws_ref_model", "mlperf/kws01_dscnn_int8.tflite"),
        ("pretrainedResnet_quant", "mlperf/ic01_resnet_int8.tflite"),
        ("vww_96_int8", "mlperf/vww01_mobilenetv1_int8.tflite"),
        ("str_ww_ref_model", "mlperf/sww01_int8.tflite"),
        ("person_detect", "tflm/person_detect_int8.tflite"),
    ];
    for (name, answers) in stored["outputs"].as_object().expect("models") {
        let path = files.iter().find(|(key, _)| key == name).unwrap_or_else(|| panic!("{name}: which model?")).1;
        let file = model(&zoo.join("models").join(path)).expect("the model compiles");
        let parsed = mote_engine::Model::parse(&file, kernel_sets()[1].operators).expect("the model parses");
        let bytes = parsed.input(0).expect("an input").bytes as usize;
        let input: Vec<u8> = (0..bytes).map(|i| (i * 37 + 11) as u8).collect();
        for answer in answers.as_array().expect("answers") {
            let wanted = answer["int8"].as_array().expect("int8 values").iter();
            let expected: Vec<u8> = wanted.map(|value| value.as_i64().expect("a number") as u8).collect();
            for set in kernel_sets() {
                let found = run(&file, set, &[vec![input.clone()]], None).expect("the model runs");
                let what = difference(mote_graph::ElementType::I8, &expected, &found[0][0], 0.0);
                assert_eq!(what, None, "{name} on {}", set.name);
            }
        }
    }
}
