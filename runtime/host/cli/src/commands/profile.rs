//! `mote profile`: time on this machine, operator by operator.

use crate::load;
use crate::render::table::{Table, thousands};
use crate::runner::{SessionMemory, progress};
use crate::{Answer, Output};
use anyhow::{Result, ensure};
use clap::Args;
use mote_engine::{Observer, OpCode, OperatorEvent, operators};
use mote_format::write::Names;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `mote profile`.
#[derive(Args)]
pub struct Arguments {
    /// A model.mote file, or a source model to compile on the spot.
    pub model: PathBuf,
    /// Inputs of a source model.
    #[command(flatten)]
    pub fixed: load::FixedInputs,
    /// Inferences to time, after as many tenths to warm up.
    #[arg(long, default_value_t = 200)]
    pub runs: usize,
    /// Time the slow, clear reference kernels instead.
    #[arg(long)]
    pub reference: bool,
    /// Time the portable kernels without this machine's instruction set.
    #[arg(long, conflicts_with = "reference")]
    pub generic: bool,
}

#[derive(Serialize)]
struct OperatorProfile {
    index: usize,
    operator: &'static str,
    name: String,
    macs: u64,
    median_us: f64,
    p95_us: f64,
    share: f64,
    ns_per_mac: Option<f64>,
}

#[derive(Serialize)]
struct Profile {
    kernels: &'static str,
    runs: usize,
    median_us: f64,
    p95_us: f64,
    min_us: f64,
    macs: u64,
    ns_per_mac: Option<f64>,
    output_crc32: String,
    operators: Vec<OperatorProfile>,
}

/// Times each operator between its two events.
struct Stopwatch {
    started: Instant,
    microseconds: Vec<Vec<f64>>,
}

impl Observer for Stopwatch {
    fn started(&mut self, _: u16, _: OpCode) {
        self.started = Instant::now();
    }

    fn finished(&mut self, event: &OperatorEvent<'_>) {
        let elapsed = self.started.elapsed().as_secs_f64() * 1e6;
        if let Some(times) = self.microseconds.get_mut(event.index as usize) {
            times.push(elapsed);
        }
    }
}

/// Times whole inferences without an observer, then operators with one.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    ensure!(arguments.runs > 0, "--runs must be at least 1");
    let bytes = load::compiled(&arguments.model, &arguments.fixed)?;
    let (set, kernels) = match (arguments.reference, arguments.generic) {
        (true, _) => (operators::reference(), "reference"),
        (_, true) => (operators::generic(), "generic"),
        _ => (operators::native(), crate::runner::native_kernels()),
    };
    let model = load::runnable(&bytes, set, &arguments.model)?;
    let names = Names::decode(model.file().names()).unwrap_or_default();

    let mut memory = SessionMemory::for_model(&model);
    let mut session = memory.session(&model)?;
    let inputs: Vec<Vec<u8>> = (0..model.input_count())
        .map(|k| crate::runner::seeded_input(&model.input(k).expect("k is below the input count"), k))
        .collect();
    let mut stopwatch =
        Stopwatch { started: Instant::now(), microseconds: vec![Vec::new(); model.header().operator_count as usize] };
    let mut whole = Vec::with_capacity(arguments.runs);
    let warm_up = arguments.runs.div_ceil(10);
    let bar = progress("profiling", arguments.runs);
    for run in 0..warm_up + arguments.runs {
        set_inputs(&mut session, &inputs)?;
        let started = Instant::now();
        session.run()?;
        let elapsed = started.elapsed().as_secs_f64() * 1e6;
        if run >= warm_up {
            whole.push(elapsed);
            set_inputs(&mut session, &inputs)?;
            session.run_observed(&mut stopwatch)?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    session.reset_state();
    set_inputs(&mut session, &inputs)?;
    session.run()?;
    let mut crc = mote_numbers::Crc32::new();
    for index in 0..model.output_count() {
        crc.update(session.output(index)?.bytes);
    }

    let total: f64 = stopwatch.microseconds.iter().map(|t| quantile(t, 0.5)).sum();
    let per_mac = |us: f64, macs: u64| (macs > 0).then(|| us * 1000.0 / macs as f64);
    let operators: Vec<OperatorProfile> = model
        .operations()
        .enumerate()
        .map(|(index, (operation, _))| {
            let times = &stopwatch.microseconds[index];
            let macs = names.operator_macs.get(index).copied().unwrap_or(0);
            let median_us = quantile(times, 0.5);
            OperatorProfile {
                index,
                operator: operation.code().name(),
                name: names.operators.get(index).cloned().unwrap_or_default(),
                macs,
                median_us,
                p95_us: quantile(times, 0.95),
                share: median_us / total,
                ns_per_mac: per_mac(median_us, macs),
            }
        })
        .collect();
    let macs = model.passport().map_or(0, |p| p.macs);
    let profile = Profile {
        kernels,
        runs: arguments.runs,
        median_us: quantile(&whole, 0.5),
        p95_us: quantile(&whole, 0.95),
        min_us: quantile(&whole, 0.0),
        macs,
        ns_per_mac: per_mac(quantile(&whole, 0.5), macs),
        output_crc32: format!("{:08x}", crc.value()),
        operators,
    };
    output.print(&profile, || describe(&profile))?;
    Ok(Answer::Yes)
}

fn set_inputs(session: &mut mote_engine::Session<'_>, inputs: &[Vec<u8>]) -> Result<()> {
    for (index, bytes) in inputs.iter().enumerate() {
        session.input(index)?.copy_from(bytes)?;
    }
    Ok(())
}

fn quantile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

fn describe(profile: &Profile) -> String {
    let mut table = Table::new(&["#", "<operator", "<source", "MACs", "median us", "p95 us", "share", "ns/MAC", "<"]);
    for row in &profile.operators {
        let per_mac = row.ns_per_mac.map_or(String::new(), |v| format!("{v:.3}"));
        table.row([
            row.index.to_string(),
            row.operator.into(),
            row.name.clone(),
            thousands(row.macs),
            format!("{:.2}", row.median_us),
            format!("{:.2}", row.p95_us),
            format!("{:.1} %", 100.0 * row.share),
            per_mac,
            "▇".repeat((row.share * 24.0).round() as usize),
        ]);
    }
    let per_mac = profile.ns_per_mac.map_or(String::new(), |v| format!(", {v:.3} ns/MAC"));
    format!(
        "{}\n\n  {} kernels, one thread, {} runs: median {:.1} us, p95 {:.1} us, min {:.1} us{per_mac}\n  {} MACs; crc32 of outputs for seed 0: {}",
        table.to_text(),
        profile.kernels,
        profile.runs,
        profile.median_us,
        profile.p95_us,
        profile.min_us,
        thousands(profile.macs),
        profile.output_crc32,
    )
}
