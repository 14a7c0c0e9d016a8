//! Every target for a short time: `MOTE_FUZZ_SECONDS` each (default 1), or
//! `MOTE_FUZZ_EXECUTIONS` inputs each; `MOTE_FUZZ_TARGET` names the only one to run.

use std::path::Path;
use std::process::Command;

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn smoke(target: &str) {
    if setting("MOTE_FUZZ_TARGET").is_some_and(|only| only != target) {
        println!("SKIPPED: fuzzing {target} (another target is asked for)");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut fuzzer = Command::new(env!("CARGO_BIN_EXE_mote-fuzz"));
    fuzzer.current_dir(root).args(["run", target]);
    match setting("MOTE_FUZZ_EXECUTIONS") {
        Some(executions) => fuzzer.args(["--executions", &executions]),
        None => fuzzer.args(["--seconds", &setting("MOTE_FUZZ_SECONDS").unwrap_or_else(|| "1".to_owned())]),
    };
    assert!(fuzzer.status().unwrap().success(), "{target} failed: see above");
}

#[test]
fn model_file() {
    smoke("model_file");
}

#[test]
fn engine() {
    smoke("engine");
}

#[test]
fn onnx_import() {
    smoke("onnx_import");
}

#[test]
fn tflite_import() {
    smoke("tflite_import");
}
