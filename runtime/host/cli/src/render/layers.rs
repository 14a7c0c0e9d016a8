//! A comparison of layers as table, plot and page section.

use super::chart::{Mark, Point, points};
use super::html::escape;
use super::table::{Table, shape, thousands};
use crate::analysis::align::MatchedBy;
use crate::analysis::layers::{Comparison, Layer, Unmatched};

/// Characters of a name that tables show.
const NAME_CHARACTERS: usize = 30;

/// One row per layer, then the outputs. Counts of differing integers are shown where both sides are integers.
pub fn table(comparison: &Comparison) -> Table {
    let exact = comparison.source_is_quantized;
    let mut titles = vec!["<tensor", "<operator", "SQNR dB", "largest error", "mean error", "cosine", "saturated"];
    titles.extend(if exact { &["differing", "max LSB"][..] } else { &[] });
    titles.extend(["channels", "<"]);
    let mut table = Table::new(&titles);
    for layer in comparison.layers.iter().chain(&comparison.outputs) {
        let d = &layer.difference;
        let mut row = vec![
            short_name(&layer.tensor),
            layer.operator.clone(),
            d.sqnr_db.map_or("same".into(), |v| format!("{v:.1}")),
            real(d.max_error),
            real(d.mean_error),
            d.cosine.map_or("–".into(), |v| format!("{v:.6}")),
            d.saturated_share.map_or("–".into(), share),
        ];
        if exact {
            row.extend([thousands(d.differing), d.max_lsb.map_or("–".into(), |lsb| lsb.to_string())]);
        }
        let channels = layer.channels_kept.map_or("all".into(), |(kept, all)| format!("{kept}/{all}"));
        row.extend([channels, remarks(layer)]);
        table.row(row);
        if layer.worst || layer.largest_drop {
            table.mark("worst");
        }
        table.hint(&layer.tensor);
        if let Some(index) = layer.index {
            table.anchor(format!("error-{index}"));
        }
    }
    table
}

/// The last part of a fused name, its end when it is long.
pub fn short_name(name: &str) -> String {
    let part = name.rsplit(';').find(|part| !part.is_empty()).unwrap_or(name);
    match part.char_indices().rev().nth(NAME_CHARACTERS - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &part[at..]),
        _ => part.into(),
    }
}

/// `0.0312`, `1.25e-5`.
pub fn real(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        0.001..10_000.0 => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

/// A share as a percentage that does not hide small ones.
pub fn share(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        _ if value < 0.0001 => "<0.01 %".into(),
        _ => format!("{:.2} %", 100.0 * value),
    }
}

fn remarks(layer: &Layer) -> String {
    let remarks = [
        (layer.worst, "◀ worst".to_owned()),
        (layer.largest_drop, format!("◀ loses {:.1} dB", layer.drop_db.unwrap_or(0.0))),
        (layer.channels_scaled, "channels equalised".into()),
        (layer.matched_by == MatchedBy::Order && layer.index.is_some(), "matched by order".into()),
    ];
    remarks.into_iter().filter(|(is, _)| *is).map(|(_, remark)| remark).collect::<Vec<_>>().join(", ")
}

/// The verdict in a sentence.
pub fn verdict(comparison: &Comparison) -> String {
    if !comparison.source_is_quantized {
        let least = comparison.outputs.iter().filter_map(|output| output.difference.sqnr_db);
        let least = least.fold(f64::INFINITY, f64::min);
        return match least.is_finite() {
            true => format!("outputs have {least:.1} dB of signal over the error against the float source"),
            false => "outputs are the same as the float source's".into(),
        };
    }
    match (&comparison.first_differing_layer, comparison.same) {
        (None, true) => "every layer and every output is the same to the bit".to_string(),
        (Some(layer), true) => format!("outputs are the same to the bit; first differing layer: {layer}"),
        (Some(layer), false) => format!("outputs differ; first differing layer: {layer}"),
        (None, false) => "outputs differ; no layer could be matched before them".into(),
    }
}

/// For a terminal.
pub fn to_text(comparison: &Comparison) -> String {
    let mut text = format!("{}\n", table(comparison).to_text());
    for (what, left) in [
        ("without counterpart in the source", &comparison.unmatched),
        ("of the source, fused or compiled away", &comparison.unmatched_source),
    ] {
        if !left.is_empty() {
            let one = |u: &Unmatched| format!("    {} ({}) {}", short_name(&u.tensor), u.operator, shape(&u.shape));
            let lines = left.iter().map(one).collect::<Vec<_>>().join("\n");
            text.push_str(&format!("\n  {} {what}:\n{lines}\n", left.len()));
        }
    }
    format!("{text}\n  {} inferences: {}", comparison.inferences, verdict(comparison))
}

/// Figures for the head of a page.
pub fn figures(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let decibels = |layers: &[Layer]| {
        let least = layers.iter().filter_map(|layer| layer.difference.sqnr_db).fold(f64::INFINITY, f64::min);
        if least.is_finite() { format!("{least:.1} dB") } else { "same bits".into() }
    };
    let saturated = comparison.layers.iter().filter_map(|layer| layer.difference.saturated_share);
    vec![
        ("signal over error at the outputs", decibels(&comparison.outputs)),
        ("at the worst layer", decibels(&comparison.layers)),
        ("most saturated layer", share(saturated.fold(0.0, f64::max))),
        (
            "layers matched",
            format!("{} of {}", comparison.layers.len(), comparison.layers.len() + comparison.unmatched.len()),
        ),
        ("inferences", thousands(comparison.inferences as u64)),
    ]
}

/// Plot, table and what has no counterpart.
pub fn to_html(comparison: &Comparison) -> String {
    let left = |what: &str, list: &[Unmatched]| {
        let one = |u: &Unmatched| {
            format!("<li><code>{}</code> {} {}</li>", escape(&u.tensor), escape(&u.operator), shape(&u.shape))
        };
        match list.is_empty() {
            true => String::new(),
            false => format!(
                "<details><summary>{} {what}</summary><ul>{}</ul></details>\n",
                list.len(),
                list.iter().map(one).collect::<String>()
            ),
        }
    };
    format!(
        "<p>{}.</p>\n{}{}{}{}",
        escape(&sentence(&verdict(comparison))),
        plot(comparison),
        table(comparison).to_html(),
        left("without counterpart in the source", &comparison.unmatched),
        left("of the source, fused or compiled away", &comparison.unmatched_source),
    )
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Signal to noise ratio by layer; empty when there are too few layers that differ.
pub fn plot(comparison: &Comparison) -> String {
    let all = comparison.layers.iter().chain(&comparison.outputs);
    let list: Vec<Point> = all
        .filter_map(|layer| {
            let value = layer.difference.sqnr_db?;
            let short = layer.operator.split(' ').next().unwrap_or_default();
            let mark = match (layer.worst, layer.largest_drop) {
                (false, false) => Mark::None,
                (_, true) => Mark::Note(format!("{short} loses {:.1} dB", layer.drop_db.unwrap_or(0.0))),
                (true, false) => Mark::Note(format!("{short} {value:.1}")),
            };
            let title = format!("{} ({}): {value:.1} dB", layer.tensor, layer.operator);
            let label = if layer.index.is_some() { short.into() } else { "out".to_string() };
            Some(Point { value, label, title, link: layer.index.map(|index| format!("error-{index}")), mark })
        })
        .collect();
    match list.len() {
        0 | 1 => String::new(),
        _ => points(&list, "signal over quantisation error, dB", "layers in order"),
    }
}
