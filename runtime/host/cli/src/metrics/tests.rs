//! Against scikit-learn's own figures on random answers, stored with them.

use super::*;
use serde_json::Value;

fn stored(kind: &str) -> Value {
    let text = include_str!("../../tests/data/scikit_learn_metrics.json");
    serde_json::from_str::<Value>(text).expect("the stored file is JSON")[kind].clone()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).expect("rows of numbers")
}

fn same(answers: &Answers, name: &str, expected: f64) {
    let all: Vec<usize> = (0..answers.samples()).collect();
    let figure = answers.figures(&all).into_iter().find(|figure| figure.name == name).expect("the figure is there");
    assert!((figure.value - expected).abs() < 1e-9, "{name}: {} instead of {expected}", figure.value);
}

fn classes(stored: &Value) -> Answers {
    let truth = serde_json::from_value(stored["truth"].clone()).expect("classes");
    Answers::Classes { scores: rows(&stored["scores"]), truth }
}

#[test]
fn several_classes() {
    let stored = stored("multi");
    let answers = classes(&stored);
    for (name, key) in [
        ("accuracy", "accuracy"),
        ("top_3_accuracy", "top3"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("f1", "f1"),
        ("cross_entropy", "ce"),
    ] {
        same(&answers, name, stored[key].as_f64().expect("a number"));
    }
    let each: Vec<f64> = serde_json::from_value(stored["roc"].clone()).expect("numbers");
    same(&answers, "roc_auc", each.iter().sum::<f64>() / each.len() as f64);
}

#[test]
fn two_classes() {
    let stored = stored("binary");
    for (name, key) in [
        ("accuracy", "accuracy"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("f1", "f1"),
        ("roc_auc", "roc"),
        ("cross_entropy", "ce"),
    ] {
        same(&classes(&stored), name, stored[key].as_f64().expect("a number"));
    }
}

#[test]
fn values() {
    let stored = stored("values");
    let answers = Answers::Values { predicted: rows(&stored["predicted"]), truth: rows(&stored["truth"]) };
    for name in ["mse", "mae", "r2"] {
        same(&answers, name, stored[name].as_f64().expect("a number"));
    }
}

#[test]
fn ties_count_half() {
    let answers = Answers::Scores { scores: vec![0.5; 6], truth: vec![true, false, true, false, false, true] };
    same(&answers, "roc_auc", 0.5);
}
