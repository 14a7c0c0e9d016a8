//! The memory plan: which buffers share memory, and where each stands.
//!
//! Works on buffers with sizes and lifetimes; knows no operators. The plan reaches the bound of live bytes wherever the
//! search finds a packing that does: [`Packing::bound_bytes`] says how close it came.

mod greedy;
mod search;
mod share;

pub use share::Sharing;

/// Alignments tried from the largest; one that costs nothing is kept, because kernels load faster from aligned rows.
const ALIGNMENTS: [usize; 3] = [16, 4, 1];

/// A stretch of memory that must exist from the step that writes it to the last step that needs it, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Size.
    pub bytes: usize,
    /// Least alignment of its offset; a power of two.
    pub alignment: usize,
    /// Step that writes it.
    pub first_step: usize,
    /// Last step that reads it.
    pub last_step: usize,
}

impl Buffer {
    /// True when both must exist at some step.
    pub fn meets(&self, other: &Buffer) -> bool {
        self.first_step <= other.last_step && other.first_step <= self.last_step
    }
}

/// Where buffers stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Offset of each buffer, in the order given.
    pub offsets: Vec<usize>,
    /// One past the last byte used.
    pub bytes: usize,
    /// Most bytes live at one step: no packing is smaller.
    pub bound_bytes: usize,
}

/// Packs `buffers`; each pair of `sharings` stands at one place when that makes the whole smaller or costs nothing.
///
/// Deterministic: the search is limited by steps, not by time.
pub fn pack(buffers: &[Buffer], sharings: &[Sharing]) -> Packing {
    let shared = pack_shared(buffers, sharings);
    if shared.bytes <= shared.bound_bytes || sharings.is_empty() {
        return shared;
    }
    // Sharing pins both buffers to one place; now and then room for two places packs better.
    let apart = pack_shared(buffers, &[]);
    if apart.bytes < shared.bytes { Packing { bound_bytes: shared.bound_bytes, ..apart } } else { shared }
}

fn pack_shared(buffers: &[Buffer], sharings: &[Sharing]) -> Packing {
    let groups = share::group(buffers, sharings);
    let bound_bytes = live_bound(&groups.buffers);
    let mut best: Option<(Vec<usize>, usize)> = None;
    for alignment in ALIGNMENTS {
        let aligned: Vec<Buffer> =
            groups.buffers.iter().map(|b| Buffer { alignment: b.alignment.max(alignment), ..*b }).collect();
        // Alignment above the least is taken only when it costs nothing.
        let thorough = alignment == 1;
        let (offsets, bytes) = search::pack(&aligned, bound_bytes, thorough);
        if best.as_ref().is_none_or(|(_, best_bytes)| bytes < *best_bytes) {
            best = Some((offsets, bytes));
        }
        if bytes <= bound_bytes {
            break;
        }
    }
    let (offsets, bytes) = best.unwrap_or_default();
    Packing { offsets: groups.of_buffer.iter().map(|&group| offsets[group]).collect(), bytes, bound_bytes }
}

/// Most bytes live at one step.
pub fn live_bound(buffers: &[Buffer]) -> usize {
    buffers.iter().map(|at| live_bytes(buffers, at.first_step)).max().unwrap_or(0)
}

/// Bytes live at `step`.
pub fn live_bytes(buffers: &[Buffer], step: usize) -> usize {
    buffers.iter().filter(|b| b.first_step <= step && step <= b.last_step).map(|b| b.bytes).sum()
}

/// One past the last byte of placed buffers.
fn extent(buffers: &[Buffer], offsets: &[usize]) -> usize {
    buffers.iter().zip(offsets).map(|(buffer, offset)| offset + buffer.bytes).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
