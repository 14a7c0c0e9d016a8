//! The picture of a model's operators.

mod layout;

use super::html::escape;
use super::table::{bytes, shape, thousands};
use crate::analysis::network::{Node, Role};
use layout::{NODE_HEIGHT, NODE_WIDTH, Point, layout};

/// Characters that fit into a node.
const NAME_CHARACTERS: usize = 21;

/// What a caller adds to a node.
#[derive(Clone, Debug, Default)]
pub struct Remark {
    /// More lines of the title.
    pub title: String,
    /// Where a click leads in the page.
    pub link: Option<String>,
    /// Stands out.
    pub bad: bool,
}

/// The graph as SVG; `remark` is asked for every node.
pub fn to_svg(nodes: &[Node], remark: impl Fn(&Node) -> Remark) -> String {
    let reads: Vec<&[usize]> = nodes.iter().map(|node| node.reads.as_slice()).collect();
    let layout = layout(&reads);
    let all_macs: u64 = nodes.iter().map(|node| node.macs).sum();
    let mut svg = format!(
        "<div class=\"scroll graph\"><svg style=\"width:{w:.0}px\" viewBox=\"0 0 {w:.0} {h:.0}\" role=\"img\" \
         aria-label=\"graph of operators\">\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
         markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"tip\" d=\"M0 1L7 4L0 7z\"/></marker></defs>\n",
        w = layout.width,
        h = layout.height,
    );
    for (reader, position, points) in &layout.edges {
        let from = &nodes[nodes[*reader].reads[*position]];
        svg.push_str(&format!(
            "<path class=\"edge\" d=\"{}\" marker-end=\"url(#tip)\"><title>{} {} to {}</title></path>\n",
            path(points),
            escape(&from.name),
            shape(&from.shape),
            escape(&nodes[*reader].name),
        ));
    }
    for (node, &(x, y)) in nodes.iter().zip(&layout.nodes) {
        svg.push_str(&draw(node, (x, y), all_macs, &remark(node)));
    }
    svg.push_str("</svg></div>\n");
    svg
}

/// A line through points: curves between ranks, rounded right angles between columns.
fn path(points: &[Point]) -> String {
    let mut text = String::new();
    let mut last: Option<Point> = None;
    for (at, point) in points.iter().enumerate() {
        let Some(before) = last.replace(*point) else {
            text.push_str(&format!("M{:.1} {:.1}", point.x, point.y));
            continue;
        };
        if !point.square && (before.x - point.x).abs() > 0.5 {
            let middle = (before.y + point.y) / 2.0;
            text.push_str(&format!(
                "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}",
                before.x, point.x, point.x, point.y
            ));
            continue;
        }
        // A corner is cut where the next stretch turns.
        match points.get(at + 1).filter(|next| next.square && point.square) {
            Some(next) => {
                let near = |to: &Point| {
                    let (dx, dy) = (to.x - point.x, to.y - point.y);
                    let length = dx.hypot(dy).max(1e-6);
                    let cut = (length / 2.0).min(6.0) / length;
                    (point.x + dx * cut, point.y + dy * cut)
                };
                let (enter, leave) = (near(&before), near(next));
                text.push_str(&format!(
                    "L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}",
                    enter.0, enter.1, point.x, point.y, leave.0, leave.1
                ));
            }
            None => text.push_str(&format!("L{:.1} {:.1}", point.x, point.y)),
        }
    }
    text
}

fn draw(node: &Node, (x, y): (f64, f64), all_macs: u64, remark: &Remark) -> String {
    let name = match node.role {
        Role::Input => format!("input {}", node.name),
        Role::Output => format!("output {}", node.name),
        Role::Operator(_) => node.name.clone(),
    };
    let shown: String = match name.chars().count() > NAME_CHARACTERS {
        true => name.chars().take(NAME_CHARACTERS - 1).chain(['…']).collect(),
        false => name.clone(),
    };
    let extents = node.shape.strip_prefix(&[1]).filter(|rest| !rest.is_empty()).unwrap_or(&node.shape);
    let mut second = shape(extents);
    if node.macs > 0 {
        second.push_str(&format!("  {}", short_count(node.macs)));
    }
    let mut title = vec![match node.role {
        Role::Operator(index) => format!("{index}: {name}"),
        _ => name,
    }];
    title.extend((!node.origin.is_empty()).then(|| format!("from {}", node.origin)));
    let element_type = node.element_type.map_or("", |element_type| element_type.name());
    title.push(format!("gives {} {element_type}", shape(&node.shape)));
    if node.macs > 0 {
        let share = 100.0 * node.macs as f64 / all_macs.max(1) as f64;
        title.push(format!("{} MACs, {share:.1} % of all", thousands(node.macs)));
    }
    title.extend((node.weight_bytes > 0).then(|| format!("{} of weights", bytes(node.weight_bytes))));
    title.extend((!remark.title.is_empty()).then(|| remark.title.clone()));
    let bar = match node.macs {
        0 => String::new(),
        macs => format!(
            "<rect class=\"load\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"3\" rx=\"1.5\"/>",
            x + 8.0,
            y + NODE_HEIGHT - 5.0,
            ((NODE_WIDTH - 14.0) * macs as f64 / all_macs.max(1) as f64).max(2.0)
        ),
    };
    let drawn = format!(
        "<g class=\"node {kind}{bad}\"><title>{title}</title>\
         <rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"7\"/>\
         <rect class=\"stripe\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"5\" height=\"{NODE_HEIGHT}\" rx=\"2.5\"/>\
         <text class=\"name\" x=\"{tx:.1}\" y=\"{:.1}\">{}</text>\
         <text class=\"size\" x=\"{tx:.1}\" y=\"{:.1}\">{}</text>{bar}</g>",
        y + 18.0,
        escape(&shown),
        y + 34.0,
        escape(&second),
        kind = kind(node),
        bad = if remark.bad { " bad" } else { "" },
        title = escape(&title.join("\n")),
        tx = x + 12.0,
    );
    match &remark.link {
        Some(link) => format!("<a href=\"#{link}\">{drawn}</a>\n"),
        None => format!("{drawn}\n"),
    }
}

/// Class of a node's colour.
fn kind(node: &Node) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| node.name.contains(word));
    match node.role {
        Role::Input | Role::Output => "port",
        Role::Operator(_) if has(&["depthwise"]) => "k2",
        Role::Operator(_) if has(&["conv"]) => "k0",
        Role::Operator(_) if has(&["fully_connected", "lstm", "svdf", "matmul"]) => "k1",
        Role::Operator(_) if has(&["pool", "mean", "reduce", "sum"]) => "k3",
        Role::Operator(_) if has(&["add", "mul", "sub", "maximum", "minimum"]) => "k5",
        Role::Operator(_) if has(&["copy", "gather", "resize", "pad", "concat"]) => "k7",
        Role::Operator(_) => "k6",
    }
}

/// `1.2 M`, `640 k`, `88`.
pub fn short_count(count: u64) -> String {
    match count {
        0..=9_999 => thousands(count),
        10_000..=999_999 => format!("{:.0} k", count as f64 / 1e3),
        _ => format!("{:.1} M", count as f64 / 1e6),
    }
}
