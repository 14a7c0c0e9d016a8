//! The `mote` command: compile, check, inspect, run, validate and profile models.
//!
//! Exit codes: 0 fine; 1 the answer is no (does not fit, differs, cannot be imported); 2 bad input or usage.

mod analysis;
mod answering;
mod arrays;
mod calibration;
mod commands;
mod compare;
mod dataset;
mod inputs;
mod load;
mod media;
mod metrics;
mod ports;
mod render;
mod runner;
mod serial_log;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Machine-learning models on microcontrollers, gateways and phones: compile them, know what they cost, run them to the
/// same bits everywhere.
#[derive(Parser)]
#[command(name = "mote", version, max_term_width = 110, arg_required_else_help = true)]
struct CommandLine {
    /// Print one JSON document for machines instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Turn a .tflite model into a model.mote file: slimmed, planned and proved.
    Compile(commands::compile::Arguments),
    /// Say whether a model can be compiled, what it costs, and which boards it fits. Writes nothing.
    Check(commands::check::Arguments),
    /// Show what a model.mote file holds: inputs, outputs, layers, and the arena over time.
    Inspect(commands::inspect::Arguments),
    /// Run a model on arrays, an image or a recording.
    Run(commands::run::Arguments),
    /// Compare a compiled model with its source, layer by layer.
    Validate(commands::validate::Arguments),
    /// Time a model operator by operator on this machine.
    Profile(commands::profile::Arguments),
    /// Accuracy on labelled data, several models side by side, with intervals.
    Eval(commands::eval::Arguments),
    /// Which parts of an input carried the answer: hide each in turn.
    Explain(commands::explain::Arguments),
    /// Write a model as C or Rust sources for a firmware project: data, sizes, golden self-test.
    Generate(commands::generate::Arguments),
    /// List the operators Mote imports and runs.
    Ops(commands::ops::Arguments),
    /// List the boards Mote knows.
    Boards(commands::boards::Arguments),
    /// Write image and model onto a real board through a debug probe.
    Flash(commands::flash::Arguments),
    /// Make keys and the root document that says who may sign what.
    Keys(commands::keys::Arguments),
    /// Sign a model for devices, show and verify releases.
    Release(commands::release::Arguments),
    /// Show what a board says on its serial line, text and log.
    Monitor(commands::monitor::Arguments),
    /// Compile the shipped digits model, run its test set, and write a report.
    Demo(commands::demo::Arguments),
}

/// The answer of a command that ran: decides between exit codes 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Fine.
    Yes,
    /// It does not fit, differs, or cannot be imported.
    No,
}

/// What every command is told about its output.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Print JSON.
    pub json: bool,
}

impl Output {
    /// Prints `value` as JSON, or `text` for people.
    pub fn print(self, value: impl serde::Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let out = if self.json { serde_json::to_string_pretty(&value)? } else { text() };
        use std::io::Write;
        match writeln!(std::io::stdout(), "{out}") {
            // A reader that stops early (`| head`) has what it wanted.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let output = Output { json: line.json };
    let answer = match line.command {
        Command::Compile(arguments) => commands::compile::execute(&arguments, output),
        Command::Check(arguments) => commands::check::execute(&arguments, output),
        Command::Inspect(arguments) => commands::inspect::execute(&arguments, output),
        Command::Run(arguments) => commands::run::execute(&arguments, output),
        Command::Validate(arguments) => commands::validate::execute(&arguments, output),
        Command::Eval(arguments) => commands::eval::execute(&arguments, output),
        Command::Profile(arguments) => commands::profile::execute(&arguments, output),
        Command::Explain(arguments) => commands::explain::execute(&arguments, output),
        Command::Generate(arguments) => commands::generate::execute(&arguments, output),
        Command::Ops(arguments) => commands::ops::execute(&arguments, output),
        Command::Boards(arguments) => commands::boards::execute(&arguments, output),
        Command::Flash(arguments) => commands::flash::execute(&arguments, output),
        Command::Keys(arguments) => commands::keys::execute(&arguments, output),
        Command::Release(arguments) => commands::release::execute(&arguments, output),
        Command::Monitor(arguments) => commands::monitor::execute(&arguments, output),
        Command::Demo(arguments) => commands::demo::execute(&arguments, output),
    };
    match answer {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) => {
            if output.json {
                println!("{}", serde_json::json!({ "error": format!("{error:#}") }));
            }
            eprintln!("mote: {error:#}");
            ExitCode::from(if error.is::<mote_import::ImportReport>() { 1 } else { 2 })
        }
    }
}
