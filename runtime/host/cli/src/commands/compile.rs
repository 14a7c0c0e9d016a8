//! `mote compile`: from a source model to a model.mote file.

use crate::analysis::report::{self, ModelReport, ReportSettings, Subject};
use crate::calibration::{self, QuantizeSettings};
use crate::load::{self, CompileSettings, Source};
use crate::render::table::{bytes, thousands};
use crate::{Answer, Output};
use anyhow::{Context, Result};
use clap::Args;
use mote_compile::{CompileReport, Compiled};
use mote_import::ImportReport;
use mote_target::{Fit, Target};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `mote compile`.
#[derive(Args)]
pub struct Arguments {
    /// The source model (.tflite).
    pub model: PathBuf,
    /// Where the compiled model goes; beside the source with the ending .mote when not given.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Refuse to write a model that does not fit this board.
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
    #[command(flatten)]
    settings: CompileSettings,
    #[command(flatten)]
    quantize: QuantizeSettings,
    #[command(flatten)]
    report: ReportSettings,
}

/// Compiles, prints what it costs, and writes the file.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let board = arguments.board.as_deref().map(mote_target::find).transpose()?;
    let mut source = load::source(&arguments.model, &arguments.settings.custom, &arguments.settings.fixed)?;
    let float = (arguments.report.report.is_some() && arguments.quantize.calibrate.is_some())
        .then(|| source.imported.graph.clone());
    let quantized = calibration::apply(&mut source, &arguments.quantize, &arguments.settings)?;
    let mut options = load::options(&source, &arguments.settings)?;
    options.quantizer = quantized.as_ref().map(calibration::summary).unwrap_or_default();
    let compiled = mote_compile::compile(&source.imported.graph, &options)?;
    let fit = board.as_ref().map(|board| fit_on(board, &compiled.report));
    let fits = fit.as_ref().is_none_or(Fit::fits);
    let path = arguments.output.clone().unwrap_or_else(|| arguments.model.with_extension("mote"));
    if fits {
        let partial = path.with_extension("partial");
        std::fs::write(&partial, &compiled.bytes).with_context(|| format!("writing {}", partial.display()))?;
        std::fs::rename(&partial, &path).with_context(|| format!("writing {}", path.display()))?;
    }
    let subject = Subject {
        source: &source,
        float: float.as_ref(),
        options: &options,
        file: &compiled.bytes,
        report: &compiled.report,
        quantization: quantized.as_ref(),
        calibration: arguments.quantize.calibrate.as_deref(),
    };
    let details = arguments.report.report.as_deref().map(|path| write_report(&subject, &arguments.report, path));
    let details = details.transpose()?;
    let value = json!({
        "details": details,
        "output": fits.then_some(&path),
        "report": compiled.report,
        "findings": findings(&source.imported.report),
        "quantization": quantized,
        "board": fit,
        "fits": fits,
    });
    output.print(value, || {
        let mut lines: Vec<String> = quantized.iter().map(calibration::describe).collect();
        lines.push(cost_text(&source, &compiled));
        lines.extend(fit.as_ref().map(|fit| format!("  {}", fit_text(fit))));
        lines.extend(arguments.report.report.iter().map(|path| format!("  report     {}", path.display())));
        lines.push(match fits {
            true => format!("\nwrote {} ({})", path.display(), bytes(compiled.bytes.len() as u64)),
            false => "\nnot written: it does not fit".into(),
        });
        lines.join("\n")
    })?;
    Ok(if fits { Answer::Yes } else { Answer::No })
}

/// Collects what the report says, writes its page, and gives the same as data.
fn write_report(subject: &Subject<'_>, settings: &ReportSettings, path: &Path) -> Result<ModelReport> {
    let report = report::collect(subject, settings).context("the report")?;
    let page = crate::render::report::page(subject, &report)?;
    std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
    Ok(report)
}

/// The doctor's findings as JSON.
pub fn findings(report: &ImportReport) -> Vec<Value> {
    let finding = |f: &mote_import::Finding| {
        json!({
            "severity": f.severity.name(), "operator": f.operator, "tensor": f.tensor,
            "reason": f.reason, "fix": f.fix,
        })
    };
    report.findings.iter().map(finding).collect()
}

/// Whether a compiled model fits `board`.
pub fn fit_on(board: &Target, report: &CompileReport) -> Fit {
    board.fit((report.arena_bytes + report.state_bytes) as u64, report.file_bytes as u64)
}

/// One line on a fit, with what is missing.
pub fn fit_text(fit: &Fit) -> String {
    let part = |what: &str, needed: u64, available: u64| {
        let verdict =
            if needed <= available { String::new() } else { format!(", {} B too many", thousands(needed - available)) };
        format!("{what} {} of {}{verdict}", bytes(needed), bytes(available))
    };
    format!(
        "{:<4} {:<14}  {}; {}",
        if fit.fits() { "fits" } else { "NO" },
        fit.target,
        part("RAM", fit.ram_needed_bytes, fit.ram_available_bytes),
        part("flash", fit.flash_needed_bytes, fit.flash_available_bytes),
    )
}

/// What a compiled model costs, for people.
pub fn cost_text(source: &Source, compiled: &Compiled) -> String {
    let report = &compiled.report;
    let change = |now: u64, before: u64| match before {
        0 => thousands(now),
        _ if now == before => thousands(now),
        _ => {
            let percent = 100.0 * (now as f64 / before as f64 - 1.0);
            format!("{}  (source {}, {percent:+.1} %)", thousands(now), thousands(before))
        }
    };
    let mut lines = vec![format!(
        "{}: {} operators, numerics {}",
        source.imported.graph.name,
        report.operators.len(),
        report.numerics
    )];
    let mut line = |what: &str, value: String| lines.push(format!("  {what:<10} {value}"));
    let scratch = match report.scratch_bytes {
        0 => String::new(),
        scratch => format!(", of it {} B scratch", thousands(scratch as u64)),
    };
    line(
        "arena",
        format!(
            "{} B{scratch}; no plan needs fewer than {} B for tensors",
            thousands(report.arena_bytes as u64),
            thousands(report.plan.bound_bytes as u64)
        ),
    );
    if report.state_bytes > 0 {
        line("state", format!("{} B", thousands(report.state_bytes as u64)));
    }
    line("MACs", change(report.macs, report.source_macs));
    line("weight B", change(report.weight_bytes, report.source_weight_bytes));
    line("constants", format!("{} B", thousands(report.constant_bytes as u64)));
    for custom in &report.custom_operators {
        let scratch = thousands(custom.scratch_bytes as u64);
        line(
            "custom",
            format!("'{}', {} times, {scratch} B scratch: the device brings its code", custom.name, custom.count),
        );
    }
    if report.custom_operators.iter().any(|custom| !custom.has_code) {
        line("golden", "no vectors: they need the code of all custom operators".into());
    }
    if let Some(slim) = &report.slim {
        let rewrites = slim_lines(slim);
        if let Some(reason) = &slim.refused {
            line("slimming", format!("NOT DONE, compiled as it is: {reason}"));
        }
        if !rewrites.is_empty() {
            line("slimming", format!("{} exact rewrites, checked on {} inputs", rewrites.len(), slim.checked_inputs));
            lines.extend(rewrites.into_iter().map(|rewrite| format!("    {rewrite}")));
        }
    }
    let findings = &source.imported.report;
    if !findings.findings.is_empty() {
        lines.push(format!("  import: {findings}"));
    }
    lines.join("\n")
}

fn slim_lines(slim: &mote_compile::SlimSection) -> Vec<String> {
    let line = |rewrite: &mote_compile::RewriteLine| {
        let saved = match (rewrite.macs_saved, rewrite.weight_bytes_saved) {
            (0, 0) => String::new(),
            (macs, bytes) => format!(": {} MACs and {} B of weights less", thousands(macs), thousands(bytes)),
        };
        format!("{}: {}{saved}", rewrite.origin, rewrite.what)
    };
    slim.rewrites.iter().map(line).collect()
}
