//! Everything that reads bytes it did not make.

mod engine;
mod model_file;
mod onnx_import;
mod run_model;
mod tflite_import;

use crate::Target;

/// All targets, cheapest first.
pub fn all() -> Vec<&'static dyn Target> {
    vec![
        &model_file::ModelFileTarget,
        &engine::EngineTarget,
        &tflite_import::TfliteImportTarget,
        &onnx_import::OnnxImportTarget,
    ]
}

/// The target of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Target> {
    all().into_iter().find(|target| target.name() == name)
}

/// Feeds one input to a target: what libFuzzer calls.
pub fn run_by_name(name: &str, input: &[u8]) {
    if let Some(target) = by_name(name) {
        target.run(input);
    }
}

/// An error's text without its numbers: errors that differ only in an index are the same.
fn kind_of(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}").chars().filter(|letter| !letter.is_ascii_digit()).collect()
}
