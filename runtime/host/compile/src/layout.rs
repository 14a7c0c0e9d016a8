//! Lifetimes of records, and their places in the arena.

use crate::lower::{Place, Program, RecordId};
use crate::plan::{self, Buffer, Sharing};
use mote_engine::Overlap;

/// First and last step of each record: step 0 sets the inputs, operator k is step k + 1, one more reads the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Step that writes it.
    pub first_step: usize,
    /// Last step that reads it.
    pub last_step: usize,
}

/// Lifetimes of all records. Views have the first step of their base; a base lives as long as its views.
pub fn lifetimes(program: &Program) -> Vec<Lifetime> {
    let end = program.operators.len() + 1;
    let mut first: Vec<Option<usize>> = vec![None; program.records.len()];
    let mut last = vec![0; program.records.len()];
    for &input in &program.inputs {
        first[input] = Some(0);
    }
    for (index, operator) in program.operators.iter().enumerate() {
        for &record in operator.inputs.iter().chain(&operator.outputs) {
            last[record] = index + 1;
        }
        for &record in &operator.outputs {
            first[record].get_or_insert(index + 1);
        }
    }
    for &output in &program.outputs {
        last[output] = end;
    }
    for (view, record) in program.records.iter().enumerate() {
        if let Place::View(base) = record.place {
            first[view] = first[base];
            last[base] = last[base].max(last[view]);
        }
    }
    let lifetime = |(first, last): (&Option<usize>, &usize)| {
        let first_step = first.unwrap_or(0);
        Lifetime { first_step, last_step: (*last).max(first_step) }
    };
    first.iter().zip(&last).map(lifetime).collect()
}

/// Where arena records stand.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Lifetime of each record.
    pub lifetimes: Vec<Lifetime>,
    /// Arena offset of each record; 0 for records elsewhere.
    pub offsets: Vec<usize>,
    /// Arena bytes of tensors.
    pub tensor_bytes: usize,
    /// Most bytes live at one step.
    pub bound_bytes: usize,
    /// Bytes live at each operator, sharing counted once.
    pub live_bytes: Vec<usize>,
    /// Scratch bytes.
    pub scratch_bytes: usize,
}

impl Layout {
    /// Every arena record in memory of its own.
    pub fn apart(program: &Program, scratch_bytes: usize) -> Self {
        let lifetimes = lifetimes(program);
        let mut offsets = vec![0; program.records.len()];
        let mut tensor_bytes: usize = 0;
        for record in arena_records(program) {
            offsets[record] = tensor_bytes.next_multiple_of(16);
            tensor_bytes = offsets[record] + program.records[record].bytes();
        }
        follow_bases(program, &mut offsets);
        let live_bytes = live_bytes(program, &lifetimes, &offsets);
        Self { lifetimes, offsets, tensor_bytes, bound_bytes: tensor_bytes, live_bytes, scratch_bytes }
    }

    /// Records share memory as their lifetimes and the operators' `overlaps` (one per operator) allow.
    pub fn packed(program: &Program, overlaps: &[Overlap], scratch_bytes: usize) -> Self {
        let lifetimes = lifetimes(program);
        let own: Vec<RecordId> = arena_records(program).collect();
        let mut buffer_of = vec![None; program.records.len()];
        let mut buffers = Vec::new();
        for &record in &own {
            buffer_of[record] = Some(buffers.len());
            let Lifetime { first_step, last_step } = lifetimes[record];
            let bytes = program.records[record].bytes();
            buffers.push(Buffer { bytes, alignment: alignment(program, record), first_step, last_step });
        }
        let sharings = sharings(program, overlaps, &lifetimes, &buffer_of);
        let packing = plan::pack(&buffers, &sharings);
        let mut offsets = vec![0; program.records.len()];
        for (&record, &offset) in own.iter().zip(&packing.offsets) {
            offsets[record] = offset;
        }
        follow_bases(program, &mut offsets);
        let live_bytes = live_bytes(program, &lifetimes, &offsets);
        let (tensor_bytes, bound_bytes) = (packing.bytes, packing.bound_bytes);
        Self { lifetimes, offsets, tensor_bytes, bound_bytes, live_bytes, scratch_bytes }
    }

    /// Bytes of arena a session needs.
    pub fn arena_bytes(&self) -> usize {
        self.tensor_bytes + self.scratch_bytes
    }
}

/// Records that have arena bytes of their own.
fn arena_records(program: &Program) -> impl Iterator<Item = RecordId> + '_ {
    (0..program.records.len()).filter(|&record| program.records[record].place == Place::Arena)
}

/// Alignment of an arena record: its element's, up to four bytes, of all its views as well.
fn alignment(program: &Program, base: RecordId) -> usize {
    let shows_base = |&record: &RecordId| program.arena_base(record) == Some(base);
    let elements = (0..program.records.len()).filter(shows_base).map(|r| program.records[r].element_type.bytes());
    elements.max().unwrap_or(1).min(4)
}

fn follow_bases(program: &Program, offsets: &mut [usize]) {
    for (view, record) in program.records.iter().enumerate() {
        if let Place::View(base) = record.place {
            offsets[view] = offsets[base];
        }
    }
}

/// Outputs that may stand on an input: the operator allows it, the input ends there, sizes are equal.
fn sharings(
    program: &Program,
    overlaps: &[Overlap],
    lifetimes: &[Lifetime],
    buffer_of: &[Option<usize>],
) -> Vec<Sharing> {
    let mut found = Vec::new();
    for (index, (operator, &overlap)) in program.operators.iter().zip(overlaps).enumerate() {
        let (true, [output]) = (overlap == Overlap::SameStart, operator.outputs.as_slice()) else { continue };
        let begins_here = lifetimes[*output].first_step == index + 1;
        let (Some(output_buffer), true) = (buffer_of[*output], begins_here) else { continue };
        for base in operator.inputs.iter().filter_map(|&input| program.arena_base(input)) {
            let same_size = program.records[base].bytes() == program.records[*output].bytes();
            if let (Some(input), true, true) = (buffer_of[base], same_size, lifetimes[base].last_step == index + 1) {
                found.push(Sharing { input, output: output_buffer });
            }
        }
    }
    found
}

/// Arena bytes in use at each operator, bytes that two records share counted once.
fn live_bytes(program: &Program, lifetimes: &[Lifetime], offsets: &[usize]) -> Vec<usize> {
    let at_step = |step: usize| {
        let live = |&record: &RecordId| (lifetimes[record].first_step..=lifetimes[record].last_step).contains(&step);
        let mut spans: Vec<(usize, usize)> = arena_records(program)
            .filter(live)
            .map(|record| (offsets[record], offsets[record] + program.records[record].bytes()))
            .collect();
        spans.sort_unstable();
        let mut covered = 0;
        let mut bytes = 0;
        for (start, end) in spans {
            bytes += end.saturating_sub(start.max(covered));
            covered = covered.max(end);
        }
        bytes
    };
    (1..=program.operators.len()).map(at_step).collect()
}
