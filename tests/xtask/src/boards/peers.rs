//! Figures of TensorFlow Lite Micro, from `firmware/tflm.json`.

use crate::report::Problem;
use crate::repository;
use serde_json::Value;

/// One model on one processor.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Processor, as in target files.
    pub cpu: String,
    /// `CMSIS-NN` or `reference`.
    pub kernels: String,
    /// Optimisation: `O2`, `O3` or `mix`.
    pub level: String,
    /// Model by its name in `models/zoo.toml`.
    pub model: String,
    /// Model by the name its authors gave.
    pub upstream_name: String,
    /// Instructions of one inference.
    pub instructions: u64,
    /// Bytes of arena.
    pub arena_bytes: u64,
    /// Code and constants without model and harness.
    pub flash_bytes: u64,
    /// Instructions of set-up.
    pub setup_instructions: u64,
    /// Painted stack of an inference.
    pub run_stack_bytes: u64,
}

/// All rows.
pub fn read() -> Result<Vec<Peer>, Problem> {
    let text = std::fs::read_to_string(repository::root().join("firmware/tflm.json"))?;
    let value: Value = serde_json::from_str(&text)?;
    let rows = value["rows"].as_array().ok_or("firmware/tflm.json: no rows")?;
    rows.iter().map(|row| peer(row).ok_or("firmware/tflm.json: a row is not complete".into())).collect()
}

fn peer(row: &Value) -> Option<Peer> {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    let number = |key: &str| row[key].as_u64();
    Some(Peer {
        cpu: text("cpu")?,
        kernels: text("kernels")?,
        level: text("level")?,
        model: text("model")?,
        upstream_name: text("upstream_name")?,
        instructions: number("instructions")?,
        arena_bytes: number("arena_bytes")?,
        flash_bytes: number("flash_bytes")?,
        setup_instructions: number("setup_instructions")?,
        run_stack_bytes: number("run_stack_bytes")?,
    })
}

/// The row to compare with: on processors without vector kernels in that library its reference kernels, else CMSIS-NN.
pub fn beside<'p>(peers: &'p [Peer], cpu: &str, model: &str) -> Option<&'p Peer> {
    let cpu = if cpu == "rv32imac" { "rv32imc" } else { cpu };
    let kernels = if ["cortex-m0", "rv32imc"].contains(&cpu) { "reference" } else { "CMSIS-NN" };
    find(peers, cpu, kernels, "O2", model)
}

/// A row by all its names.
pub fn find<'p>(peers: &'p [Peer], cpu: &str, kernels: &str, level: &str, model: &str) -> Option<&'p Peer> {
    peers.iter().find(|row| row.cpu == cpu && row.kernels == kernels && row.level == level && row.model == model)
}
