//! `mote boards`: the boards Mote knows.

use crate::render::table::{Table, bytes};
use crate::{Answer, Output};
use anyhow::Result;
use clap::Args;

/// Arguments of `mote boards`.
#[derive(Args)]
pub struct Arguments {}

/// Prints every target with its memory.
pub fn execute(_: &Arguments, output: Output) -> Result<Answer> {
    let targets = mote_target::all();
    output.print(&targets, || {
        let mut table = Table::new(&["<board", "<what", "<core", "MHz", "RAM for models", "flash for models", "tier"]);
        for target in &targets {
            let fit = target.fit(0, 0);
            table.row([
                target.name.clone(),
                target.title.clone(),
                target.cpu.clone(),
                (target.clock_hz / 1_000_000).to_string(),
                bytes(fit.ram_available_bytes),
                bytes(fit.flash_available_bytes),
                target.tier.to_string(),
            ]);
        }
        table.to_text()
    })?;
    Ok(Answer::Yes)
}
