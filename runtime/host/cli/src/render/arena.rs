//! The arena over time: which tensor holds which bytes at which step.

use super::html::escape;
use super::table::bytes as readable;

/// One tensor in the arena.
#[derive(Clone, Debug)]
pub struct Block {
    /// Name.
    pub name: String,
    /// First byte.
    pub offset: u64,
    /// Length.
    pub bytes: u64,
    /// First step it is live.
    pub first_step: usize,
    /// Last step it is live.
    pub last_step: usize,
}

/// The arena's blocks.
#[derive(Clone, Debug)]
pub struct ArenaPicture {
    /// Blocks.
    pub blocks: Vec<Block>,
    /// Bytes of the arena, scratch included.
    pub arena_bytes: u64,
    /// Scratch bytes at its end.
    pub scratch_bytes: u64,
    /// Number of steps: operators plus one before and one after.
    pub steps: usize,
}

const TERMINAL_ROWS: u64 = 16;
const SHADES: [char; 4] = ['█', '▓', '▒', '░'];

impl ArenaPicture {
    /// Bytes live at `step`.
    pub fn live_bytes(&self, step: usize) -> u64 {
        self.blocks.iter().filter(|b| b.first_step <= step && step <= b.last_step).map(|b| b.bytes).sum()
    }

    /// Time from left to right, addresses from bottom to top; neighbouring tensors differ in shade.
    pub fn to_text(&self) -> String {
        let rows = TERMINAL_ROWS.min(self.arena_bytes.max(1));
        let column_width = (72 / self.steps.max(1)).clamp(1, 4);
        let mut lines = Vec::new();
        for row in (0..rows).rev() {
            let middle = (2 * row + 1) * self.arena_bytes / (2 * rows);
            let mut line =
                format!("  {:>9} │", if row == rows - 1 { readable(self.arena_bytes) } else { String::new() });
            for step in 0..self.steps {
                line.push_str(&self.shade(step, middle).to_string().repeat(column_width));
            }
            lines.push(line.trim_end().to_string());
        }
        lines.push(format!("  {:>9} └{}", "0", "─".repeat(self.steps * column_width)));
        lines.push(format!("  {:>9}  time: {} steps, one column group each", "", self.steps));
        lines.join("\n")
    }

    fn shade(&self, step: usize, address: u64) -> char {
        let holds = |b: &Block| {
            b.first_step <= step && step <= b.last_step && b.offset <= address && address < b.offset + b.bytes
        };
        match self.blocks.iter().position(holds) {
            Some(index) => SHADES[index % SHADES.len()],
            None if address >= self.arena_bytes - self.scratch_bytes && self.scratch_bytes > 0 => '·',
            None => ' ',
        }
    }

    /// The same as SVG, with names as titles; colours come from the page's style.
    pub fn to_svg(&self) -> String {
        let (width, height, left, bottom) = (920.0, 320.0, 76.0, 26.0);
        let x = |step: usize| left + (width - left - 8.0) * step as f64 / self.steps.max(1) as f64;
        let y = |address: u64| {
            let share = address as f64 / self.arena_bytes.max(1) as f64;
            height - bottom - (height - bottom - 8.0) * share
        };
        let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"arena over time\">\n");
        for share in 0..=4u64 {
            let address = self.arena_bytes * share / 4;
            svg.push_str(&format!(
                "<line class=\"grid\" x1=\"{left}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                width - 8.0,
                left - 6.0,
                y(address) + 4.0,
                readable(address),
                y = y(address),
            ));
        }
        for (index, b) in self.blocks.iter().enumerate() {
            let (top, base) = (y(b.offset + b.bytes), y(b.offset));
            svg.push_str(&format!(
                "<rect class=\"block c{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\">\
                 <title>{}: {} at byte {}, steps {} to {}</title></rect>\n",
                index % 8,
                x(b.first_step),
                (x(b.last_step + 1) - x(b.first_step)).max(1.0),
                (base - top).max(1.0),
                escape(&b.name),
                readable(b.bytes),
                b.offset,
                b.first_step,
                b.last_step,
            ));
        }
        svg.push_str(&format!(
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\">time: one step per operator</text>\n</svg>\n",
            left,
            height - 8.0
        ));
        svg
    }
}
