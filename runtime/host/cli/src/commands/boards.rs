//! `mote boards`: the boards Mote knows.

use crate::render::table::{Table, bytes};
use crate::{Answer, Output};
use anyhow::Result;
use clap::Args;
use mote_target::{RegionKind, Target};

/// Arguments of `mote boards`.
#[derive(Args)]
pub struct Arguments {
    /// Show this board in full.
    pub board: Option<String>,
    /// Only boards of this tier: 1 run in CI, 2 built in CI, 3 described.
    #[arg(long, value_name = "1|2|3", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub tier: Option<u8>,
}

/// Prints every target with its memory, best supported first.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    if let Some(name) = &arguments.board {
        let target = mote_target::find(name)?;
        output.print(&target, || in_full(&target))?;
        return Ok(Answer::Yes);
    }
    let mut targets = mote_target::all();
    targets.retain(|target| arguments.tier.is_none_or(|tier| target.tier == tier));
    targets.sort_by_key(|target| target.tier);
    output.print(&targets, || {
        let titles =
            ["<board", "<what", "<core", "MHz", "RAM for models", "flash for models", "tier", "<run or flashed by"];
        let mut table = Table::new(&titles);
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
                route(target),
            ]);
        }
        format!("{}\n\n  tier 1: run in CI; 2: built in CI, never run there; 3: described", table.to_text())
    })?;
    Ok(Answer::Yes)
}

/// How a program gets onto it.
fn route(target: &Target) -> String {
    if let Some(emulator) = &target.emulator {
        return format!("QEMU, {}", emulator.machine);
    }
    if let Some(user_mode) = &target.user_mode {
        return user_mode.program.clone();
    }
    target.physical.as_ref().map_or("-".into(), |physical| format!("mote flash, {}", physical.probe_chip))
}

fn in_full(target: &Target) -> String {
    let mut lines = vec![format!("{}: {}", target.name, target.title)];
    let mut line = |what: &str, value: String| lines.push(format!("  {what:<10} {value}"));
    let features = if target.features.is_empty() { String::new() } else { format!(", {}", target.features.join(", ")) };
    line("core", format!("{}{features}; {} MHz", target.cpu, target.clock_hz / 1_000_000));
    line("target", target.triple.clone());
    line("tier", format!("{} ({})", target.tier, route(target)));
    for region in &target.regions {
        let place = match region.kind {
            RegionKind::Storage => "files".to_owned(),
            kind => format!("{kind:?} at {:#010x}", region.origin).to_lowercase(),
        };
        line("memory", format!("{:<8} {:>10}  {place}", region.name, bytes(region.bytes)));
    }
    let flash = &target.flash;
    line("flash", format!("page {}, erase {}, write {} B", flash.page_bytes, flash.erase_bytes, flash.write_bytes));
    let fit = target.fit(0, 0);
    line("models", format!("RAM {}, flash {}", bytes(fit.ram_available_bytes), bytes(fit.flash_available_bytes)));
    if let (Some(address), Some(room)) = (target.model_address(), target.model_room_bytes()) {
        line("", format!("the model file stands at {address:#010x}, {} of room", bytes(room)));
    }
    lines.join("\n")
}
