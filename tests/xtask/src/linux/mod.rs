//! The same engine, kernels and application as Linux programs: aarch64 and riscv64 under QEMU's user mode, x86-64 on
//! this processor and, for its count, under the emulator too.
//!
//! Every int8 model must give the golden bytes of boards, the kernel battery and the kernels' own tests must pass, and
//! instructions are counted by a plugin that loops of known length check in each run.

mod emulate;
mod set_up;
mod tests;

use crate::boards::lines::Measured;
use crate::boards::models::{self, Model};
use crate::boards::table;
use crate::host_tests::Counts;
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use mote_target::Target;
use serde_json::{Value, json};
use set_up::Programs;

/// One model on one target.
struct Row {
    target: String,
    cpu: String,
    model: String,
    macs: u64,
    model_bytes: u64,
    measured: Measured,
    /// False when the emulator has no plugins: instructions are then unknown.
    counted: bool,
    comparisons: usize,
    fault: Option<String>,
}

/// The command. Each row is one test.
pub fn run(options: &Options, counts: &mut Counts) -> Outcome {
    let wanted = |name: &str, only: &Option<String>| only.as_deref().is_none_or(|only| only == name);
    let named = |target: &Target| {
        options.target.as_deref().is_none_or(|only| target.name == only || target.name == format!("linux-{only}"))
    };
    let targets: Vec<Target> =
        mote_target::all().into_iter().filter(|target| target.user_mode.is_some() && named(target)).collect();
    if targets.is_empty() {
        return failed("no such target; there are aarch64, riscv64 and x86_64");
    }
    let (targets, absent) = set_up::install(targets)?;
    let (mut models, mut skipped) = models::compile_all()?;
    models.retain(|model| wanted(&model.name, &options.model));
    if models.is_empty() {
        return failed("no such model");
    }
    skipped.extend(absent.iter().cloned());
    let plugin = set_up::plugin()?;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for target in &targets {
        let programs = set_up::build(target, &plugin)?;
        if !programs.counts {
            eprintln!("  {}: {} has no plugins of version 1, so nothing is counted", target.name, programs.emulator);
            counts.skipped.push(format!("linux: {}", uncounted(target)));
        }
        // In the whole test run the table of all boards has them.
        if !options.whole_run {
            rows.extend(models.iter().map(|model| row(target, &programs, model)));
        }
        if let Some(first) = models.first()
            && let Err(reason) = emulate::conformance(&programs, &first.file)
        {
            wrong.push(format!("conformance on {}: {reason}", target.name));
        }
        // A run of one model is in a hurry; on this machine's own processor the suite runs them anyway.
        if options.model.is_none() && !set_up::is_host(target) {
            counts.passed += tests::run(target)?;
        }
    }
    if !options.whole_run {
        report(options, &rows, &skipped);
    }
    let faults =
        rows.iter().filter_map(|row| Some(format!("{} on {}: {}", row.model, row.target, row.fault.as_ref()?)));
    wrong.extend(faults);
    counts.failed += wrong.len() as u64;
    counts.passed += rows.iter().filter(|row| row.fault.is_none()).count() as u64;
    if options.whole_run {
        counts.skipped.extend(absent.into_iter().map(|text| format!("linux: {text}")));
    } else {
        counts.skipped.extend(skipped.into_iter().map(|text| format!("linux: {text}")));
    }
    if wrong.is_empty() { Ok(()) } else { failed(wrong.join("\n")) }
}

fn row(target: &Target, programs: &Programs, model: &Model) -> Row {
    let result = emulate::bench(programs, &model.file).and_then(|measured| {
        // What the emulator says must be what the processor says, where this machine has it.
        let native = set_up::is_host(target).then(|| emulate::native(programs, &model.file)).transpose()?;
        match native {
            Some(native) if native.outputs != measured.outputs => Err("the processor and its emulator differ".into()),
            _ => Ok(measured),
        }
    });
    let (measured, comparisons, fault) = match result {
        Err(reason) => (Measured::default(), 0, Some(reason)),
        Ok(measured) => {
            let (mut wrong, made) = model.goldens.compare(&measured);
            if measured.verdict != 0 {
                wrong.insert(0, format!("the program ended with verdict {}", measured.verdict));
            }
            if made == 0 {
                wrong.push("nothing to compare with".into());
            }
            (measured, made, (!wrong.is_empty()).then(|| wrong.join("; ")))
        }
    };
    let row = Row {
        target: target.name.clone(),
        cpu: target.cpu.clone(),
        model: model.name.clone(),
        macs: model.macs,
        model_bytes: model.file_bytes,
        measured,
        counted: programs.counts,
        comparisons,
        fault,
    };
    eprintln!("  {:16} {:24} {}", row.target, row.model, row.verdict());
    row
}

impl Row {
    fn verdict(&self) -> String {
        match &self.fault {
            None => format!("exact ({} comparisons), {} instructions", self.comparisons, self.instructions()),
            Some(fault) => format!("WRONG: {fault}"),
        }
    }

    fn instructions(&self) -> String {
        if self.counted { self.measured.instructions.to_string() } else { "-".into() }
    }

    fn per_mac(&self) -> Option<f64> {
        (self.counted && self.macs > 0).then(|| self.measured.instructions as f64 / self.macs as f64)
    }

    fn for_table(self, model: &Model) -> table::Row {
        table::Row {
            board: self.target,
            cpu: self.cpu,
            model: self.model,
            macs: self.macs,
            source_macs: model.source_macs,
            model_bytes: self.model_bytes,
            image: None,
            instructions: self.measured.instructions,
            setup_instructions: self.measured.setup_instructions,
            arena_bytes: self.measured.arena_bytes,
            state_bytes: self.measured.state_bytes,
            run_stack_bytes: self.measured.stack_bytes.1,
            setup_stack_bytes: self.measured.stack_bytes.0,
            operators: self.measured.operators,
            steps: model.steps.clone(),
            comparisons: self.comparisons,
            fault: self.fault,
        }
    }

    fn to_json(&self) -> Value {
        let counted = |value: u64| self.counted.then_some(value);
        let operators: Vec<Value> = self
            .measured
            .operators
            .iter()
            .map(|cost| json!({"index": cost.index, "code": cost.code, "instructions": counted(cost.instructions)}))
            .collect();
        json!({
            "board": self.target, "cpu": self.cpu, "model": self.model,
            "exact": self.fault.is_none(), "fault": self.fault, "comparisons": self.comparisons,
            "instructions": counted(self.measured.instructions), "instructions_per_mac": self.per_mac(),
            "setup_instructions": counted(self.measured.setup_instructions),
            "macs": self.macs, "model_bytes": self.model_bytes,
            "arena_bytes": self.measured.arena_bytes, "state_bytes": self.measured.state_bytes,
            "stack_bytes": self.measured.stack_bytes.1, "setup_stack_bytes": self.measured.stack_bytes.0,
            "operators": operators,
        })
    }
}

fn report(options: &Options, rows: &[Row], skipped: &[String]) {
    if options.json {
        let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
        println!("{:#}", json!({ "rows": rows, "skipped": skipped }));
        return;
    }
    println!(
        "{:14} {:28} {:5} {:>13} {:>9} {:>9} {:>8} {:>6}  stack run/set-up",
        "target", "model", "exact", "instructions", "instr/MAC", "set-up", "arena", "state"
    );
    for row in rows {
        println!(
            "{:14} {:28} {:5} {:>13} {:>9} {:>9} {:>8} {:>6}  {} / {}",
            row.target,
            row.model,
            if row.fault.is_none() { "yes" } else { "NO" },
            row.instructions(),
            row.per_mac().map_or("-".into(), |value| format!("{value:.2}")),
            if row.counted { row.measured.setup_instructions.to_string() } else { "-".into() },
            row.measured.arena_bytes,
            row.measured.state_bytes,
            row.measured.stack_bytes.1,
            row.measured.stack_bytes.0,
        );
    }
    skipped.iter().for_each(|line| println!("SKIPPED: {line}"));
}

/// Every model on every Linux target (or only the one called `only`), for the table of all boards. What only an image for
/// bare metal has (its size, a bound of its stack) is absent.
///
/// # Errors
/// A program or package is missing.
pub fn table_rows(only: Option<&str>, models: &[Model], skipped: &mut Vec<String>) -> Result<Vec<table::Row>, Problem> {
    let targets: Vec<Target> = mote_target::all()
        .into_iter()
        .filter(|target| target.user_mode.is_some() && only.is_none_or(|only| only == target.name))
        .collect();
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let (targets, absent) = set_up::install(targets)?;
    skipped.extend(absent);
    let plugin = set_up::plugin()?;
    let mut rows = Vec::new();
    for target in &targets {
        let programs = set_up::build(target, &plugin)?;
        if !programs.counts {
            skipped.push(uncounted(target));
        }
        rows.extend(models.iter().map(|model| row(target, &programs, model).for_table(model)));
    }
    Ok(rows)
}

fn uncounted(target: &Target) -> String {
    format!("instructions on {} (QEMU 7.2 counts them)", target.name)
}
