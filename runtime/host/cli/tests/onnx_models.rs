//! Our models that come from ONNX: the float file in tract and the int8 model made of it, against their pages.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A model, what `mote eval` must be told, and the figures that its page holds.
type Entry = (&'static str, &'static [&'static str], &'static [&'static str]);

const MODELS: &[Entry] = &[
    ("digits_cnn", &[], &["accuracy"]),
    ("har", &[], &["accuracy"]),
    ("card_default", &[], &["accuracy", "precision", "recall", "roc_auc"]),
    ("tumour_anomaly", &["--task", "anomaly"], &["roc_auc"]),
];

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

#[test]
fn float_and_int8_figures_are_those_of_the_pages() {
    let folder = std::env::temp_dir().join(format!("mote-onnx-models-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let mut wrong = Vec::new();
    for (name, task, figures) in MODELS {
        let model = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../models").join(name);
        let (source, compiled) = (model.join(format!("{name}.onnx")), folder.join(format!("{name}.mote")));
        let (data, calibration) = (model.join("test.npz"), model.join("calibration.npz"));
        let arguments = ["--json", "compile", text(&source), "-o", text(&compiled), "--calibrate", text(&calibration)];
        json(&mote(&arguments));
        let arguments = ["--json", "eval", text(&source), text(&compiled), "--data", text(&data)];
        let evaluation = json(&mote(&[&arguments[..], task].concat()));
        assert_eq!(evaluation["models"][0]["engine"], "tract");
        assert_eq!(evaluation["models"][1]["engine"], "mote");

        let page = std::fs::read_to_string(model.join("model.toml")).expect("the model has its page");
        let expected = &page.parse::<toml::Table>().expect("the page is TOML")["expected"];
        for figure in *figures {
            let float = evaluation["models"][0][*figure].as_f64().expect("a number");
            let int8 = evaluation["models"][1][*figure].as_f64().expect("a number");
            println!("{name:<16} {figure:<10} float {float:.6}  int8 {int8:.16}");
            let number = |value: &toml::Value, key: &str| value.get(key).and_then(toml::Value::as_float);
            let float_expected = number(&expected["float"], figure).expect("the page has the float figure");
            let int8_expected = number(expected, figure).unwrap_or(f64::NAN);
            let tolerance = number(expected, &format!("{figure}_tolerance")).unwrap_or(0.0).max(1e-6);
            let good = (float - float_expected).abs() < 1e-6 && (int8 - int8_expected).abs() <= tolerance;
            if !good {
                wrong.push(format!("{name} {figure}: {float} and {int8}, not {float_expected} and {int8_expected}"));
            }
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
