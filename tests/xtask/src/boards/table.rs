//! The table of all boards and models, as text and as JSON.

use std::fmt::Write as _;

use crate::boards::bounds::Judged;
use crate::boards::images::Images;
use crate::boards::lines::{Measured, OperatorCost};
use crate::boards::models::Model;
use crate::boards::peers::{self, Peer};
use mote_target::Target;
use serde_json::{Value, json};

/// What is known of an image for bare metal.
#[derive(Debug, Clone, Copy)]
pub struct ImageFigures {
    pub image_bytes: u64,
    /// Without board support.
    pub engine_bytes: u64,
    pub static_ram_bytes: u64,
    /// Computed bounds of the stack, with the timer's interrupt.
    pub run_stack_bound_bytes: u64,
    pub setup_stack_bound_bytes: u64,
    /// Part of the bounds that the timer's interrupt may add.
    pub interrupt_stack_bytes: u64,
}

/// One model on one board.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub board: String,
    pub cpu: String,
    pub model: String,
    pub macs: u64,
    pub source_macs: u64,
    pub model_bytes: u64,
    /// What only an image for bare metal has.
    pub image: Option<ImageFigures>,
    pub instructions: u64,
    pub setup_instructions: u64,
    pub arena_bytes: u64,
    pub state_bytes: u64,
    pub run_stack_bytes: u64,
    pub setup_stack_bytes: u64,
    pub operators: Vec<OperatorCost>,
    /// Names of the operators in execution order.
    pub steps: Vec<String>,
    /// Comparisons of output bytes that were made.
    pub comparisons: usize,
    /// What is wrong; none when every byte is right.
    pub fault: Option<String>,
}

impl Row {
    /// Name of one of its operators.
    fn operator_name(&self, cost: &OperatorCost) -> &str {
        self.steps.get(cost.index as usize).map_or("?", String::as_str)
    }

    /// One word or sentence on the outcome.
    pub fn verdict(&self) -> String {
        match &self.fault {
            None => format!("exact ({} comparisons), {} instructions", self.comparisons, thousands(self.instructions)),
            Some(fault) => format!("WRONG: {fault}"),
        }
    }
}

/// A model that a board has no room for.
#[derive(Debug, Clone)]
pub struct Unfit {
    pub board: String,
    pub model: String,
    /// Bytes needed and there.
    pub reason: String,
}

/// A row from what was measured and compared.
pub fn row(board: &Target, model: &Model, images: &Images, measured: Result<Measured, String>) -> Row {
    let (measured, fault, comparisons) = match measured {
        Err(reason) => (Measured::default(), Some(reason), 0),
        Ok(measured) => {
            let (mut wrong, made) = model.goldens.compare(&measured);
            if measured.verdict != 0 {
                wrong.insert(0, format!("the image ended with verdict {}", measured.verdict));
            }
            if made == 0 {
                wrong.push("nothing to compare with".into());
            }
            wrong.extend(images.stack.compare(measured.stack_bytes.0, measured.stack_bytes.1));
            (measured, (!wrong.is_empty()).then(|| wrong.join("; ")), made)
        }
    };
    Row {
        board: board.name.clone(),
        cpu: board.cpu.clone(),
        model: model.name.clone(),
        macs: model.macs,
        source_macs: model.source_macs,
        model_bytes: model.file_bytes,
        image: Some(ImageFigures {
            image_bytes: images.image_bytes,
            engine_bytes: images.flash_bytes,
            static_ram_bytes: images.static_ram_bytes,
            run_stack_bound_bytes: images.stack.run_bytes,
            setup_stack_bound_bytes: images.stack.setup_bytes,
            interrupt_stack_bytes: images.stack.interrupt_bytes,
        }),
        instructions: measured.instructions,
        setup_instructions: measured.setup_instructions,
        arena_bytes: measured.arena_bytes,
        state_bytes: measured.state_bytes,
        run_stack_bytes: measured.stack_bytes.1,
        setup_stack_bytes: measured.stack_bytes.0,
        operators: measured.operators,
        steps: model.steps.clone(),
        comparisons,
        fault,
    }
}

const HEADINGS: [&str; 20] = [
    "board",
    "model",
    "exact",
    "instructions",
    "TFLM",
    "of TFLM",
    "instr/MAC",
    "set-up",
    "of TFLM",
    "arena",
    "TFLM",
    "state",
    "flash",
    "of TFLM",
    "RAM",
    "stack",
    "bound",
    "TFLM",
    "set-up",
    "bound",
];

/// The table for people. Stacks are painted and computed bytes of an inference, then of set-up. "of TFLM" stands behind the figure that it compares; TFLM's flash is that of its own
/// optimisation levels where it was measured so.
pub fn text(rows: &[Row], peers: &[Peer]) -> String {
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    for row in rows {
        let peer = peers::beside(peers, &row.cpu, &row.model);
        let mix = peers::find(peers, &row.cpu, "CMSIS-NN", "mix", &row.model).or(peer);
        let figure = |figure: fn(&Peer) -> u64| peer.map_or("-".into(), |peer| thousands(figure(peer)));
        let image =
            |figure: fn(&ImageFigures) -> u64| row.image.as_ref().map_or("-".into(), |image| thousands(figure(image)));
        let of = |value: u64, peer: Option<&Peer>, figure: fn(&Peer) -> u64| {
            peer.map_or("-".into(), |peer| format!("{:.1} %", 100.0 * value as f64 / figure(peer) as f64))
        };
        lines.push([
            row.board.clone(),
            row.model.clone(),
            if row.fault.is_none() { "yes".into() } else { "NO".into() },
            thousands(row.instructions),
            figure(|peer| peer.instructions),
            of(row.instructions, peer, |peer| peer.instructions),
            per(row.instructions, row.macs).map_or("-".into(), |value| format!("{value:.2}")),
            thousands(row.setup_instructions),
            of(row.setup_instructions, peer, |peer| peer.setup_instructions),
            thousands(row.arena_bytes),
            figure(|peer| peer.arena_bytes),
            thousands(row.state_bytes),
            image(|image| image.engine_bytes),
            row.image.map_or("-".into(), |image| of(image.engine_bytes, mix, |peer| peer.flash_bytes)),
            image(|image| image.static_ram_bytes),
            thousands(row.run_stack_bytes),
            image(|image| image.run_stack_bound_bytes),
            figure(|peer| peer.run_stack_bytes),
            thousands(row.setup_stack_bytes),
            image(|image| image.setup_stack_bound_bytes),
        ]);
    }
    aligned(&lines, 3)
}

/// What each operator costs, for people.
pub fn operators(rows: &[Row]) -> String {
    let headings = ["board", "model", "operator", "index", "code", "instructions", "of the run"];
    let mut lines = vec![headings.map(str::to_owned)];
    for row in rows {
        for cost in &row.operators {
            lines.push([
                row.board.clone(),
                row.model.clone(),
                row.operator_name(cost).to_owned(),
                cost.index.to_string(),
                cost.code.to_string(),
                thousands(cost.instructions),
                format!("{:.1} %", 100.0 * cost.instructions as f64 / row.instructions.max(1) as f64),
            ]);
        }
    }
    aligned(&lines, 3)
}

/// Lines of cells in columns; the first `words` columns to the left, numbers to the right.
fn aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]], words: usize) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = if column < words { write!(text, "{cell:width$}  ") } else { write!(text, "{cell:>width$}  ") };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// The table for programs.
pub fn json(rows: &[Row], peers: &[Peer], judged: &Judged, does_not_fit: &[Unfit], skipped: &[String]) -> Value {
    let row = |row: &Row| {
        let peer = peers::beside(peers, &row.cpu, &row.model);
        let image = |figure: fn(&ImageFigures) -> u64| row.image.as_ref().map(figure);
        let operators: Vec<Value> = row
            .operators
            .iter()
            .map(|cost| {
                json!({"index": cost.index, "code": cost.code, "name": row.operator_name(cost),
                       "instructions": cost.instructions})
            })
            .collect();
        json!({
            "board": row.board, "cpu": row.cpu, "model": row.model,
            "exact": row.fault.is_none(), "fault": row.fault, "comparisons": row.comparisons,
            "instructions": row.instructions, "instructions_per_mac": per(row.instructions, row.macs),
            "macs": row.macs, "source_macs": row.source_macs,
            "setup_instructions": row.setup_instructions,
            "arena_bytes": row.arena_bytes, "state_bytes": row.state_bytes,
            "image_bytes": image(|image| image.image_bytes), "engine_bytes": image(|image| image.engine_bytes),
            "model_bytes": row.model_bytes, "static_ram_bytes": image(|image| image.static_ram_bytes),
            "stack_bytes": row.run_stack_bytes, "stack_bound_bytes": image(|image| image.run_stack_bound_bytes),
            "setup_stack_bytes": row.setup_stack_bytes,
            "setup_stack_bound_bytes": image(|image| image.setup_stack_bound_bytes),
            "interrupt_stack_bytes": image(|image| image.interrupt_stack_bytes),
            "operators": operators,
            "tflm": peer.map(|peer| json!({
                "kernels": peer.kernels, "level": peer.level, "instructions": peer.instructions,
                "setup_instructions": peer.setup_instructions, "arena_bytes": peer.arena_bytes,
                "flash_bytes": peer.flash_bytes, "stack_bytes": peer.run_stack_bytes,
            })),
        })
    };
    let unfit = |unfit: &Unfit| json!({"board": unfit.board, "model": unfit.model, "reason": unfit.reason});
    json!({
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "does_not_fit": does_not_fit.iter().map(unfit).collect::<Vec<_>>(),
        "above_bounds": judged.above, "broken_bounds": judged.broken, "bounds_kept": judged.kept,
        "skipped": skipped,
    })
}

fn per(instructions: u64, macs: u64) -> Option<f64> {
    (macs > 0).then(|| instructions as f64 / macs as f64)
}

fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn groups_digits() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
