//! Buffers that may stand at one place: an operator's output over an input that ends with it.

use super::Buffer;

/// A permission: `output` may be written over `input`, byte on byte, by the operator that ends `input`'s life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// Buffer that ends at the step that writes the other.
    pub input: usize,
    /// Buffer written at that step.
    pub output: usize,
}

/// Buffers grouped by the sharings taken up.
pub struct Groups {
    /// One buffer per group, living as long as all its members together.
    pub buffers: Vec<Buffer>,
    /// Group of each original buffer.
    pub of_buffer: Vec<usize>,
}

/// Takes up every sharing that is possible: equal sizes, lives that touch in exactly one step, one partner on each side.
pub fn group(buffers: &[Buffer], sharings: &[Sharing]) -> Groups {
    let mut successor = vec![None; buffers.len()];
    let mut predecessor = vec![None; buffers.len()];
    for &Sharing { input, output } in sharings {
        let (ends, begins) = (&buffers[input], &buffers[output]);
        let fits = input != output && ends.bytes == begins.bytes && ends.last_step == begins.first_step;
        if fits && successor[input].is_none() && predecessor[output].is_none() {
            successor[input] = Some(output);
            predecessor[output] = Some(input);
        }
    }
    let mut groups = Groups { buffers: Vec::new(), of_buffer: vec![0; buffers.len()] };
    for start in (0..buffers.len()).filter(|&start| predecessor[start].is_none()) {
        let mut merged = buffers[start];
        let mut member = Some(start);
        while let Some(index) = member {
            merged.last_step = merged.last_step.max(buffers[index].last_step);
            merged.alignment = merged.alignment.max(buffers[index].alignment);
            groups.of_buffer[index] = groups.buffers.len();
            member = successor[index];
        }
        groups.buffers.push(merged);
    }
    groups
}
