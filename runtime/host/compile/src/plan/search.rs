//! Exact packing: depth-first search for a packing of a given size, buffers in order of decreasing size.
//!
//! A buffer is tried at the places where it touches an end of the arena or a buffer that lives beside it. If a packing
//! of the size exists, sliding every buffer down until it touches something gives one of these, so a search that ends
//! without its step limit proves that none exists at that size.

use super::{Buffer, extent, greedy};
use std::collections::BTreeSet;

/// Places tried in one search, times the number of buffers (the cost of one try).
const SEARCH_COST: usize = 30_000_000;
/// Sizes tried between the bound and the greedy packing when the bound is out of reach.
const SIZES: usize = 8;

/// Offsets and size of the smallest packing found. Without `thorough`, only the greedy packing and a search at the
/// bound are tried.
pub fn pack(buffers: &[Buffer], bound_bytes: usize, thorough: bool) -> (Vec<usize>, usize) {
    let orders = orders(buffers);
    let greedy = orders.iter().map(|order| greedy::place(buffers, order)).min_by_key(|o| extent(buffers, o));
    let mut best = greedy.unwrap_or_default();
    let mut best_bytes = extent(buffers, &best);
    let excess = best_bytes - bound_bytes.min(best_bytes);
    let sizes = if thorough { SIZES } else { 1 };
    for step in 0..sizes {
        let target = bound_bytes + excess * step / SIZES;
        if target >= best_bytes {
            break;
        }
        let found = orders.iter().find_map(|order| Search::new(buffers, order, target).run());
        if let Some(offsets) = found {
            best_bytes = extent(buffers, &offsets);
            best = offsets;
            break;
        }
    }
    (best, best_bytes)
}

/// Orders in which buffers are placed: by size; by size times life; by life.
fn orders(buffers: &[Buffer]) -> Vec<Vec<usize>> {
    let steps = |b: &Buffer| b.last_step - b.first_step + 1;
    let by = |weight: &dyn Fn(&Buffer) -> (usize, usize)| {
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by_key(|&index| (std::cmp::Reverse(weight(&buffers[index])), buffers[index].first_step, index));
        order
    };
    vec![by(&|b| (b.bytes, steps(b))), by(&|b| (b.bytes * steps(b), b.bytes)), by(&|b| (steps(b), b.bytes))]
}

struct Search<'b> {
    buffers: &'b [Buffer],
    order: &'b [usize],
    /// For each position of the order, the earlier positions whose buffers live beside it.
    neighbours: Vec<Vec<usize>>,
    offsets: Vec<usize>,
    target: usize,
    tries_left: usize,
}

impl<'b> Search<'b> {
    fn new(buffers: &'b [Buffer], order: &'b [usize], target: usize) -> Self {
        let meets = |a: usize, b: usize| buffers[order[a]].meets(&buffers[order[b]]);
        let neighbours = (0..order.len()).map(|at| (0..at).filter(|&other| meets(at, other)).collect()).collect();
        let tries_left = SEARCH_COST / buffers.len().max(1);
        Self { buffers, order, neighbours, offsets: vec![0; buffers.len()], target, tries_left }
    }

    /// Offsets of a packing within the target; none when there is none, or the limit is reached.
    fn run(mut self) -> Option<Vec<usize>> {
        let mut choices: Vec<std::vec::IntoIter<usize>> = Vec::new();
        while choices.len() < self.order.len() {
            choices.push(self.places(choices.len()).into_iter());
            // The next untried place of the deepest buffer that has one.
            while let Some(open) = choices.last_mut() {
                if let Some(offset) = open.next() {
                    self.offsets[self.order[choices.len() - 1]] = offset;
                    break;
                }
                choices.pop();
            }
            if choices.is_empty() || self.tries_left == 0 {
                return self.order.is_empty().then_some(self.offsets);
            }
            self.tries_left -= 1;
        }
        Some(self.offsets)
    }

    /// Places for the buffer at position `at` of the order, given those before it: lowest first.
    fn places(&self, at: usize) -> Vec<usize> {
        let buffer = &self.buffers[self.order[at]];
        let Some(top) = self.target.checked_sub(buffer.bytes) else { return Vec::new() };
        let down = |offset: usize| offset / buffer.alignment * buffer.alignment;
        let busy: Vec<(usize, usize)> = self.neighbours[at]
            .iter()
            .map(|&other| {
                let start = self.offsets[self.order[other]];
                (start, start + self.buffers[self.order[other]].bytes)
            })
            .collect();
        let mut places = BTreeSet::from([0, down(top)]);
        for &(start, end) in &busy {
            places.insert(end.next_multiple_of(buffer.alignment));
            if let Some(below) = start.checked_sub(buffer.bytes) {
                places.insert(down(below));
            }
        }
        let free = |&offset: &usize| {
            offset <= top && busy.iter().all(|&(start, end)| offset + buffer.bytes <= start || end <= offset)
        };
        places.into_iter().filter(free).collect()
    }
}
