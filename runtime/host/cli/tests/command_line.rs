//! The `mote` command as a user runs it: files in, files and exit codes out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn digits() -> PathBuf {
    repository().join("models/digits")
}

fn mote(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mote")).args(arguments).output().expect("mote starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("--json prints one document")
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mote-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Compiles the digits model into `folder`.
fn compiled(folder: &Folder) -> PathBuf {
    let path = folder.file("digits.mote");
    let source = digits().join("digits_int8.tflite");
    let output = mote(&["compile", text(&source), "-o", text(&path), "--preprocess", "image/255"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

#[test]
fn check_compile_run_inspect_validate_profile() {
    let folder = Folder::new("path");
    let source = digits().join("digits_int8.tflite");
    assert!(mote(&["check", text(&source)]).status.success());
    let model = compiled(&folder);

    let summary = json(&mote(&["inspect", text(&model), "--json"]));
    for key in [
        "arena_bytes",
        "macs",
        "source_macs",
        "weight_bytes",
        "source_weight_bytes",
        "operators",
        "packing",
        "numerics",
    ] {
        assert!(!summary[key].is_null(), "inspect --json lacks {key}");
    }
    assert_eq!(summary["numerics"], "tflm");

    let (data, answers) = (digits().join("test.npz"), folder.file("y.npy"));
    let run = mote(&["run", text(&model), "--input", text(&data), "--output", text(&answers), "--json"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(json(&run)["inferences"], 360);
    let slow = mote(&["run", text(&model), "--input", text(&data), "--reference", "--json"]);
    assert_eq!(json(&run)["outputs"][0]["crc32"], json(&slow)["outputs"][0]["crc32"]);
    assert!(std::fs::metadata(&answers).expect("the output file is there").len() >= 3600);

    let validation = mote(&["validate", text(&source), text(&model), "--data", text(&data), "--limit", "20", "--json"]);
    assert!(validation.status.success());
    assert_eq!(json(&validation)["same"], true);
    assert!(json(&validation)["layers"].as_array().expect("layers").len() >= 6);

    let profile = json(&mote(&["profile", text(&model), "--runs", "5", "--json"]));
    assert!(profile["median_us"].as_f64().expect("a number") > 0.0);
    let first = &profile["operators"][0];
    assert!(first["median_us"].as_f64().is_some() && first["p95_us"].as_f64().is_some());
}

#[test]
fn float_source_is_compared_in_real_values() {
    let folder = Folder::new("float");
    let model = compiled(&folder);
    let (source, data) = (digits().join("digits_float.tflite"), digits().join("test.npz"));
    let arguments = ["validate", text(&source), text(&model), "--data", text(&data), "--limit", "50", "--min-sqnr"];
    let good = mote(&[&arguments[..], &["15", "--json"]].concat());
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stdout));
    assert!(json(&good)["outputs"][0]["sqnr_db"].as_f64().expect("a number") > 15.0);
    assert_eq!(mote(&[&arguments[..], &["90"]].concat()).status.code(), Some(1));
}

/// The source's channels were scaled and pruned, layers fused: they are matched all the same, and the page says what
/// `--json` says.
#[test]
fn layers_of_a_quantised_model_are_matched_with_its_float_source() {
    let folder = Folder::new("layers");
    let (source, data) = (digits().join("digits_float.tflite"), digits().join("test.npz"));
    let (model, page) = (folder.file("digits.mote"), folder.file("layers.html"));
    let compile = ["compile", text(&source), "-o", text(&model), "--calibrate", text(&data), "--samples", "50"];
    assert!(mote(&compile).status.success());
    let arguments = ["validate", text(&source), text(&model), "--data", text(&data), "--limit", "40", "--json"];
    let found = json(&mote(&[&arguments[..], &["--html", text(&page)]].concat()));
    let layers = found["layers"].as_array().expect("layers");
    assert!(layers.len() >= 7 && found["unmatched"].as_array().expect("a list").is_empty(), "{found}");
    let page = std::fs::read_to_string(page).expect("the page is there");
    for layer in layers {
        let sqnr = layer["sqnr_db"].as_f64().expect("quantising changes every layer");
        assert!(sqnr > 15.0, "{layer}");
        assert!(layer["mean_error"].as_f64() <= layer["max_error"].as_f64());
        assert!(page.contains(&format!("<td>{sqnr:.1}</td>")), "{layer}");
        assert!(page.contains(layer["operator"].as_str().expect("an operator")));
    }
    assert_eq!(layers.iter().filter(|layer| layer["worst"] == true).count(), 2);
    assert!(!page.contains("https://") && !page.contains("http://") && !page.contains("src="));
}

#[test]
fn pages_and_pictures_stand_alone() {
    let folder = Folder::new("pages");
    let model = compiled(&folder);
    let (page, picture) = (folder.file("m.html"), folder.file("m.svg"));
    assert!(mote(&["inspect", text(&model), "--html", text(&page), "--svg", text(&picture)]).status.success());
    let page = std::fs::read_to_string(page).expect("the page is there");
    let picture = std::fs::read_to_string(picture).expect("the picture is there");
    assert!(page.contains("<svg") && page.contains("conv2d_i8"));
    assert!(picture.starts_with("<svg xmlns="));
    for text in [&page, &picture] {
        assert!(!text.contains("https://") && !text.contains("src="), "a page loads something");
    }
}

#[test]
fn images_are_read_as_the_passport_says() {
    let folder = Folder::new("image");
    let model = compiled(&folder);
    let picture = folder.file("stroke.png");
    image::GrayImage::from_fn(8, 8, |x, _| image::Luma([if x == 3 { 255 } else { 0 }])).save(&picture).expect("saved");
    let run = mote(&["run", text(&model), "--input", text(&picture)]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(String::from_utf8_lossy(&run.stdout).contains("[1]"), "a vertical stroke is read as a one among the first");
}

#[test]
fn what_does_not_fit_is_not_written() {
    let folder = Folder::new("fit");
    let source = repository().join("models/digits/digits_float.tflite");
    let target = folder.file("big.mote");
    let output = mote(&["compile", text(&source), "-o", text(&target), "--board", "microbit", "--json"]);
    let fits = json(&output)["fits"].as_bool().expect("a verdict");
    assert_eq!(output.status.code(), Some(if fits { 0 } else { 1 }));
    assert_eq!(target.exists(), fits);
    assert_eq!(mote(&["check", text(&source), "--board", "nonesuch"]).status.code(), Some(2));
}

#[test]
fn refusals_name_the_thing_and_exit_with_one() {
    let hybrid = repository().join("tests/golden/malformed/hybrid_conv.tflite");
    let files: Vec<PathBuf> = std::fs::read_dir(repository().join("tests/golden/malformed"))
        .expect("the malformed models are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "tflite"))
        .collect();
    assert!(files.len() > 50);
    for file in files.iter().take(20).chain(hybrid.exists().then_some(&hybrid)) {
        let output = mote(&["check", text(file), "--json"]);
        assert_eq!(output.status.code(), Some(1), "{}", file.display());
        let report = json(&output);
        assert_eq!(report["compiles"], false);
        assert!(!report["findings"][0]["reason"].as_str().expect("a reason").is_empty());
        let compile = mote(&["compile", text(file), "-o", "/nonexistent/never.mote"]);
        assert_eq!(compile.status.code(), Some(1), "{}", file.display());
    }
}

#[test]
fn bad_usage_exits_with_two() {
    let folder = Folder::new("usage");
    let model = compiled(&folder);
    let wrong = folder.file("wrong.bin");
    std::fs::write(&wrong, [0; 7]).expect("written");
    for arguments in [
        &["run", "nonesuch.mote", "--input", "x.npy"][..],
        &["run", text(&model), "--input", text(&wrong)],
        &["inspect", "nonesuch.mote"],
        &["frobnicate"],
    ] {
        assert_eq!(mote(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let error = mote(&["run", text(&model), "--input", text(&wrong), "--json"]);
    assert!(json(&error)["error"].as_str().expect("a text").contains("7 bytes"));
}

#[test]
fn demo_ends_with_the_measured_accuracy() {
    let folder = Folder::new("demo");
    let report = folder.file("demo.html");
    let output = mote(&["demo", "--report", text(&report), "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let value = json(&output);
    assert_eq!(value["equals_tflm"], true);
    assert!((value["accuracy"].as_f64().expect("a number") - 354.0 / 360.0).abs() < 1e-12);
    assert!(std::fs::read_to_string(&report).expect("the report is there").contains("Confusion"));
}

/// A missing custom operator is named by every command, with what to do; allowed, the model compiles.
#[test]
fn custom_operators_are_named() {
    let folder = Folder::new("custom");
    let source = repository().join("tests/golden/custom/moving_maximum_int8.tflite");
    let model = folder.file("custom.mote");
    let errors = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let refused = mote(&["compile", text(&source), "-o", text(&model)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(errors(&refused).contains("--custom MOVING_MAXIMUM") && !model.exists(), "{}", errors(&refused));
    let check = mote(&["check", text(&source)]);
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&check.stdout).contains("'MOVING_MAXIMUM'"));

    let compiled = mote(&["compile", text(&source), "-o", text(&model), "--custom", "MOVING_MAXIMUM=32", "--json"]);
    assert!(compiled.status.success(), "{}", errors(&compiled));
    let report = json(&compiled);
    assert_eq!(report["report"]["custom_operators"][0]["name"], "MOVING_MAXIMUM");
    assert_eq!(report["report"]["custom_operators"][0]["scratch_bytes"], 32);
    assert_eq!(report["report"]["golden_vectors"], 0);
    let said = mote(&["compile", text(&source), "-o", text(&model), "--custom", "MOVING_MAXIMUM"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("no vectors: they need the code of all custom operators"), "{said}");

    let layers = json(&mote(&["inspect", text(&model), "--json"]));
    assert_eq!(layers["layers"][1]["custom"], "MOVING_MAXIMUM");
    let checked = json(&mote(&["check", text(&model), "--json"]));
    assert_eq!(checked["custom_operators"][0], "MOVING_MAXIMUM");

    let input = folder.file("x.bin");
    std::fs::write(&input, [0; 8]).expect("the folder is writable");
    for arguments in [&["run", text(&model), "--input", text(&input)][..], &["profile", text(&model)]] {
        let output = mote(arguments);
        assert_eq!(output.status.code(), Some(2));
        let words = "custom operator 'MOVING_MAXIMUM' is not in this operator set";
        assert!(errors(&output).contains(words) && errors(&output).contains("a program that brings it"), "{output:?}");
    }

    for (language, words) in
        [("c", "#define NET_CUSTOM_OPERATOR_NAMES {\"MOVING_MAXIMUM\"}"), ("rust", "MOVING_MAXIMUM.")]
    {
        let made = mote(&["generate", text(&model), "--lang", language, "--name", "net", "-o", text(&folder.0)]);
        assert!(made.status.success(), "{}", errors(&made));
        let file = folder.file(if language == "c" { "net.h" } else { "net.rs" });
        let content = std::fs::read_to_string(&file).expect("generated");
        assert!(content.contains(words), "{content}");
    }
}

#[test]
fn a_float_source_is_answered_by_tract_and_says_so() {
    let source = digits().join("digits_float.tflite");
    let data = digits().join("test.npz");
    let run = |more: &[&str]| {
        let arguments = ["--json", "run", text(&source), "--input", text(&data)];
        let output = mote(&[&arguments[..], more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("--json prints one document")
    };
    let answer = run(&[]);
    assert_eq!(answer["engine"], "tract");
    assert!(answer["why"].as_str().is_some_and(|why| why.contains("float")), "{answer}");
    assert_eq!(run(&["--engine", "mote"])["engine"], "mote");
    let int8 = digits().join("digits_int8.tflite");
    let refused = mote(&["run", text(&int8), "--input", text(&data), "--engine", "tract"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("quantised TFLite"));

    let folder = Folder::new("in-tract");
    let compiled = folder.file("digits.mote");
    assert!(mote(&["compile", text(&int8), "-o", text(&compiled)]).status.success());
    let arguments = ["--json", "validate", text(&source), text(&compiled), "--data", text(&data), "--engine", "tract"];
    let compared = mote(&[&arguments[..], &["--limit", "50", "--min-sqnr", "15"]].concat());
    let compared: serde_json::Value = serde_json::from_slice(&compared.stdout).expect("--json prints one document");
    assert_eq!(compared["source_engine"], "tract");
    let sqnr = compared["outputs"][0]["sqnr_db"].as_f64().expect("a number");
    assert!(sqnr > 15.0 && compared["inferences"] == 50, "{compared}");
}
