//! `mote demo`: the whole way of one real model, on the model and test set shipped with the repository.

mod evaluate;
mod report;

use super::compile::{cost_text, fit_on, fit_text};
use crate::load::{CompileSettings, Source, options};
use crate::render::table::{Table, bytes};
use crate::{Answer, Output};
use anyhow::{Context, Result, ensure};
use clap::Args;
use evaluate::Evaluation;
use mote_compile::{MetricOption, compile};
use mote_engine::{Model, Numerics, operators};
use mote_import::{ImportOptions, import_tflite};
use mote_target::Fit;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Arguments of `mote demo`.
#[derive(Args)]
pub struct Arguments {
    /// Where the report goes.
    #[arg(long, value_name = "FILE", default_value = "mote-demo.html")]
    pub report: PathBuf,
}

const MODEL: &[u8] = include_bytes!("../../../../../../models/digits/digits_int8.tflite");
const TEST_SET: &[u8] = include_bytes!("../../../../../../models/digits/test.npz");
const MANIFEST: &str = include_str!("../../../../../../models/digits/model.toml");

/// Boards the demo asks about: one too small for many models, two common ones.
const BOARDS: [&str; 4] = ["microbit", "rp2040", "nrf52840", "esp32c3"];

/// What the model's manifest promises.
#[derive(Deserialize)]
struct Manifest {
    version: String,
    output: ManifestOutput,
    expected: Expected,
}

#[derive(Deserialize)]
struct ManifestOutput {
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct Expected {
    samples: usize,
    accuracy: f64,
    output_sha256: String,
}

/// Compiles, tells the cost, runs the test set, and writes the report.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let manifest: Manifest = toml::from_str(MANIFEST).context("models/digits/model.toml")?;
    let say = |text: String| {
        if !output.json {
            println!("{text}");
        }
    };
    say("1. compile models/digits/digits_int8.tflite".into());
    let import = ImportOptions { name: "digits".into(), ..ImportOptions::default() };
    let imported = import_tflite(MODEL, &import)?;
    let source = Source { imported, sha256: Sha256::digest(MODEL).into(), numerics: Numerics::Tflm };
    let mut options = options(&source, &CompileSettings::default())?;
    options.version = manifest.version.clone();
    options.quantizer = "LiteRT converter, full int8, per channel".into();
    options.outputs[0].labels = manifest.output.labels.clone();
    options.inputs[0].preprocessing = "image/255".into();
    options.metrics = vec![MetricOption {
        name: "accuracy".into(),
        value: manifest.expected.accuracy,
        samples: manifest.expected.samples as u32,
    }];
    let compiled = compile(&source.imported.graph, &options)?;
    say(cost_text(&source, &compiled));

    let boards: Result<Vec<Fit>> =
        BOARDS.iter().map(|name| Ok(fit_on(&mote_target::find(name)?, &compiled.report))).collect();
    let boards = boards?;
    say("\n2. does it fit?".into());
    for fit in &boards {
        say(format!("  {}", fit_text(fit)));
    }

    let model = Model::parse(&compiled.bytes, operators::native())?;
    say(format!("\n3. run the {} test images", manifest.expected.samples));
    let evaluation = Evaluation::run(&model, TEST_SET, manifest.output.labels.len())?;
    ensure!(evaluation.samples() == manifest.expected.samples, "the test set is not the one the manifest describes");
    let exact = evaluation.output_sha256 == manifest.expected.output_sha256;
    say(confusion_table(&evaluation, &manifest.output.labels).to_text());
    say(format!(
        "\n  accuracy {:.2} % ({} of {}); {:.1} us per image (median, {} kernels, one thread)",
        100.0 * evaluation.accuracy(),
        evaluation.correct(),
        evaluation.samples(),
        evaluation.median_us,
        crate::runner::native_kernels(),
    ));
    say(match exact {
        true => "  every output byte equals TensorFlow Lite Micro's".into(),
        false => "  OUTPUTS DIFFER from TensorFlow Lite Micro's".into(),
    });

    let page = report::page(&model, &evaluation, &manifest.output.labels, &boards, exact);
    std::fs::write(&arguments.report, page).with_context(|| format!("writing {}", arguments.report.display()))?;
    say(format!("\n4. report: {} (model file: {})", arguments.report.display(), bytes(compiled.bytes.len() as u64)));
    if output.json {
        let value = json!({
            "report": compiled.report, "boards": boards, "accuracy": evaluation.accuracy(),
            "samples": evaluation.samples(), "median_us": evaluation.median_us, "confusion": evaluation.confusion,
            "equals_tflm": exact, "page": arguments.report,
        });
        output.print(value, String::new)?;
    }
    let good = exact && evaluation.accuracy() >= manifest.expected.accuracy;
    Ok(if good { Answer::Yes } else { Answer::No })
}

/// Rows are true classes, columns answers.
fn confusion_table(evaluation: &Evaluation, labels: &[String]) -> Table {
    let mut titles = vec!["<true \\ answer".to_string()];
    titles.extend(labels.iter().cloned());
    titles.push("recall".into());
    let mut table = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for (truth, row) in evaluation.confusion.iter().enumerate() {
        let total: u64 = row.iter().sum();
        let mut cells = vec![labels[truth].clone()];
        cells.extend(row.iter().map(|&count| if count == 0 { "·".into() } else { count.to_string() }));
        cells.push(format!("{:.0} %", 100.0 * row[truth] as f64 / total.max(1) as f64));
        table.row(cells);
    }
    table
}
