//! Which tensor of a model corresponds to which of its source: by name, then by order between tensors of one name.
//!
//! Names survive quantisation and compilation within one toolchain, not between two converters. What names leave over is
//! matched like lines of two texts: the best common subsequence of operator kind and shape between two anchors, since
//! converters keep the order of layers.

use super::side::Slot;
use serde::Serialize;
use std::collections::HashMap;

/// How two tensors were found to correspond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// They have one name.
    Name,
    /// Same kind of operator and shape, in order.
    Order,
}

/// Indices into the two lists of slots, ascending in the first.
pub fn align(ours: &[Slot], source: &[Slot]) -> Vec<(usize, usize, MatchedBy)> {
    let mut pairs = by_name(ours, source);
    let anchors = rising(&pairs);
    let mut from = (0, 0);
    for (to_ours, to_source) in anchors.into_iter().chain([(ours.len(), source.len())]) {
        let taken = |side: fn(&(usize, usize, MatchedBy)) -> usize, at: usize| pairs.iter().any(|p| side(p) == at);
        let left: Vec<usize> = (from.0..to_ours).filter(|&at| !taken(|p| p.0, at)).collect();
        let right: Vec<usize> = (from.1..to_source).filter(|&at| !taken(|p| p.1, at)).collect();
        let found = common(&left, &right, |a, b| likeness(&ours[a], &source[b]));
        pairs.extend(found.into_iter().map(|(a, b)| (a, b, MatchedBy::Order)));
        from = (to_ours + 1, to_source + 1);
    }
    pairs.sort_by_key(|pair| pair.0);
    pairs
}

/// Pairs of one name where the name stands once on either side.
fn by_name(ours: &[Slot], source: &[Slot]) -> Vec<(usize, usize, MatchedBy)> {
    let once = |slots: &[Slot]| {
        let mut places: HashMap<String, Option<usize>> = HashMap::new();
        for (at, slot) in slots.iter().enumerate() {
            places.entry(slot.name.clone()).and_modify(|place| *place = None).or_insert(Some(at));
        }
        places
    };
    let theirs = once(source);
    let mine = once(ours);
    let pair = |(at, slot): (usize, &Slot)| {
        mine.get(&slot.name).copied().flatten()?;
        Some((at, theirs.get(&slot.name).copied().flatten()?, MatchedBy::Name))
    };
    ours.iter().enumerate().filter_map(pair).collect()
}

/// Of pairs ascending in the first index, those that ascend in the second as well, taken greedily.
fn rising(pairs: &[(usize, usize, MatchedBy)]) -> Vec<(usize, usize)> {
    let mut kept: Vec<(usize, usize)> = Vec::new();
    for &(a, b, _) in pairs {
        if kept.last().is_none_or(|last| last.1 < b) {
            kept.push((a, b));
        }
    }
    kept
}

/// How alike two tensors are: nothing without the same number of elements; most with the same kind of operator, less with
/// another one that has weights (converters swap them: a convolution of one channel is a depthwise one).
fn likeness(a: &Slot, b: &Slot) -> u32 {
    let (first, second) = (kind(&a.origin), kind(&b.origin));
    let weighted = |kind: &str| kind.contains("CONV") || kind == "FULLY_CONNECTED";
    match a.elements() == b.elements() {
        true if first == second && !first.is_empty() => 3,
        true if weighted(first) && weighted(second) => 2,
        _ => 0,
    }
}

/// `CONV_2D` of `#3 CONV_2D`; of an origin in other words, its last word.
fn kind(origin: &str) -> &str {
    origin.strip_prefix('#').and_then(|rest| rest.split(' ').nth(1)).or(origin.split(' ').next_back()).unwrap_or("")
}

/// The pairs, ascending on both sides, with the largest sum of `likeness`.
fn common(left: &[usize], right: &[usize], likeness: impl Fn(usize, usize) -> u32) -> Vec<(usize, usize)> {
    let (rows, columns) = (left.len(), right.len());
    let mut best = vec![vec![0u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let pair = match likeness(left[row], right[column]) {
                0 => 0,
                alike => best[row + 1][column + 1] + alike,
            };
            best[row][column] = pair.max(best[row + 1][column]).max(best[row][column + 1]);
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < rows && column < columns {
        let alike = likeness(left[row], right[column]);
        if alike > 0 && best[row][column] == best[row + 1][column + 1] + alike {
            pairs.push((left[row], right[column]));
            (row, column) = (row + 1, column + 1);
        } else if best[row + 1][column] >= best[row][column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(list: &[(&str, &str, usize)]) -> Vec<Slot> {
        let slot = |(at, &(name, origin, elements)): (usize, &(&str, &str, usize))| Slot {
            tensor: at as u16,
            name: name.into(),
            operator: at,
            origin: origin.into(),
            shape: vec![1, elements],
        };
        list.iter().enumerate().map(slot).collect()
    }

    #[test]
    fn names_first_then_order_between_them() {
        let ours =
            slots(&[("a1", "#0 CONV_2D", 8), ("m", "#1 ADD", 8), ("b1", "#2 CONV_2D", 8), ("y", "#3 SOFTMAX", 4)]);
        let source = slots(&[
            ("a", "#0 CONV_2D", 8),
            ("relu", "#1 RELU", 8),
            ("m", "#2 ADD", 8),
            ("b0", "#3 CONV_2D", 16),
            ("b", "#4 CONV_2D", 8),
            ("z", "#5 SOFTMAX", 4),
        ]);
        let expected =
            [(0, 0, MatchedBy::Order), (1, 2, MatchedBy::Name), (2, 4, MatchedBy::Order), (3, 5, MatchedBy::Order)];
        assert_eq!(align(&ours, &source), expected);
    }

    #[test]
    fn a_swapped_kind_does_not_shift_what_follows() {
        let ours = slots(&[("p", "#0 CONV_2D", 8), ("q", "#1 DEPTHWISE_CONV_2D", 8)]);
        let source = slots(&[("r", "#0 DEPTHWISE_CONV_2D", 8), ("s", "#1 DEPTHWISE_CONV_2D", 8)]);
        assert_eq!(align(&ours, &source), [(0, 0, MatchedBy::Order), (1, 1, MatchedBy::Order)]);
    }

    #[test]
    fn names_that_occur_twice_and_other_shapes_match_nothing() {
        let ours = slots(&[("x", "#0 CONV_2D", 8), ("x", "#1 ADD", 8)]);
        let source = slots(&[("x", "#0 CONV_2D", 9), ("q", "#1 MUL", 8)]);
        assert_eq!(align(&ours, &source), []);
    }
}
