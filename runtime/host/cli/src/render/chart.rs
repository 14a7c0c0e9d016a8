//! Charts as SVG. Colours come from the page's style; every figure is also in a title for whoever hovers over it.

use super::html::escape;

const WIDTH: f64 = 960.0;

/// A remark at a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An ordinary point.
    None,
    /// Stands out, with these words.
    Note(String),
}

/// One value of a series.
#[derive(Clone, Debug)]
pub struct Point {
    /// Value.
    pub value: f64,
    /// Under the axis.
    pub label: String,
    /// Shown on hovering.
    pub title: String,
    /// Anchor in the page that a click leads to.
    pub link: Option<String>,
    /// Remark.
    pub mark: Mark,
}

/// A step of 1, 2 or 5 times a power of ten that cuts `span` into about `parts`.
pub fn tick_step(span: f64, parts: f64) -> f64 {
    let rough = (span / parts).max(1e-12);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|&step| step >= rough).unwrap_or(rough)
}

/// A series with a dot for each value, joined by a line.
pub fn points(list: &[Point], vertical: &str, horizontal: &str) -> String {
    let (height, left, right, top, bottom) = (300.0, 52.0, 20.0, 34.0, 58.0);
    let ends = list
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point.value), high.max(point.value)));
    let step = tick_step((ends.1 - ends.0).max(1.0), 5.0);
    let (low, high) = ((ends.0 / step).floor() * step, ((ends.1 / step).ceil() * step).max(ends.0 + step));
    let each = (WIDTH - left - right) / list.len() as f64;
    let x = |at: usize| left + (at as f64 + 0.5) * each;
    let y = |value: f64| top + (height - top - bottom) * (high - value) / (high - low);
    let mut svg = format!(
        "<div class=\"scroll\"><svg class=\"wide\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        escape(vertical)
    );
    svg.push_str(&format!("<text class=\"axis\" x=\"10\" y=\"18\">{}</text>\n", escape(vertical)));
    let ticks = ((high - low) / step).round() as usize;
    for tick in 0..=ticks {
        let value = low + tick as f64 * step;
        svg.push_str(&format!(
            "<line class=\"grid\" x1=\"{left}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>\n",
            WIDTH - right,
            left - 8.0,
            y(value) + 4.0,
            y = y(value),
        ));
    }
    let path: Vec<String> =
        list.iter().enumerate().map(|(at, point)| format!("{:.1},{:.1}", x(at), y(point.value))).collect();
    svg.push_str(&format!("<polyline class=\"line\" points=\"{}\"/>\n", path.join(" ")));
    let every = (44.0 / each).ceil().max(1.0) as usize;
    for (at, point) in list.iter().enumerate() {
        let (x, y) = (x(at), y(point.value));
        let (class, radius) = if point.mark == Mark::None { ("dot", 4.0) } else { ("dot bad", 5.5) };
        let dot = format!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"><title>{}</title></circle>",
            escape(&point.title)
        );
        svg.push_str(&match &point.link {
            Some(link) => format!("<a href=\"#{link}\">{dot}</a>\n"),
            None => format!("{dot}\n"),
        });
        if at.is_multiple_of(every) || at + 1 == list.len() && at % every > every / 2 {
            let label = escape(&point.label);
            svg.push_str(&format!(
                "<text class=\"axis\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>\n",
                height - bottom + 20.0
            ));
        }
    }
    svg.push_str(&notes(list, &x, &y, (left, WIDTH - right)));
    svg.push_str(&format!(
        "<text class=\"axis\" x=\"{left}\" y=\"{:.1}\">{}</text>\n</svg></div>\n",
        height - 12.0,
        escape(horizontal)
    ));
    svg
}

/// The words of remarked points, moved apart where they would overlap.
fn notes(list: &[Point], x: &dyn Fn(usize) -> f64, y: &dyn Fn(f64) -> f64, ends: (f64, f64)) -> String {
    let mut placed: Vec<(f64, f64, f64)> = Vec::new();
    let mut svg = String::new();
    for (at, point) in list.iter().enumerate() {
        let Mark::Note(note) = &point.mark else { continue };
        let width = 6.6 * note.chars().count() as f64;
        let centre = x(at).clamp(ends.0 + width / 2.0, ends.1 - width / 2.0);
        let clashes = |line: f64, placed: &[(f64, f64, f64)]| {
            placed.iter().any(|&(other, other_line, other_width)| {
                (other - centre).abs() < (width + other_width) / 2.0 + 6.0 && (other_line - line).abs() < 13.0
            })
        };
        let base = y(point.value);
        let offsets = [20.0, -12.0, 34.0, -26.0, 48.0, -40.0];
        let free = offsets.into_iter().map(|offset| base + offset).find(|&line| !clashes(line, &placed));
        let Some(line) = free else { continue };
        placed.push((centre, line, width));
        svg.push_str(&format!(
            "<text class=\"note\" x=\"{centre:.1}\" y=\"{line:.1}\" text-anchor=\"middle\">{}</text>\n",
            escape(note)
        ));
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(tick_step(50.0, 5.0), 10.0);
        assert_eq!(tick_step(7.0, 5.0), 2.0);
        assert!((tick_step(0.3, 5.0) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn every_point_is_drawn_and_notes_keep_apart() {
        let list: Vec<Point> = (0..9)
            .map(|at| Point {
                value: 30.0 + (at % 2) as f64,
                label: at.to_string(),
                title: format!("layer <{at}>"),
                link: Some(format!("error-{at}")),
                mark: if at > 5 { Mark::Note("a long remark here".into()) } else { Mark::None },
            })
            .collect();
        let svg = points(&list, "dB", "layers");
        assert_eq!(svg.matches("<circle").count(), 9);
        assert_eq!(svg.matches("class=\"note\"").count(), 3);
        assert!(svg.contains("layer &lt;3&gt;") && svg.contains("href=\"#error-8\""));
    }
}
