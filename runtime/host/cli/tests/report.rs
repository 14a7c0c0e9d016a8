//! `mote compile --report`: one page that stands alone and says what `--json` says.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../models")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

fn json(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_mote")).args(arguments).output().expect("mote starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("--json prints one document")
}

/// Every element that is opened is closed, in order; attributes are quoted.
fn assert_well_formed(page: &str) {
    let body = page.strip_prefix("<!doctype html>").expect("a document type");
    let mut open: Vec<&str> = Vec::new();
    for (at, _) in body.match_indices('<') {
        let rest = &body[at + 1..];
        let inside = &rest[..rest.find('>').expect("a tag ends")];
        assert!(inside.matches('"').count().is_multiple_of(2), "quotes in <{inside}>");
        let name = inside.trim_start_matches('/').split([' ', '\n', '/']).next().expect("a name");
        match (inside.starts_with('/'), inside.ends_with('/'), name) {
            (true, ..) => assert_eq!(open.pop(), Some(name), "</{name}> at {at}"),
            (false, false, "meta" | "br") | (_, true, _) => {}
            (false, false, _) => open.push(name),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

fn assert_alone(page: &str) {
    for outside in ["http://", "https://", "src=", "<script", "<link", "@import", "url(http"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name}"))
}

#[test]
fn a_quantised_model_has_a_page_that_says_what_the_data_say() {
    let folder = std::env::temp_dir().join(format!("mote-report-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let (float, data) = (models().join("digits/digits_float.tflite"), models().join("digits/test.npz"));
    let (model, page) = (folder.join("digits.mote"), folder.join("report.html"));
    let arguments =
        ["--json", "compile", text(&float), "-o", text(&model), "--calibrate", text(&data), "--samples", "60"];
    let report = ["--report", text(&page), "--eval-data", text(&data), "--eval-skip", "60"];
    let found = json(&[&arguments[..], &report].concat());
    let page = std::fs::read_to_string(&page).expect("the page is there");
    assert_well_formed(&page);
    assert_alone(&page);

    let details = &found["details"];
    let layers = list(&details["layers"], "layers");
    assert!(layers.len() >= 7);
    for layer in layers {
        let (sqnr, index) = (layer["sqnr_db"].as_f64().expect("a figure"), layer["index"].as_u64().expect("an index"));
        assert!(page.contains(&format!("id=\"error-{index}\"")), "a row for operator {index}");
        assert!(page.contains(&format!("href=\"#error-{index}\"")), "a node that leads to it");
        assert!(page.contains(&format!("<td>{sqnr:.1}</td>")), "{layer}");
    }
    for operator in list(&found["report"], "operators") {
        assert!(page.contains(operator["operator"].as_str().expect("a name")));
    }
    for line in list(details, "activations") {
        let counts: u64 = list(&line["distribution"], "counts").iter().filter_map(Value::as_u64).sum();
        assert!(counts > 0 && line["clip"][0].as_f64() < line["clip"][1].as_f64(), "{line}");
    }
    assert_eq!(page.matches("aria-label=\"distribution of values\"").count(), list(details, "activations").len());
    assert_eq!(page.matches("aria-label=\"distribution of weights\"").count(), list(details, "weights").len());

    // The same figures as mote eval gives.
    let evaluation = json(&["--json", "eval", text(&model), "--data", text(&data), "--skip", "60"]);
    let both = list(details, "accuracy");
    assert_eq!((both[0]["model"].as_str(), both[1]["model"].as_str()), (Some("float"), Some("compiled")));
    assert_eq!(both[1]["figures"][0]["value"], evaluation["models"][0]["accuracy"]);
    assert_eq!(both[1]["figures"][0]["low"], evaluation["models"][0]["interval_95"]["accuracy"][0]);

    // Nothing changed is the model itself; more pruning means more zeros and fewer bytes.
    let release = list(details, "release");
    let number = |line: &Value, name: &str| line[name].as_f64().unwrap_or_else(|| panic!("no {name} in {line}"));
    assert_eq!(release[0]["figure"][1], evaluation["models"][0]["accuracy"]);
    assert_eq!(number(&release[0], "same_answer_share"), 1.0);
    for pair in release[..4].windows(2) {
        assert!(number(&pair[0], "zero_share") < number(&pair[1], "zero_share"));
        assert!(number(&pair[0], "deflated_bytes") > number(&pair[1], "deflated_bytes"));
    }
    assert!(number(&release[1], "zero_share") >= 0.3 && number(&release[3], "output_sqnr_db") < 40.0);
    for line in release {
        assert!(page.contains(line["change"].as_str().expect("words")));
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

#[test]
fn a_report_without_data_and_one_against_another_float_model() {
    let folder = std::env::temp_dir().join(format!("mote-report-plain-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let (int8, page) = (models().join("digits/digits_int8.tflite"), folder.join("report.html"));
    let model = folder.join("digits.mote");
    let arguments = ["--json", "compile", text(&int8), "-o", text(&model), "--report", text(&page)];
    let found = json(&arguments);
    assert!(found["details"]["layers"].is_null() && list(&found["details"], "release").len() == 6);
    let plain = std::fs::read_to_string(&page).expect("the page is there");
    assert_well_formed(&plain);
    assert!(plain.contains("Not run: no data was given") && !plain.contains("Error by layer"));

    let (float, data) = (models().join("digits/digits_float.tflite"), models().join("digits/test.npz"));
    let found = json(&[&arguments[..], &["--float", text(&float), "--eval-data", text(&data)]].concat());
    let outputs = list(&found["details"]["layers"], "outputs");
    assert_eq!(found["details"]["compared_with"], "the float model");
    assert!(outputs[0]["sqnr_db"].as_f64().expect("a figure") > 20.0);

    // Against its own source nothing may differ.
    let found = json(&[&arguments[..], &["--eval-data", text(&data)]].concat());
    assert_eq!(found["details"]["layers"]["same"], true);
    assert_well_formed(&std::fs::read_to_string(&page).expect("the page is there"));
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}
