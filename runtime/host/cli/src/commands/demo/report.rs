//! The demo's page.

use super::evaluate::Evaluation;
use crate::commands::inspect::{arena_picture, layer_table, summarize};
use crate::render::html;
use crate::render::table::{Table, bytes, thousands};
use mote_engine::Model;
use mote_target::Fit;

/// A self-contained page: figures, confusion matrix, mistakes, boards, arena, layers.
pub fn page(model: &Model<'_>, evaluation: &Evaluation, labels: &[String], boards: &[Fit], exact: bool) -> String {
    let header = model.header();
    let passport = model.passport();
    let figures = [
        ("accuracy on the test set", format!("{:.2} %", 100.0 * evaluation.accuracy())),
        ("per image, median on this machine", format!("{:.1} µs", evaluation.median_us)),
        ("arena", format!("{} B", thousands(header.arena_bytes))),
        ("model file", bytes(header.file_bytes as u64)),
        ("multiply-accumulates", thousands(passport.map_or(0, |p| p.macs))),
        ("against TensorFlow Lite Micro", if exact { "same bits".into() } else { "DIFFERS".to_string() }),
    ];
    let body = format!(
        "<h1>Digits on Mote</h1>\n<p>An int8 convolutional network reads {} handwritten digits it has not seen.</p>\n{}\
         <h2>Confusion</h2>\n<p>Rows are what the digit is, columns what the model answers.</p>\n{}\
         <h2>Mistakes</h2>\n{}<h2>Boards</h2>\n<p>Memory left beside a reserve for the application.</p>\n{}\
         <h2>Arena over time</h2>\n<p>One block per tensor: width is its lifetime, height its bytes.</p>\n{}\
         <h2>Layers</h2>\n{}",
        evaluation.samples(),
        html::figures(&figures),
        confusion(evaluation, labels),
        mistakes(evaluation, labels),
        board_table(boards).to_html(),
        arena_picture(model).to_svg(),
        layer_table(&summarize(model)).to_html(),
    );
    html::page("Digits on Mote", &body)
}

fn confusion(evaluation: &Evaluation, labels: &[String]) -> String {
    let head: String = labels.iter().map(|label| format!("<th>{}</th>", html::escape(label))).collect();
    let mut rows = String::new();
    for (truth, row) in evaluation.confusion.iter().enumerate() {
        let cell = |(answer, &count): (usize, &u64)| match (count, answer == truth) {
            (0, _) => "<td>·</td>".into(),
            (_, true) => format!("<td class=\"hit\">{count}</td>"),
            (_, false) => format!("<td class=\"miss\">{count}</td>"),
        };
        let cells: String = row.iter().enumerate().map(cell).collect();
        rows.push_str(&format!("<tr><th>{}</th>{cells}</tr>\n", html::escape(&labels[truth])));
    }
    format!(
        "<div class=\"scroll\"><table><thead><tr><th></th>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// The wrongly read digits as small pictures.
fn mistakes(evaluation: &Evaluation, labels: &[String]) -> String {
    let side = evaluation.side;
    let picture = |&(index, truth, answer): &(usize, usize, usize)| {
        let pixels = evaluation.images.iter().skip(index * side * side).take(side * side);
        let squares: String = pixels
            .enumerate()
            .filter(|(_, value)| **value > 0.0)
            .map(|(at, value)| {
                format!(
                    "<rect x=\"{}\" y=\"{}\" width=\"1\" height=\"1\" opacity=\"{value:.2}\"/>",
                    at % side,
                    at / side
                )
            })
            .collect();
        format!(
            "<figure><svg class=\"digit\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"digit {}\">{squares}</svg>\
             <figcaption>is {}, read as {}</figcaption></figure>",
            labels[truth], labels[truth], labels[answer]
        )
    };
    match evaluation.mistakes.is_empty() {
        true => "<p>None.</p>\n".into(),
        false => {
            format!("<div class=\"digits\">{}</div>\n", evaluation.mistakes.iter().map(picture).collect::<String>())
        }
    }
}

fn board_table(boards: &[Fit]) -> Table {
    let mut table = Table::new(&["<board", "<fits", "RAM needed", "RAM there", "flash needed", "flash there"]);
    for fit in boards {
        table.row([
            fit.target.clone(),
            if fit.fits() { "yes".into() } else { "no".to_string() },
            bytes(fit.ram_needed_bytes),
            bytes(fit.ram_available_bytes),
            bytes(fit.flash_needed_bytes),
            bytes(fit.flash_available_bytes),
        ]);
    }
    table
}
