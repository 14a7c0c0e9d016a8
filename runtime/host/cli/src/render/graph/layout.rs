//! Layered layout of a directed acyclic graph, folded into columns so that long chains stay readable.
//!
//! Nodes get ranks by their longest path from the sources, connections over several ranks pass through places of their
//! own, the order within a rank follows the mean place of the neighbours (Sugiyama, Tagawa and Toda 1981).

/// Size of a node, and distances, in pixels.
pub const NODE_WIDTH: f64 = 168.0;
pub const NODE_HEIGHT: f64 = 44.0;
const PASS_WIDTH: f64 = 14.0;
const GAP: f64 = 16.0;
const RANK_HEIGHT: f64 = 70.0;
const GUTTER: f64 = 44.0;
const MARGIN: f64 = 22.0;

/// Ranks of a column before another is begun, and the width that columns share.
const COMFORTABLE_RANKS: usize = 7;
const COMFORTABLE_WIDTH: f64 = 1080.0;

/// Sweeps over the ranks that order and place them.
const SWEEPS: usize = 6;

/// Where everything stands.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Whole picture.
    pub width: f64,
    /// Whole picture.
    pub height: f64,
    /// Upper left corner of each node.
    pub nodes: Vec<(f64, f64)>,
    /// For each connection (reader, position in its list) the points it runs through.
    pub edges: Vec<(usize, usize, Vec<Point>)>,
}

/// A point of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Pixels from the left.
    pub x: f64,
    /// Pixels from the top.
    pub y: f64,
    /// The stretch that leads here has right angles: it passes from one column to the next.
    pub square: bool,
}

/// A place in a rank: a node, or a connection passing by.
#[derive(Clone, Debug)]
struct Place {
    node: Option<usize>,
    rank: usize,
    x: f64,
    above: Vec<usize>,
    below: Vec<usize>,
}

/// Lays out nodes that read (are connected from) the earlier nodes `reads`.
pub fn layout(reads: &[&[usize]]) -> Layout {
    let ranks = ranks(reads);
    let mut places: Vec<Place> = ranks
        .iter()
        .enumerate()
        .map(|(node, &rank)| Place { node: Some(node), rank, x: 0.0, above: Vec::new(), below: Vec::new() })
        .collect();
    let mut chains = Vec::new();
    for (reader, list) in reads.iter().enumerate() {
        for (position, &from) in list.iter().enumerate() {
            let mut chain = vec![from];
            for rank in ranks[from] + 1..ranks[reader] {
                places.push(Place { node: None, rank, x: 0.0, above: Vec::new(), below: Vec::new() });
                chain.push(places.len() - 1);
            }
            chain.push(reader);
            for pair in chain.windows(2) {
                places[pair[0]].below.push(pair[1]);
                places[pair[1]].above.push(pair[0]);
            }
            chains.push((reader, position, chain));
        }
    }
    let count = ranks.iter().max().map_or(0, |&last| last + 1);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); count];
    (0..places.len()).for_each(|place| rows[places[place].rank].push(place));
    for sweep in 0..SWEEPS {
        let down = sweep.is_multiple_of(2);
        let order: Vec<usize> = if down { (0..count).collect() } else { (0..count).rev().collect() };
        order.into_iter().for_each(|row| settle(&mut rows[row], &mut places, down));
    }
    fold(&rows, &mut places, chains, reads.len())
}

/// Rank of each node: one more than the largest of those it reads. A node with no fewer readers than it reads moves down
/// to the first of them, which shortens connections in sum.
fn ranks(reads: &[&[usize]]) -> Vec<usize> {
    let mut ranks = vec![0usize; reads.len()];
    let mut readers = vec![Vec::new(); reads.len()];
    for node in 0..reads.len() {
        ranks[node] = reads[node].iter().map(|&from| ranks[from] + 1).max().unwrap_or(0);
        reads[node].iter().for_each(|&from| readers[from].push(node));
    }
    for node in (0..reads.len()).rev().filter(|&node| readers[node].len() >= reads[node].len()) {
        let first = readers[node].iter().map(|&reader| ranks[reader]).min();
        ranks[node] = first.map_or(ranks[node], |first| first.saturating_sub(1));
    }
    ranks
}

/// Orders a rank by the mean place of its neighbours on one side, and places it as near to them as widths allow.
fn settle(row: &mut [usize], places: &mut [Place], down: bool) {
    let wanted = |place: usize| {
        let neighbours = if down { &places[place].above } else { &places[place].below };
        let sum: f64 = neighbours.iter().map(|&other| places[other].x).sum();
        if neighbours.is_empty() { places[place].x } else { sum / neighbours.len() as f64 }
    };
    let mut wishes: Vec<(f64, usize)> = row.iter().map(|&place| (wanted(place), place)).collect();
    wishes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut at, mut moved) = (f64::NEG_INFINITY, 0.0);
    for (slot, &(wish, place)) in row.iter_mut().zip(&wishes) {
        let half = width(&places[place]) / 2.0;
        let x = wish.max(at + half);
        moved += x - wish;
        at = x + half + GAP;
        places[place].x = x;
        *slot = place;
    }
    // Pushing apart went to the right only: the whole rank moves back by the mean.
    let back = moved / row.len().max(1) as f64;
    row.iter().for_each(|&place| places[place].x -= back);
}

fn width(place: &Place) -> f64 {
    if place.node.is_some() { NODE_WIDTH } else { PASS_WIDTH }
}

/// Cuts the ranks into columns side by side.
fn fold(rows: &[Vec<usize>], places: &mut [Place], chains: Vec<(usize, usize, Vec<usize>)>, nodes: usize) -> Layout {
    let ends = |list: &mut dyn Iterator<Item = &usize>, places: &[Place]| {
        list.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &place| {
            let half = width(&places[place]) / 2.0;
            (low.min(places[place].x - half), high.max(places[place].x + half))
        })
    };
    let needed = |columns: usize| -> f64 {
        let chunks = rows.chunks(rows.len().div_ceil(columns).max(1));
        let widths = chunks.map(|column| ends(&mut column.iter().flatten(), places)).map(|(low, high)| high - low);
        widths.map(|width| width + GUTTER).sum()
    };
    let wanted = rows.len().div_ceil(COMFORTABLE_RANKS).max(1);
    let columns = (1..=wanted).rev().find(|&columns| needed(columns) <= COMFORTABLE_WIDTH).unwrap_or(1);
    let each = rows.len().div_ceil(columns).max(1);
    let mut left = MARGIN;
    let mut gutters = Vec::new();
    for column in rows.chunks(each) {
        let (low, high) = ends(&mut column.iter().flatten(), places);
        column.iter().flatten().for_each(|&place| places[place].x += left - low);
        left += high - low + GUTTER;
        gutters.push(left - GUTTER / 2.0);
    }
    let top = |place: &Place| MARGIN + (place.rank % each) as f64 * RANK_HEIGHT;
    let bottom = MARGIN + each as f64 * RANK_HEIGHT - (RANK_HEIGHT - NODE_HEIGHT);
    let mut passed = vec![0.0; gutters.len()];
    let edges = chains.into_iter().map(|(reader, position, chain)| {
        let mut points = Vec::new();
        let mut add = |x: f64, y: f64, square: bool| points.push(Point { x, y, square });
        for (step, &at) in chain.iter().enumerate() {
            let place = &places[at];
            let column = place.rank / each;
            let height = top(place);
            if let Some(&before) = step.checked_sub(1).and_then(|before| chain.get(before))
                && places[before].rank / each != column
            {
                let apart = passed[column - 1];
                passed[column - 1] += 4.0;
                let (low, high) = (bottom + 10.0 + apart, MARGIN - 10.0 - apart);
                add(places[before].x, low, true);
                add(gutters[column - 1] + apart, low, true);
                add(gutters[column - 1] + apart, high, true);
                add(place.x, high, true);
                add(place.x, height, true);
            } else if step > 0 {
                add(place.x, height, false);
            }
            if step + 1 < chain.len() {
                add(place.x, height + NODE_HEIGHT, place.node.is_none());
            }
        }
        (reader, position, points)
    });
    let edges = edges.collect();
    let corner = |node: usize| (places[node].x - NODE_WIDTH / 2.0, top(&places[node]));
    let most_passed = passed.iter().copied().fold(0.0, f64::max);
    Layout {
        width: left - GUTTER + MARGIN,
        height: bottom + MARGIN + most_passed,
        nodes: (0..nodes).map(corner).collect(),
        edges,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).abs() < NODE_WIDTH && (a.1 - b.1).abs() < NODE_HEIGHT
    }

    fn check(reads: &[Vec<usize>]) -> Layout {
        let lists: Vec<&[usize]> = reads.iter().map(Vec::as_slice).collect();
        let layout = layout(&lists);
        for a in 0..reads.len() {
            let (x, y) = layout.nodes[a];
            assert!(x >= 0.0 && y >= 0.0 && x + NODE_WIDTH <= layout.width && y + NODE_HEIGHT <= layout.height);
            assert!((0..a).all(|b| !overlap(layout.nodes[a], layout.nodes[b])), "{a}");
        }
        for (reader, position, points) in &layout.edges {
            let (from, to) = (layout.nodes[reads[*reader][*position]], layout.nodes[*reader]);
            let (first, last) = (points.first().expect("points"), points.last().expect("points"));
            assert!(
                (first.x - from.0 - NODE_WIDTH / 2.0).abs() < 1e-6 && (first.y - from.1 - NODE_HEIGHT).abs() < 1e-6
            );
            assert!((last.x - to.0 - NODE_WIDTH / 2.0).abs() < 1e-6 && (last.y - to.1).abs() < 1e-6);
        }
        layout
    }

    #[test]
    fn chains_fold_and_branches_stand_side_by_side() {
        let chain: Vec<Vec<usize>> = (0..90).map(|node: usize| node.checked_sub(1).into_iter().collect()).collect();
        let layout = check(&chain);
        assert!(layout.width <= 1120.0 && layout.height < 1600.0, "{} x {}", layout.width, layout.height);
        // A diamond with a skip, two inputs and two outputs.
        check(&[vec![], vec![], vec![0], vec![0], vec![2, 3], vec![0, 4], vec![1, 5], vec![6], vec![4]]);
        // Residual blocks over the folds.
        let residual: Vec<Vec<usize>> = (0..40)
            .map(|node: usize| match node {
                0 => vec![],
                _ if node.is_multiple_of(3) => vec![node - 3, node - 1],
                _ => vec![node - 1],
            })
            .collect();
        check(&residual);
        assert!(check(&[]).nodes.is_empty());
    }
}
