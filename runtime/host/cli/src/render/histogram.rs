//! Small pictures of distributions.

use super::chart::tick_step;
use super::html::escape;
use super::layers::real;
use crate::analysis::distribution::Distribution;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 104.0;
const BASE: f64 = 82.0;
const SIDE: f64 = 8.0;

/// A histogram with logarithmic heights (so that rare values show), and the range that can be stored: what lies beyond is
/// shaded and marked.
pub fn small(distribution: &Distribution, clip: Option<(f64, f64)>, label: &str) -> String {
    if distribution.counts.is_empty() {
        return String::new();
    }
    let (low, high) = clip.map_or((distribution.low, distribution.high), |(least, greatest)| {
        (distribution.low.min(least), distribution.high.max(greatest))
    });
    let x = |value: f64| SIDE + (WIDTH - 2.0 * SIDE) * (value - low) / (high - low).max(1e-12);
    let most = distribution.counts.iter().copied().max().unwrap_or(1);
    let tall = |count: u64| (BASE - 10.0) * (1.0 + count as f64).ln() / (1.0 + most as f64).ln();
    let width = (distribution.high - distribution.low) / distribution.counts.len() as f64;
    let mut svg = format!(
        "<svg class=\"small\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        escape(label)
    );
    if let Some((least, greatest)) = clip {
        for (from, to) in [(low, least), (greatest, high)] {
            let across = x(to) - x(from);
            if across > 0.5 {
                svg.push_str(&format!(
                    "<rect class=\"beyond\" x=\"{:.1}\" y=\"4\" width=\"{across:.1}\" height=\"{:.1}\"/>",
                    x(from),
                    BASE - 4.0
                ));
            }
        }
    }
    for (bin, &count) in distribution.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (from, to) = (distribution.low + bin as f64 * width, distribution.low + (bin + 1) as f64 * width);
        svg.push_str(&format!(
            "<rect class=\"bar\" x=\"{:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{:.1}\"><title>{} to {}: {count}</title></rect>",
            x(from),
            BASE - tall(count),
            (x(to) - x(from) - 0.4).max(0.6),
            tall(count),
            real(from),
            real(to),
        ));
    }
    if let Some((least, greatest)) = clip {
        for end in [least, greatest] {
            svg.push_str(&format!(
                "<line class=\"clip\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"4\" y2=\"{BASE}\"><title>range ends at {}</title></line>",
                real(end),
                x = x(end),
            ));
        }
    }
    svg.push_str(&format!(
        "<line class=\"grid\" x1=\"{SIDE}\" x2=\"{:.1}\" y1=\"{BASE}\" y2=\"{BASE}\"/>",
        WIDTH - SIDE
    ));
    let step = tick_step(high - low, 4.0);
    let first = (low / step).ceil() as i64;
    for value in (first..).map(|tick| tick as f64 * step).take_while(|&value| value <= high) {
        let anchor = match x(value) {
            at if at < 24.0 => "start",
            at if at > WIDTH - 24.0 => "end",
            _ => "middle",
        };
        svg.push_str(&format!(
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            x(value),
            HEIGHT - 6.0,
            tick(value, step)
        ));
    }
    svg.push_str("\n</svg>");
    svg
}

fn tick(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches('-').chars().all(|letter| matches!(letter, '0' | '.')) { "0".into() } else { text }
}

/// A picture with a heading and a line of figures.
pub fn card(anchor: &str, heading: &str, hint: &str, figures: &str, picture: &str, bad: bool) -> String {
    format!(
        "<figure class=\"card{}\" id=\"{anchor}\" title=\"{}\"><b>{}</b><figcaption>{}</figcaption>{picture}</figure>\n",
        if bad { " bad" } else { "" },
        escape(hint),
        escape(heading),
        escape(figures),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_clip_marks_are_drawn() {
        let distribution = Distribution { low: -1.0, high: 3.0, counts: vec![4, 0, 9, 1] };
        let svg = small(&distribution, Some((-1.5, 2.0)), "x");
        assert_eq!((svg.matches("\"bar\"").count(), svg.matches("\"clip\"").count()), (3, 2));
        // Only the upper end cuts values off.
        assert_eq!(svg.matches("\"beyond\"").count(), 1);
        assert!(svg.contains("2.0000 to 3.0000: 1"));
        assert!(small(&Distribution::default(), None, "x").is_empty());
        assert_eq!((tick(0.25, 0.05), tick(-0.0, 0.5), tick(200.0, 100.0)), ("0.25".into(), "0".into(), "200".into()));
    }
}
