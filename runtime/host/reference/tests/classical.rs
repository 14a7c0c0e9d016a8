//! Classical models as scikit-learn's converter writes them, beside onnxruntime's answers (`classical/make.py`).

use mote_reference::{Elements, FloatModel, LoadOptions, Tensor};
use serde_json::Value;
use std::path::Path;

/// Largest difference, relative to the larger of 1 and the answer: a folded Scaler rounds its products elsewhere.
const TOLERANCE: f64 = 1e-5;

fn rows(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).expect("rows of numbers")
}

fn load(name: &str) -> FloatModel {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/classical").join(format!("{name}.onnx"));
    let bytes = std::fs::read(path).expect("the model is there");
    FloatModel::from_onnx(&bytes, &LoadOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn scores_equal_onnxruntimes() {
    let answers: Value = serde_json::from_str(include_str!("classical/answers.json")).expect("answers are JSON");
    let mut wrong = Vec::new();
    for (name, stored) in answers.as_object().expect("models by name") {
        let model = load(name);
        assert_eq!(model.outputs().len(), 1, "{name}: scores alone are left");
        let mut largest = 0.0f64;
        for (row, expected) in rows(&stored["inputs"]).iter().zip(rows(&stored["scores"])) {
            let elements = Elements::Real(row.iter().map(|&value| value as f32).collect());
            let input = Tensor { shape: vec![1, row.len()], elements };
            let output = model.run(&[input]).unwrap_or_else(|error| panic!("{name}: {error}")).swap_remove(0);
            let Elements::Real(scores) = output.elements else { panic!("{name}: scores are real") };
            assert_eq!(scores.len(), expected.len(), "{name}");
            for (score, expected) in scores.iter().zip(&expected) {
                let difference = (f64::from(*score) - expected).abs() / expected.abs().max(1.0);
                largest = if difference.is_nan() { f64::INFINITY } else { largest.max(difference) };
            }
        }
        println!("{name:<24} {largest:>10.2e}  {}", stored["operators"]);
        if largest > TOLERANCE {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "beyond {TOLERANCE}: {wrong:?}");
}

#[test]
fn classes_keep_their_names() {
    assert_eq!(load("logistic_three_named").class_labels(), ["setosa", "versicolor", "virginica"]);
    assert_eq!(load("forest").class_labels(), ["setosa", "versicolor", "virginica"]);
    assert_eq!(load("tree").class_labels(), ["0", "1", "2"]);
    assert!(load("linear_regression").class_labels().is_empty());
}
