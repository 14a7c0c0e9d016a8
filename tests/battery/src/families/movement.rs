//! Copies with strides, gathering, filling.

use crate::{Case, Family, Implementation, Layout, Random, oracles};
use mote_kernels::arguments::{AXES, Fill, Gather, StridedCopy};
use mote_kernels::generic;

/// Transposes, slices, joins, padding.
pub static STRIDED_COPY: Family<StridedCopy> = Family {
    name: "strided_copy",
    board_cases: 600,
    generate: generate_copy,
    reference: oracles::strided_copy,
    implementations: &[Implementation { name: "generic", kernel: generic::strided_copy }],
    refuses_beyond: false,
};

/// GATHER.
pub static GATHER: Family<Gather> = Family {
    name: "gather",
    board_cases: 300,
    generate: generate_gather,
    reference: oracles::gather,
    implementations: &[Implementation { name: "generic", kernel: generic::gather }],
    refuses_beyond: false,
};

/// Constant elements.
pub static FILL: Family<Fill> = Family {
    name: "fill",
    board_cases: 150,
    generate: generate_fill,
    reference: oracles::fill,
    implementations: &[Implementation { name: "generic", kernel: generic::fill }],
    refuses_beyond: false,
};

fn generate_copy(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<StridedCopy>> {
    let element_bytes = random.choose(&[1, 1, 2, 4, 8]);
    let mut extents = [1usize; AXES];
    extents.iter_mut().for_each(|extent| *extent = random.within(1, 3));
    if let (true, Some(last)) = (random.chance(4), extents.last_mut()) {
        *last = random.within(1, 9).min(72usize.checked_div(element_bytes).unwrap_or(1));
    }
    let bytes = extents.iter().product::<usize>() * element_bytes;
    if bytes > 2048 {
        extents = [1, 1, 2, 3, 2, 3];
    }
    let (input_start, input_strides, input_elements) = steps(random, &extents);
    let (output_start, output_strides, output_elements) = steps(random, &extents);
    let input = layout.tensor(random, input_elements * element_bytes);
    let output = layout.tensor(random, output_elements * element_bytes);
    let arguments =
        StridedCopy { input, output, element_bytes, extents, input_start, input_strides, output_start, output_strides };
    let units = extents.iter().product();
    Some(Case { arguments, units, scratch_bytes: 0, output, elsewhere: None })
}

/// Steps in a random order of axes, some walked backwards, in half of the draws with room between rows: the first
/// element, the steps, and the elements they span.
fn steps(random: &mut Random, extents: &[usize; AXES]) -> (usize, [isize; AXES], usize) {
    let mut order = [0usize, 1, 2, 3, 4, 5];
    if random.chance(2) {
        for axis in 0..AXES {
            order.swap_to(axis, random.below(AXES));
        }
    }
    let gaps = random.chance(2);
    let (mut strides, mut start, mut step) = ([0isize; AXES], 0usize, 1usize);
    for &axis in order.iter().rev() {
        let extent = extents.get(axis).copied().unwrap_or(1);
        let backward = random.chance(4);
        if let Some(stride) = strides.get_mut(axis) {
            *stride = if backward { -(step as isize) } else { step as isize };
        }
        if backward {
            start += step * (extent - 1);
        }
        step *= extent;
        if gaps && step < 40 && random.chance(3) {
            step += 1;
        }
    }
    (start, strides, step)
}

/// As `swap`, which panics beyond the end.
trait SwapTo {
    fn swap_to(&mut self, a: usize, b: usize);
}

impl SwapTo for [usize; AXES] {
    fn swap_to(&mut self, a: usize, b: usize) {
        let (first, second) = (self.get(a).copied().unwrap_or(0), self.get(b).copied().unwrap_or(0));
        if let Some(slot) = self.get_mut(a) {
            *slot = second;
        }
        if let Some(slot) = self.get_mut(b) {
            *slot = first;
        }
    }
}

fn generate_gather(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Gather>> {
    let (batch, outer, axis) = (random.within(1, 3), random.within(1, 3), random.within(1, 6));
    let (count, inner_bytes) = (random.within(1, 4), random.within(1, 9));
    let indices = layout.constant(random, batch * count * 4, |random, bytes| {
        bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|slot| *slot = (random.below(axis) as i32).to_le_bytes());
    });
    let input = layout.tensor(random, batch * outer * axis * inner_bytes);
    let output = layout.tensor(random, batch * outer * count * inner_bytes);
    let arguments = Gather { input, indices, output, batch, outer, axis, count, inner_bytes };
    Some(Case { arguments, units: batch * outer * count, scratch_bytes: 0, output, elsewhere: None })
}

fn generate_fill(random: &mut Random, layout: &mut Layout<'_>) -> Option<Case<Fill>> {
    let element_bytes = random.choose(&[1, 2, 4, 8]);
    let elements = random.within(1, 40);
    let output = layout.tensor(random, elements * element_bytes);
    let mut element = [0; 8];
    random.fill(&mut element);
    let arguments = Fill { output, element, element_bytes };
    Some(Case { arguments, units: elements, scratch_bytes: 0, output, elsewhere: None })
}
