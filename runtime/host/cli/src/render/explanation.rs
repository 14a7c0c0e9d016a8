//! What carried an answer, as text, picture and page.

use super::heat;
use super::html::{self, escape};
use super::layers::real;
use super::table::Table;
use crate::analysis::occlusion::{Explanation, Region};
use crate::analysis::view::Kind;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What is explained.
pub struct Subject<'s> {
    /// Name of the model.
    pub name: String,
    /// What the input is.
    pub kind: Kind,
    /// The explained class, in words.
    pub label: String,
    /// Names of features; empty when unknown.
    pub features: Vec<String>,
    /// The input in real values.
    pub values: &'s [f64],
    /// Regions to show.
    pub top: usize,
}

impl Subject<'_> {
    /// A region in words.
    fn place(&self, region: &Region) -> String {
        let span = |what: &str, first: usize, count: usize| match count {
            1 => format!("{what} {first}"),
            _ => format!("{what}s {first} to {}", first + count - 1),
        };
        let (rows, columns) = self.kind.axes();
        if columns.is_empty() {
            let name = self.features.get(region.row).filter(|_| region.height == 1);
            return name.cloned().unwrap_or_else(|| span(rows, region.row, region.height));
        }
        format!("{}, {}", span(rows, region.row, region.height), span(columns, region.column, region.width))
    }

    fn table(&self, found: &Explanation) -> Table {
        let squeezed = found.scored != "output";
        let change = if squeezed { "change of log-odds" } else { "change of score" };
        let mut titles = vec!["<hidden", change, "<"];
        titles.extend(squeezed.then_some("change of output"));
        titles.extend((self.kind == Kind::Table).then_some("value"));
        let mut table = Table::new(&titles);
        for region in found.regions.iter().take(self.top) {
            let word = match region.change {
                change if change < 0.0 => "speaks for it",
                change if change > 0.0 => "speaks against it",
                _ => "no matter",
            };
            let mut row = vec![self.place(region), signed(region.change), word.into()];
            row.extend(squeezed.then(|| signed(region.output_change)));
            if self.kind == Kind::Table {
                row.push(self.values.get(region.row).map_or(String::new(), |&value| real(value)));
            }
            table.row(row);
        }
        table
    }

    fn sentence(&self, found: &Explanation) -> String {
        let score = match found.scored {
            "output" => format!("score {}", real(found.output)),
            scale => format!("{scale} {}, output {}", real(found.score), real(found.output)),
        };
        let parts = found.regions.len();
        format!(
            "{}: {score}. {parts} parts of {}×{} hidden one at a time.",
            self.label, found.patch.rows, found.patch.columns
        )
    }
}

fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", real(value)) } else { real(value) }
}

/// For a terminal.
pub fn to_text(subject: &Subject<'_>, found: &Explanation) -> String {
    format!("  {}\n\n{}", subject.sentence(found), subject.table(found).to_text())
}

/// The picture.
pub fn to_png(subject: &Subject<'_>, found: &Explanation) -> Result<Vec<u8>> {
    heat::png(subject.kind, found.grid, subject.values, &found.map)
}

/// A page with picture (or bars) and table.
pub fn to_html(subject: &Subject<'_>, found: &Explanation) -> Result<String> {
    let picture = match subject.kind {
        Kind::Table => bars(subject, found),
        kind => {
            let axes = match kind {
                Kind::Audio => "Time runs to the right, frequency upwards. ",
                _ => "",
            };
            format!(
                "<figure><img class=\"heat\" alt=\"input, and the same under the map\" \
                 src=\"data:image/png;base64,{}\"><figcaption>{axes}Red: hiding it lowers the score, it speaks for the \
                 class. Blue: hiding it raises the score.</figcaption></figure>\n",
                STANDARD.encode(to_png(subject, found)?)
            )
        }
    };
    let body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n{picture}<h2>Parts that matter most</h2>\n{}",
        escape(&subject.name),
        escape(&subject.sentence(found)),
        subject.table(found).to_html()
    );
    Ok(html::page(&subject.name, &body))
}

/// A bar for each feature, from the middle to the side it speaks for.
fn bars(subject: &Subject<'_>, found: &Explanation) -> String {
    let shown: Vec<&Region> = found.regions.iter().take(subject.top.max(20)).collect();
    let largest = shown.iter().fold(1e-12f64, |largest, region| largest.max(region.change.abs()));
    let (width, line, middle, half) = (960.0, 26.0, 560.0, 300.0);
    let height = line * shown.len() as f64 + 44.0;
    let mut svg = format!(
        "<div class=\"scroll\"><svg class=\"wide\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"change of score by feature\">\n\
         <text class=\"axis\" x=\"{}\" y=\"20\" text-anchor=\"end\">hiding lowers the score</text>\
         <text class=\"axis\" x=\"{}\" y=\"20\">hiding raises it</text>\n\
         <line class=\"grid\" x1=\"{middle}\" x2=\"{middle}\" y1=\"28\" y2=\"{:.0}\"/>\n",
        middle - 8.0,
        middle + 8.0,
        height - 8.0,
    );
    for (at, region) in shown.iter().enumerate() {
        let y = 32.0 + line * at as f64;
        let long = half * region.change.abs() / largest;
        let (class, x) = if region.change < 0.0 { ("for", middle - long) } else { ("against", middle) };
        let (text, anchor) = if region.change < 0.0 { (x - 6.0, "end") } else { (x + long + 6.0, "start") };
        svg.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"3\"/>\
             <text class=\"label\" x=\"12\" y=\"{:.1}\">{}</text>\
             <text class=\"axis\" x=\"{text:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
            long.max(1.0),
            line - 8.0,
            y + 13.0,
            escape(&subject.place(region)),
            y + 13.0,
            signed(region.change)
        ));
    }
    svg.push_str("</svg></div>\n");
    svg
}
