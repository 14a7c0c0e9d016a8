//! First fit, largest first: quick, and within a few per cent of the bound on most models.

use super::Buffer;

/// Offsets from placing buffers in `order`, each at the lowest place free for its whole life.
pub fn place(buffers: &[Buffer], order: &[usize]) -> Vec<usize> {
    let mut offsets = vec![0; buffers.len()];
    let mut placed: Vec<usize> = Vec::new();
    for &index in order {
        let buffer = &buffers[index];
        let mut busy: Vec<(usize, usize)> = placed
            .iter()
            .filter(|&&other| buffers[other].meets(buffer))
            .map(|&other| (offsets[other], offsets[other] + buffers[other].bytes))
            .collect();
        busy.sort_unstable();
        let mut at = 0;
        for (start, end) in busy {
            if at + buffer.bytes <= start {
                break;
            }
            at = at.max(end.next_multiple_of(buffer.alignment));
        }
        offsets[index] = at;
        placed.push(index);
    }
    offsets
}
