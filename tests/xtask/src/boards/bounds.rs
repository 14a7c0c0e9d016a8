//! What the project promises about these figures, and which of them do not keep it yet.

use crate::boards::peers::{self, Peer};
use crate::boards::table::Row;

/// Flash of the engine with only the model's operators, against TFLM's on a Cortex-M4.
const FLASH_PERCENT: u64 = 60;
/// Set-up instructions against TFLM's.
const SETUP_PERCENT: u64 = 5;
/// Instructions of portable kernels on a Cortex-M4, against CMSIS-NN.
const M4_PERCENT: u64 = 150;
/// Flash of the engine with what the smallest model needs.
const SMALLEST_FLASH_BYTES: u64 = 8 * 1024;

/// Every figure above its bound, as a sentence.
pub fn above(rows: &[Row], peers: &[Peer]) -> Vec<String> {
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| row.fault.is_none()) {
        let mut check = |what: &str, figure: u64, bound: u64| {
            if figure > bound {
                let percent = 100 * figure / bound.max(1);
                all.push(format!("{} on {}: {what} {figure} of at most {bound} ({percent} %)", row.model, row.board));
            }
        };
        if row.cpu == "cortex-m4" && row.model == "hello_world_int8" {
            check("flash", row.flash_bytes, SMALLEST_FLASH_BYTES);
        }
        let Some(peer) = peers::beside(peers, &row.cpu, &row.model) else { continue };
        match row.cpu.as_str() {
            "cortex-m0" | "rv32imc" | "rv32imac" => check("instructions", row.instructions, peer.instructions),
            "cortex-m4" => check("instructions", row.instructions, peer.instructions * M4_PERCENT / 100),
            _ => {}
        }
        check("set-up instructions", row.setup_instructions, peer.setup_instructions * SETUP_PERCENT / 100);
        check("arena and state bytes", row.arena_bytes + row.state_bytes, peer.arena_bytes);
        if row.cpu == "cortex-m4"
            && let Some(mix) = peers::find(peers, "cortex-m4", "CMSIS-NN", "mix", &row.model)
        {
            check("flash", row.flash_bytes, mix.flash_bytes * FLASH_PERCENT / 100);
        }
    }
    all
}
