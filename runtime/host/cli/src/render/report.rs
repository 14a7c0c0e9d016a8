//! The page of a report on a compilation.

use super::graph::{self, Remark};
use super::histogram;
use super::html::{self, escape};
use super::layers::{self, share};
use super::table::{Table, bytes, shape, thousands};
use crate::analysis::network::{Role, network};
use crate::analysis::report::{ModelReport, Subject};
use crate::analysis::side::Side;
use crate::commands::inspect::{arena_picture, layer_table, summarize};
use anyhow::Result;
use mote_compile::CompileReport;
use mote_engine::{Model, operators};

/// The whole page.
pub fn page(subject: &Subject<'_>, report: &ModelReport) -> Result<String> {
    let model = Model::parse(subject.file, operators::native())?;
    let summary = summarize(&model);
    let mut body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n{}",
        escape(&report.name),
        escape(&subtitle(subject)),
        html::figures(&figures(subject.report, report))
    );
    let mut section = |heading: &str, words: &str, content: String| {
        if !content.is_empty() {
            let words = if words.is_empty() { String::new() } else { format!("<p>{}</p>\n", escape(words)) };
            body.push_str(&format!("<section><h2>{}</h2>\n{words}{content}</section>\n", escape(heading)));
        }
    };
    section(
        "Accuracy",
        "Figures on the labelled data, with 95 % intervals by bootstrap: a difference within them may be chance.",
        accuracy(report),
    );
    section(
        "Graph",
        "Operators as they run. A bar at the foot is an operator's share of the multiply-accumulates; red ones lose most. Hover for details, click for the error.",
        picture(&model, report),
    );
    let against = report.compared_with.unwrap_or_default();
    let compared = report.layers.as_ref().map(layers::to_html).unwrap_or_default();
    section(
        "Error by layer",
        &format!("Compiled model against {against} on the same inputs; errors of earlier layers count."),
        compared,
    );
    section(
        "Activations",
        "Values each layer takes, and the range its integers hold. Heights are logarithmic; what lies in the shaded part is clipped.",
        activations(report),
    );
    section(
        "Weights",
        "Stored integers of int8 weights (real values of float ones), heights logarithmic.",
        weights(report),
    );
    section(
        "Arena over time",
        "One block per tensor: width is its lifetime, height its bytes.",
        arena_picture(&model).to_svg(),
    );
    section(
        "In a compressed release",
        "Each variant compiled, run and deflated as it is, without retraining: an estimate of what fine-tuning with pruned or clustered weights could save.",
        release(report),
    );
    section(
        "Quantisation",
        "Settings that were tried, by the outputs' signal over error on the calibration samples.",
        trials(subject),
    );
    section("Notes", "", notes(subject));
    section("Layers", "", layer_table(&summary).to_html());
    Ok(html::page(&report.name, &body))
}

fn subtitle(subject: &Subject<'_>) -> String {
    let sha: String = subject.source.sha256.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let how = match subject.options.quantizer.as_str() {
        "" => String::new(),
        words => format!("{words} · "),
    };
    format!("{how}numerics {} · source sha256 {sha}…", subject.report.numerics)
}

fn figures(compiled: &CompileReport, report: &ModelReport) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    for (which, accuracy) in report.accuracy.iter().enumerate() {
        if let Some((name, value)) = accuracy.figures.first().and_then(|figure| Some((figure.name, figure.value?))) {
            let label = if which + 1 == report.accuracy.len() { name } else { "of the float model" };
            list.insert(0, (label, format!("{value:.4}")));
        }
    }
    if let Some(layers) = &report.layers {
        list.extend(layers::figures(layers).into_iter().take(2));
    }
    let of = |now: u64, before: u64| match before {
        0 => String::new(),
        _ if now == before => String::new(),
        _ => format!(" ({:+.0} %)", 100.0 * (now as f64 / before as f64 - 1.0)),
    };
    list.extend([
        ("file", bytes(compiled.file_bytes as u64)),
        ("arena", bytes(compiled.arena_bytes as u64)),
        ("multiply-accumulates", graph::short_count(compiled.macs) + &of(compiled.macs, compiled.source_macs)),
        ("weights", bytes(compiled.weight_bytes) + &of(compiled.weight_bytes, compiled.source_weight_bytes)),
        ("operators", compiled.operators.len().to_string()),
    ]);
    if compiled.state_bytes > 0 {
        list.push(("state", bytes(compiled.state_bytes as u64)));
    }
    list
}

fn accuracy(report: &ModelReport) -> String {
    let Some(first) = report.accuracy.first() else { return String::new() };
    let mut titles = vec!["<figure"];
    report.accuracy.iter().for_each(|one| titles.extend([one.model.as_str(), "<95 %"]));
    titles.extend((report.accuracy.len() == 2).then_some("difference"));
    let mut table = Table::new(&titles);
    for (at, figure) in first.figures.iter().enumerate() {
        let number = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.4}"));
        let mut row = vec![figure.name.replace('_', " ")];
        let values: Vec<_> = report.accuracy.iter().filter_map(|one| one.figures.get(at)).collect();
        for one in &values {
            row.push(number(one.value));
            let interval = one.low.zip(one.high);
            row.push(interval.map_or("–".into(), |(low, high)| format!("{low:.4} to {high:.4}")));
        }
        if let [before, after] = values[..] {
            let difference = after.value.zip(before.value).map(|(after, before)| after - before);
            row.push(difference.map_or("–".into(), |difference| format!("{difference:+.4}")));
        }
        table.row(row);
    }
    format!("{}<p>{} samples.</p>\n", table.to_html(), thousands(first.samples as u64))
}

fn picture(model: &Model<'_>, report: &ModelReport) -> String {
    let found = report.layers.iter().flat_map(|comparison| &comparison.layers);
    let found: Vec<_> = found.collect();
    graph::to_svg(&network(&Side::new(model)), |node| {
        let Role::Operator(index) = node.role else { return Remark::default() };
        let Some(layer) = found.iter().find(|layer| layer.index == Some(index)) else { return Remark::default() };
        Remark {
            title: layer.difference.sqnr_db.map_or("same bits".into(), |sqnr| format!("{sqnr:.1} dB over the error")),
            link: Some(format!("error-{index}")),
            bad: layer.worst || layer.largest_drop,
        }
    })
}

fn activations(report: &ModelReport) -> String {
    let worst = |index: Option<usize>| {
        let layers = report.layers.iter().flat_map(|comparison| &comparison.layers);
        layers.filter(|layer| layer.index == index).any(|layer| layer.worst || layer.largest_drop)
    };
    let card = |line: &crate::analysis::report::ActivationLine| {
        let clipped = line.clipped_share.map_or(String::new(), |clipped| match clipped {
            0.0 => "nothing clipped".into(),
            clipped => format!("{} clipped", share(clipped)),
        });
        let sqnr = line.sqnr_db.map_or("same bits".into(), |sqnr| format!("{sqnr:.1} dB"));
        let figures = if clipped.is_empty() { sqnr } else { format!("{sqnr}, {clipped}") };
        let anchor = format!("activation-{}", line.index.map_or_else(String::new, |index| index.to_string()));
        let picture = histogram::small(&line.distribution, line.clip, "distribution of values");
        histogram::card(&anchor, &line.origin, &line.tensor, &figures, &picture, worst(line.index))
    };
    grid(report.activations.iter().map(card).collect())
}

fn weights(report: &ModelReport) -> String {
    let card = |(at, line): (usize, &crate::analysis::distribution::WeightLine)| {
        let ends = line.at_ends_share.map_or(String::new(), |ends| format!(", {} at ±127", share(ends)));
        let figures = format!(
            "{} · {} · {} zero, {} near zero{ends} · {:.2} bits a byte",
            shape(&line.shape),
            bytes(line.bytes as u64),
            share(line.zero_share),
            share(line.near_zero_share),
            line.entropy_bits
        );
        let picture = histogram::small(&line.distribution, None, "distribution of weights");
        histogram::card(&format!("weights-{at}"), &line.origin, &line.tensor, &figures, &picture, false)
    };
    grid(report.weights.iter().enumerate().map(card).collect())
}

fn grid(cards: String) -> String {
    if cards.is_empty() { cards } else { format!("<div class=\"cards\">{cards}</div>\n") }
}

fn release(report: &ModelReport) -> String {
    let Some(plain) = report.release.first() else { return String::new() };
    let figure = plain.figure.as_ref().map(|(name, _)| name.replace('_', " "));
    let mut titles = vec!["<weights", "file", "deflated", "saved", "zero weights", "output SQNR dB", "same answers"];
    titles.extend(figure.as_deref());
    let mut table = Table::new(&titles);
    for line in &report.release {
        let saved = 100.0 * (1.0 - line.deflated_bytes as f64 / plain.deflated_bytes.max(1) as f64);
        let mut row = vec![
            line.change.clone(),
            bytes(line.file_bytes as u64),
            bytes(line.deflated_bytes as u64),
            if line.change == plain.change { "–".into() } else { format!("{saved:.0} %") },
            share(line.zero_share),
            line.output_sqnr_db.map_or("–".into(), |sqnr| format!("{sqnr:.1}")),
            line.same_answer_share.map_or("–".into(), share),
        ];
        if figure.is_some() {
            row.push(line.figure.as_ref().map_or("–".into(), |(_, value)| format!("{value:.4}")));
        }
        table.row(row);
    }
    let compared = match report.release_inferences {
        0 => "Not run: no data was given.".to_owned(),
        count => format!("Outputs of {count} inferences."),
    };
    format!("{}<p>{compared} Files without names and golden vectors.</p>\n", table.to_html())
}

fn trials(subject: &Subject<'_>) -> String {
    let Some(quantization) = subject.quantization else { return String::new() };
    let mut table = Table::new(&["<ranges", "<equalised", "<biases corrected", "output SQNR dB", "<"]);
    let word = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    for trial in &quantization.trials {
        let taken = *trial == quantization.chosen;
        let sqnr = format!("{:.1}", trial.output_sqnr_db);
        let mark = if taken { "taken" } else { "" };
        table.row([trial.method.into(), word(trial.equalized), word(trial.bias_corrected), sqnr, mark.into()]);
        if taken {
            table.mark("taken");
        }
    }
    table.to_html()
}

/// What the doctor found on importing, and what slimming did.
fn notes(subject: &Subject<'_>) -> String {
    let mut items = Vec::new();
    for finding in &subject.source.imported.report.findings {
        let place = [finding.operator.as_deref(), finding.tensor.as_deref()];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        let fix = if finding.fix.is_empty() { String::new() } else { format!(" {}", finding.fix) };
        let text = format!("{}: {}: {}.{fix}", finding.severity.name(), place.join(" "), finding.reason);
        items.push(escape(&text));
    }
    if let Some(slim) = &subject.report.slim {
        items.extend(slim.refused.iter().map(|reason| escape(&format!("slimming was not done: {reason}"))));
        let lines = slim.rewrites.iter().map(|rewrite| escape(&format!("{}: {}", rewrite.origin, rewrite.what)));
        items.extend(lines);
    }
    let list: String = items.iter().map(|item| format!("<li>{item}</li>")).collect();
    match items.is_empty() {
        true => "<p>Nothing to note: every operator was imported as it is, and slimming found nothing to remove.</p>\n"
            .into(),
        false => format!("<ul>{list}</ul>\n"),
    }
}
