//! `mote check`: can it be compiled, what does it cost, where does it fit.

use super::compile::{cost_text, findings, fit_on, fit_text};
use crate::arrays::extension;
use crate::load::{self, CompileSettings};
use crate::{Answer, Output};
use anyhow::{Context, Result};
use clap::Args;
use mote_compile::HostOperators;
use mote_engine::{Model, operators};
use mote_import::ImportReport;
use mote_target::{Fit, Target};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `mote check`.
#[derive(Args)]
pub struct Arguments {
    /// A source model (.tflite) or a compiled one (.mote).
    pub model: PathBuf,
    /// Answer for this board only, and exit with 1 when the model does not fit it; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub board: Vec<String>,
    #[command(flatten)]
    settings: CompileSettings,
}

/// Prints the doctor's findings, the costs and the boards.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let named: Result<Vec<Target>, _> = arguments.board.iter().map(|name| mote_target::find(name)).collect();
    let named = named?;
    let boards = if named.is_empty() { mote_target::all() } else { named.clone() };
    let answer = |fits: &[Fit]| {
        if named.is_empty() || fits.iter().all(Fit::fits) { Answer::Yes } else { Answer::No }
    };
    if extension(&arguments.model) == "mote" {
        let file = load::bytes(&arguments.model)?;
        let operators = HostOperators::for_file(&file, operators::generic(), &[]);
        let set = operators.set();
        let model = Model::parse(&file, &set).with_context(|| format!("{} is refused", arguments.model.display()))?;
        let header = model.header();
        let ram = header.arena_bytes as u64 + header.state_bytes as u64;
        let fits: Vec<Fit> = boards.iter().map(|board| board.fit(ram, header.file_bytes as u64)).collect();
        let value = json!({
            "compiles": true, "arena_bytes": header.arena_bytes, "state_bytes": header.state_bytes,
            "file_bytes": header.file_bytes, "custom_operators": operators.without_code(), "boards": boards_json(&fits),
        });
        let custom = match operators.without_code() {
            [] => String::new(),
            names => {
                format!(" but those of its custom operators '{}', whose code the device brings", names.join("', '"))
            }
        };
        output.print(value, || {
            format!("{}: passes every check{custom}\n{}", arguments.model.display(), boards_text(&fits))
        })?;
        return Ok(answer(&fits));
    }
    let source = match load::source(&arguments.model, &arguments.settings.custom, &arguments.settings.fixed) {
        Ok(source) => source,
        Err(error) => return refused(error, arguments, output),
    };
    let compiled = load::compile_source(&source, &arguments.settings)?;
    let fits: Vec<Fit> = boards.iter().map(|board| fit_on(board, &compiled.report)).collect();
    let value = json!({
        "compiles": true,
        "findings": findings(&source.imported.report),
        "report": compiled.report,
        "boards": boards_json(&fits),
    });
    output.print(value, || format!("{}\n\n{}", cost_text(&source, &compiled), boards_text(&fits)))?;
    Ok(answer(&fits))
}

/// A model the doctor refuses is an answer; anything else is an error.
fn refused(error: anyhow::Error, arguments: &Arguments, output: Output) -> Result<Answer> {
    let report = error.downcast::<ImportReport>()?;
    let value = json!({ "compiles": false, "findings": findings(&report) });
    output.print(value, || format!("{}: cannot be imported\n{report}", arguments.model.display()))?;
    Ok(Answer::No)
}

fn boards_json(fits: &[Fit]) -> Vec<serde_json::Value> {
    fits.iter().map(|fit| json!({ "fits": fit.fits(), "fit": fit })).collect()
}

fn boards_text(fits: &[Fit]) -> String {
    let lines: Vec<String> = fits.iter().map(|fit| format!("  {}", fit_text(fit))).collect();
    format!("boards (RAM and flash left beside a reserve for the application)\n{}", lines.join("\n"))
}
