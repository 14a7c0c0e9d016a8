//! From a float model and samples to an int8 model, and both on labelled data.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../models")
}

fn mote(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mote")).args(arguments).output().expect("mote starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("--json prints one document")
}

fn figure(evaluation: &Value, model: usize, name: &str) -> f64 {
    evaluation["models"][model][name].as_f64().unwrap_or_else(|| panic!("no {name} in {evaluation}"))
}

#[test]
fn a_float_model_becomes_int8_and_keeps_its_accuracy() {
    let folder = std::env::temp_dir().join(format!("mote-quantise-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let (float, data) = (models().join("digits/digits_float.tflite"), models().join("digits/test.npz"));
    let compiled = folder.join("digits.mote");
    let arguments = ["--json", "compile", text(&float), "-o", text(&compiled), "--calibrate", text(&data)];
    let report = json(&mote(&[&arguments[..], &["--samples", "100"]].concat()));
    let quantization = &report["quantization"];
    assert_eq!(quantization["samples"], 100);
    assert!(quantization["chosen"]["output_sqnr_db"].as_f64().expect("a number") > 20.0, "{quantization}");
    let trials = quantization["trials"].as_array().expect("trials");
    assert!(trials.len() > 16 && trials.iter().any(|trial| trial["weights_fitted"] == true), "{quantization}");

    // What was calibrated on is left out.
    let arguments = ["--json", "eval", text(&float), text(&compiled), "--data", text(&data), "--skip", "100"];
    let evaluation = json(&mote(&arguments));
    let (before, after) = (figure(&evaluation, 0, "accuracy"), figure(&evaluation, 1, "accuracy"));
    assert!(before > 0.9 && after >= before - 0.005, "{before} {after}");
    let counts: u64 = evaluation["models"][1]["confusion"]
        .as_array()
        .expect("a matrix")
        .iter()
        .flat_map(|row| row.as_array().expect("a row").iter().filter_map(Value::as_u64))
        .sum();
    assert_eq!(counts, 260);

    let arguments = ["inspect", text(&compiled)];
    let shown = mote(&arguments);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("post-training int8"), "the passport says how");

    // An int8 model has nothing to calibrate.
    let int8 = models().join("digits/digits_int8.tflite");
    let refused = mote(&["compile", text(&int8), "-o", text(&compiled), "--calibrate", text(&data)]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("quantised already"));
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

/// A model, and its figures by the names of `mote eval` and of `model.toml`.
type Figures = (&'static str, &'static [(&'static str, &'static str)]);

const FIGURES: &[Figures] = &[
    ("digits", &[("accuracy", "accuracy")]),
    ("sine", &[("mse", "mean_squared_error"), ("mae", "mean_absolute_error")]),
    ("linear", &[("mse", "mean_squared_error"), ("mae", "mean_absolute_error")]),
    ("fraud", &[("accuracy", "accuracy"), ("precision", "precision"), ("recall", "recall"), ("roc_auc", "roc_auc")]),
];

/// Figures of scikit-learn and numpy over the same outputs: the models give the same bytes as the interpreter they were
/// measured in.
#[test]
fn figures_equal_those_of_the_models_pages() {
    for (model, figures) in FIGURES {
        let folder = models().join(model);
        let file = folder.join(format!("{model}_int8.tflite"));
        let evaluation = json(&mote(&["--json", "eval", text(&file), "--data", text(&folder.join("test.npz"))]));
        let page = page(model);
        for (name, page_name) in *figures {
            let found = figure(&evaluation, 0, name);
            let interval = &evaluation["models"][0]["interval_95"][*name];
            assert!(interval[0].as_f64() <= Some(found) && Some(found) <= interval[1].as_f64(), "{interval} {found}");
            let expected = page["expected"][*page_name].as_float().expect("the page has the figure");
            let close = 1e-6f64.min(1e-4 * expected.abs());
            assert!((found - expected).abs() < close, "{model} {name}: {found}, {expected}");
        }
    }
}

/// A model's page.
fn page(model: &str) -> toml::Table {
    let page = std::fs::read_to_string(models().join(model).join("model.toml")).expect("the model has its page");
    page.parse().expect("the page is TOML")
}

#[test]
fn data_that_does_not_fit_is_refused_by_name() {
    let file = models().join("digits/digits_int8.tflite");
    let other = models().join("fraud/test.npz");
    let output = mote(&["eval", text(&file), "--data", text(&other)]);
    assert_eq!(output.status.code(), Some(2));
    let data = models().join("digits/test.npz");
    let output = mote(&["eval", text(&file), "--data", text(&data), "--label-column", "truth"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no array 'truth'"));
}
