//! `mote ops`: what is imported and what runs.

use crate::render::table::Table;
use crate::{Answer, Output};
use anyhow::Result;
use clap::Args;
use mote_engine::{OpCode, operators};
use serde_json::json;

/// Arguments of `mote ops`.
#[derive(Args)]
pub struct Arguments {}

/// Prints the operators of the importer and of the engine.
pub fn execute(_: &Arguments, output: Output) -> Result<Answer> {
    let imported: Vec<&str> = mote_import::supported_operators().collect();
    let onnx: Vec<&str> = mote_import::supported_onnx_operators().collect();
    let has = |set: mote_engine::OperatorSet<'_>, code: OpCode| set.iter().any(|entry| entry.code == code);
    let engine: Vec<_> = OpCode::ALL
        .iter()
        .map(|&code| (code, has(operators::generic(), code), has(operators::reference(), code)))
        .collect();
    let value = json!({
        "tflite": imported,
        "onnx": onnx,
        "engine": engine.iter().map(|(code, generic, reference)| json!({
            "code": code.0, "name": code.name(), "generic": generic, "reference": reference,
        })).collect::<Vec<_>>(),
    });
    output.print(value, || {
        let mut table = Table::new(&["code", "<engine operator", "<kernels"]);
        for (code, generic, reference) in &engine {
            let sets = [(*generic, "generic"), (*reference, "reference")];
            let sets: Vec<&str> = sets.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
            table.row([code.0.to_string(), code.name().into(), sets.join(", ")]);
        }
        let (names, onnx) = (wrap(&imported, 96), wrap(&onnx, 96));
        format!("TFLite operators that import:\n{names}\n\nONNX operators that import:\n{onnx}\n\nOperators of compiled models:\n{}", table.to_text())
    })?;
    Ok(Answer::Yes)
}

fn wrap(words: &[impl AsRef<str>], width: usize) -> String {
    let mut lines = vec![String::from(" ")];
    for word in words {
        let word = word.as_ref();
        if lines.last().is_some_and(|line| line.len() + word.len() > width) {
            lines.push(String::from(" "));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}
