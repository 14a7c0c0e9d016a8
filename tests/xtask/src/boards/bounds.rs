//! What the project promises about these figures, in `firmware/budgets.toml`: bounds, and which of them are known not
//! to be reached yet. A bound that is kept today may not be broken tomorrow.

use crate::boards::peers::{self, Peer};
use crate::boards::table::Row;
use crate::report::Problem;
use crate::repository;
use serde::Deserialize;

const FILE: &str = "firmware/budgets.toml";

/// The file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    bounds: Bounds,
    /// Figures above their bound that fail nothing.
    #[serde(default)]
    known: Vec<Known>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    /// How far a figure may be above its bound before that counts.
    tolerance_percent: u64,
    /// Instructions on a Cortex-M4, against CMSIS-NN.
    cortex_m4_instructions_percent: u64,
    /// Instructions on Cortex-M0 and RV32, against TFLM's reference kernels.
    reference_instructions_percent: u64,
    /// Instructions of set-up, against TFLM's.
    setup_instructions_percent: u64,
    /// Arena and state, against TFLM's.
    arena_percent: u64,
    /// Flash of the engine with the model's operators on a Cortex-M4, against TFLM's.
    flash_percent: u64,
    /// Models whose flash is bounded so.
    flash_models: Vec<String>,
    /// The smallest model, and bytes of flash for it on a Cortex-M4.
    smallest_model: String,
    smallest_flash_bytes: u64,
}

/// A figure of one model on one board.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    board: String,
    model: String,
    figure: String,
}

/// How figures stand to their bounds.
#[derive(Debug, Default)]
pub struct Judged {
    /// Figures that keep their bound.
    pub kept: u64,
    /// Above the bound and known to be, as sentences.
    pub above: Vec<String>,
    /// Above the bound and not known to be: a step back.
    pub broken: Vec<String>,
    /// Known to be above the bound, and now below it: the file can be shortened.
    pub reached: Vec<String>,
    /// All that are above, for the file.
    now_above: Vec<Known>,
}

impl Budgets {
    /// Reads the file.
    pub fn read() -> Result<Self, Problem> {
        let text = std::fs::read_to_string(repository::root().join(FILE))?;
        toml::from_str(&text).map_err(|error| Problem::Failed(format!("{FILE}: {error}")))
    }

    /// Compares every right row's figures.
    pub fn judge(&self, rows: &[Row], peers: &[Peer]) -> Judged {
        let mut judged = Judged::default();
        for row in rows.iter().filter(|row| row.fault.is_none()) {
            for (figure, value, bound) in self.figures(row, peers) {
                self.judge_one(&mut judged, row, figure, value, bound);
            }
        }
        judged
    }

    fn judge_one(&self, judged: &mut Judged, row: &Row, figure: &str, value: u64, bound: u64) {
        let name = Known { board: row.board.clone(), model: row.model.clone(), figure: figure.to_owned() };
        let is_known = self.known.contains(&name);
        let percent = 100 * value / bound.max(1);
        let text = format!("{} on {}: {figure} {value} of at most {bound} ({percent} %)", row.model, row.board);
        if value <= bound {
            judged.kept += 1;
            if is_known {
                judged.reached.push(text);
            }
        } else if is_known || value * 100 <= bound * (100 + self.bounds.tolerance_percent) {
            judged.above.push(text);
            judged.now_above.extend(is_known.then_some(name));
        } else {
            judged.broken.push(text);
            judged.now_above.push(name);
        }
    }

    /// What is bounded of a row: name, value and bound.
    fn figures(&self, row: &Row, peers: &[Peer]) -> Vec<(&'static str, u64, u64)> {
        let (bounds, mut figures) = (&self.bounds, Vec::new());
        let is_m4 = row.cpu == "cortex-m4";
        if let Some(image) = row.image.filter(|_| is_m4 && row.model == bounds.smallest_model) {
            figures.push(("flash", image.engine_bytes, bounds.smallest_flash_bytes));
        }
        let Some(peer) = peers::beside(peers, &row.cpu, &row.model) else { return figures };
        let instructions_percent = match row.cpu.as_str() {
            "cortex-m0" | "rv32imc" | "rv32imac" => Some(bounds.reference_instructions_percent),
            "cortex-m4" => Some(bounds.cortex_m4_instructions_percent),
            _ => None,
        };
        if let Some(percent) = instructions_percent {
            figures.push(("instructions", row.instructions, peer.instructions * percent / 100));
        }
        let setup = peer.setup_instructions * bounds.setup_instructions_percent / 100;
        figures.push(("set-up instructions", row.setup_instructions, setup));
        let arena = peer.arena_bytes * bounds.arena_percent / 100;
        figures.push(("arena and state bytes", row.arena_bytes + row.state_bytes, arena));
        if is_m4
            && let Some(image) = row.image
            && bounds.flash_models.contains(&row.model)
            && let Some(mix) = peers::find(peers, "cortex-m4", "CMSIS-NN", "mix", &row.model)
        {
            figures.push(("flash", image.engine_bytes, mix.flash_bytes * bounds.flash_percent / 100));
        }
        figures
    }

    /// Rewrites the file's list of known figures: those measured now, and those that were not measured this time.
    pub fn write_known(&self, judged: &Judged, rows: &[Row]) -> Result<(), Problem> {
        let path = repository::root().join(FILE);
        let text = std::fs::read_to_string(&path)?;
        let head = text.split("\n[[known]]").next().unwrap_or_default().trim_end();
        let measured = |known: &&Known| rows.iter().any(|row| row.board == known.board && row.model == known.model);
        let unmeasured = self.known.iter().filter(|known| !measured(known));
        let mut all: Vec<&Known> = judged.now_above.iter().chain(unmeasured).collect();
        all.sort();
        all.dedup();
        let entry = |known: &&Known| {
            format!(
                "\n[[known]]\nboard = \"{}\"\nmodel = \"{}\"\nfigure = \"{}\"\n",
                known.board, known.model, known.figure
            )
        };
        std::fs::write(&path, format!("{head}\n{}", all.iter().map(entry).collect::<String>()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Budgets, Judged, Known};
    use crate::boards::table::Row;

    fn row() -> Row {
        Row { board: "b".into(), model: "m".into(), ..Row::default() }
    }

    fn judge(budgets: &Budgets, value: u64) -> Judged {
        let mut judged = Judged::default();
        budgets.judge_one(&mut judged, &row(), "flash", value, 1000);
        judged
    }

    #[test]
    fn a_kept_bound_may_not_be_broken_and_a_known_one_may() {
        let mut budgets = Budgets::read().unwrap();
        budgets.bounds.tolerance_percent = 2;
        budgets.known.clear();
        assert_eq!(judge(&budgets, 1000).kept, 1);
        assert_eq!(judge(&budgets, 1020).above.len(), 1);
        assert_eq!(judge(&budgets, 1021).broken.len(), 1);
        budgets.known = vec![Known { board: "b".into(), model: "m".into(), figure: "flash".into() }];
        assert_eq!(judge(&budgets, 5000).above.len(), 1);
        assert_eq!(judge(&budgets, 1000).reached.len(), 1);
    }
}
