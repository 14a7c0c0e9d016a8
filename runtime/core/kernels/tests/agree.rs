//! Portable kernels without weights against the reference kernels, or against plain loops where there is one kernel, on
//! seeded random shapes, steps and values.

use mote_kernels::arguments::{
    AXES, AddI8, AddParameters, ArgMax, Binary, Extremum, Gather, PoolI8, ReduceFinish, ReduceI8, ResizeBilinear,
    ResizeParameters, StridedCopy,
};
use mote_kernels::prepare::{broadcast, reduce_axes};
use mote_kernels::{Fault, Memory, Region, Rows, Span, Walk, Window, generic, reference};
use mote_numbers::Multiplier;
use std::ops::Range;

/// Xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| if self.below(8) == 0 { [0x80, 0x7F][self.below(2)] } else { self.next() as u8 }).collect()
    }

    /// 1 up to one of `limits`, at most `most` or 2.
    fn extent(&mut self, limits: [usize; 3], most: usize) -> usize {
        let limit = limits[self.below(3)].min(most).max(2);
        1 + self.below(limit)
    }

    fn multiplier(&mut self) -> Multiplier {
        Multiplier { mantissa: (1 << 30) + self.below(1 << 30) as i32, shift: -(self.below(12) as i8) }
    }
}

type Kernel<A> = fn(&mut Memory<'_>, &A, Range<usize>) -> Result<(), Fault>;

/// The arena after `units` of `kernel`, run in random slices.
fn run<A>(kernel: Kernel<A>, arguments: &A, arena: &[u8], units: usize, random: &mut Random) -> Vec<u8> {
    let (mut arena, mut scratch) = (arena.to_vec(), vec![0; 1024]);
    let mut memory = Memory { arena: &mut arena, scratch: &mut scratch, state: &mut [], constants: &[] };
    let mut at = 0;
    while at < units {
        let end = (at + 1 + random.below(units)).min(units);
        kernel(&mut memory, arguments, at..end).expect("no fault");
        at = end;
    }
    arena
}

fn span(offset: usize, bytes: usize) -> Span {
    Span { region: Region::Arena, offset, bytes }
}

#[test]
fn broadcasting() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    for _ in 0..400 {
        let rank = 1 + random.below(AXES);
        let output: Vec<usize> = (0..rank).map(|_| random.extent([2, 4, 70], 70usize >> (2 * (rank - 1)))).collect();
        let mut thin = |shape: &[usize]| -> Vec<usize> {
            shape.iter().map(|&extent| if random.below(3) == 0 { 1 } else { extent }).collect()
        };
        let (a, b) = (thin(&output), thin(&output));
        let (map, elements) = broadcast(&a, &b).expect("shapes fit");
        let (a_bytes, b_bytes) = (a.iter().product::<usize>(), b.iter().product::<usize>());
        // Sometimes in place.
        let output_at = if a_bytes == elements && random.below(2) == 0 { 0 } else { a_bytes + b_bytes };
        let arena = random.bytes(a_bytes + b_bytes + elements);
        let parameters = AddParameters {
            a_zero_point: random.next() as i8,
            b_zero_point: random.next() as i8,
            output_zero_point: random.next() as i8,
            a_multiplier: random.multiplier(),
            b_multiplier: random.multiplier(),
            output_multiplier: Multiplier { shift: -18, ..random.multiplier() },
            subtract: random.below(2) == 0,
            activation_min: -100,
            activation_max: 120,
        };
        let (a, b, output) = (span(0, a_bytes), span(a_bytes, b_bytes), span(output_at, elements));
        let add = AddI8 { a, b, output, broadcast: map, parameters };
        let fast = run(generic::add_i8, &add, &arena, elements, &mut random);
        assert_eq!(fast, run(reference::add_i8, &add, &arena, elements, &mut random));
        let larger = Binary { a, b, output, broadcast: map, parameters: Extremum::Maximum };
        let fast = run(generic::extremum_i8, &larger, &arena, elements, &mut random);
        assert_eq!(fast, run(reference::extremum_i8, &larger, &arena, elements, &mut random));
    }
}

#[test]
fn pooling_and_resizing() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for _ in 0..200 {
        let (batch, channels) = (1 + random.below(2), [1, 3, 64, 65, 130][random.below(5)]);
        let (height, width) = (1 + random.below(7), 1 + random.below(7));
        let (kh, kw) = (1 + random.below(height), 1 + random.below(width));
        let window = Window {
            height: kh,
            width: kw,
            stride_height: 1 + random.below(3),
            stride_width: 1 + random.below(3),
            dilation_height: 1,
            dilation_width: 1,
            pad_top: random.below(kh),
            pad_left: random.below(kw),
        };
        let steps = |extent: usize, pad: usize, stride: usize| 1 + (extent + pad - 1) / stride;
        let out_height = steps(height, window.pad_top, window.stride_height);
        let out_width = steps(width, window.pad_left, window.stride_width);
        let rows = |offset, height, width| Rows {
            region: Region::Arena,
            offset,
            ring_rows: batch * height,
            batch,
            height,
            width,
            channels,
            element_bytes: 1,
        };
        let input_bytes = batch * height * width * channels;
        let output_bytes = batch * out_height * out_width * channels;
        // Sometimes overlapping: both kernels read a pixel's window before they write it, so the bytes still agree.
        let output_at = if random.below(2) == 0 { input_bytes } else { random.below(input_bytes) };
        let arena = random.bytes(input_bytes + output_bytes);
        let walk = [Walk::Forward, Walk::Backward][random.below(2)];
        let (input, output) = (rows(0, height, width), rows(output_at, out_height, out_width));
        let pool = PoolI8 { input, output, window, walk, activation_min: -120, activation_max: 100 };
        let pairs: [(Kernel<PoolI8>, Kernel<PoolI8>); 2] =
            [(generic::average_pool_i8, reference::average_pool_i8), (generic::max_pool_i8, reference::max_pool_i8)];
        let units = batch * out_height;
        for (fast, slow) in pairs {
            let fast = run(fast, &pool, &arena, units, &mut random);
            assert_eq!(fast, run(slow, &pool, &arena, units, &mut random));
        }
        let align_corners = random.below(2) == 0;
        let parameters = ResizeParameters { align_corners, half_pixel_centers: !align_corners };
        let resize = ResizeBilinear { input, output, parameters, walk };
        let fast = run(generic::resize_bilinear_i8, &resize, &arena, units, &mut random);
        assert_eq!(fast, run(reference::resize_bilinear_i8, &resize, &arena, units, &mut random));
    }
}

#[test]
fn reductions() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..400 {
        let rank = 1 + random.below(AXES);
        let shape: Vec<usize> = (0..rank).map(|_| random.extent([2, 5, 80], 160 >> rank)).collect();
        let reduced: Vec<bool> = (0..rank).map(|_| random.below(2) == 0).collect();
        let axes = reduce_axes(&shape, &reduced).expect("fits");
        let (elements, outputs) = (shape.iter().product::<usize>(), axes.kept_extents.iter().product::<usize>());
        let finish = ReduceFinish {
            sum_offset: random.next() as i32 >> 16,
            multiplier: random.multiplier(),
            output_zero_point: random.next() as i8,
        };
        let reduce = ReduceI8 { input: span(0, elements), output: span(elements, outputs), axes, finish };
        let arena = random.bytes(elements + outputs);
        let fast = run(generic::reduce_i8, &reduce, &arena, outputs, &mut random);
        assert_eq!(fast, run(reference::reduce_i8, &reduce, &arena, outputs, &mut random));
    }
}

#[test]
fn movement() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    for _ in 0..400 {
        let element_bytes = [1, 2, 4, 8][random.below(4)];
        let extents: [usize; AXES] = core::array::from_fn(|_| 1 + random.below(3));
        let count: usize = extents.iter().product();
        // Dense steps in a random order of axes, some of them walked backwards.
        let mut strides = || {
            let mut order: Vec<usize> = (0..AXES).collect();
            if random.below(2) == 0 {
                (0..AXES).for_each(|axis| order.swap(axis, random.below(AXES)));
            }
            let (mut steps, mut start, mut step) = ([0isize; AXES], 0, 1isize);
            for &axis in order.iter().rev() {
                let back = random.below(4) == 0;
                steps[axis] = if back { -step } else { step };
                start += if back { step as usize * (extents[axis] - 1) } else { 0 };
                step *= extents[axis] as isize;
            }
            (steps, start)
        };
        let ((input_strides, input_start), (output_strides, output_start)) = (strides(), strides());
        let bytes = count * element_bytes;
        let (input, output) = (span(0, bytes), span(bytes, bytes));
        let copy = StridedCopy {
            input,
            output,
            element_bytes,
            extents,
            input_start,
            input_strides,
            output_start,
            output_strides,
        };
        let arena = random.bytes(2 * bytes);
        let got = run(generic::strided_copy, &copy, &arena, count, &mut random);
        let mut wanted = arena.clone();
        for index in 0..count {
            let (mut rest, mut from, mut to) = (index, input_start as isize, output_start as isize);
            for axis in (0..AXES).rev() {
                let at = (rest % extents[axis]) as isize;
                rest /= extents[axis];
                from += at * input_strides[axis];
                to += at * output_strides[axis];
            }
            let (from, to) = (from as usize * element_bytes, bytes + to as usize * element_bytes);
            wanted.copy_within(from..from + element_bytes, to);
        }
        assert_eq!(got, wanted);
    }
}

#[test]
fn gathering_and_arg_max() {
    let mut random = Random(0xA076_1D64_78BD_642F);
    for _ in 0..100 {
        let [batch, outer, axis, inner, count] = core::array::from_fn(|_| 1 + random.below(4));
        let values = batch * outer * axis * inner;
        let chosen: Vec<usize> = (0..batch * count).map(|_| random.below(axis)).collect();
        let mut arena = random.bytes(values);
        arena.extend(chosen.iter().flat_map(|&index| (index as i32).to_le_bytes()));
        let outputs = batch * outer * count * inner;
        arena.resize(arena.len() + outputs.max(batch * outer * inner * 4), 0);
        let (input, indices) = (span(0, values), span(values, batch * count * 4));
        let output = span(values + batch * count * 4, outputs);
        let gather = Gather { input, indices, output, batch, outer, axis, count, inner_bytes: inner };
        let got = run(generic::gather, &gather, &arena, outputs / inner, &mut random);
        for at in 0..outputs {
            let (slice, i) = (at / inner, at % inner);
            let (slab, position) = (slice / count, slice % count);
            let index = chosen[slab / outer * count + position];
            assert_eq!(got[output.offset + at], arena[(slab * axis + index) * inner + i]);
        }
        let (rows, output) = (batch * outer, span(output.offset, batch * outer * inner * 4));
        let arg_max = ArgMax { input, output, outer: rows, axis, inner };
        let got = run(generic::arg_max_i8, &arg_max, &arena, rows * inner, &mut random);
        for at in 0..rows * inner {
            let value = |k: usize| arena[(at / inner * axis + k) * inner + at % inner] as i8;
            let wanted = (0..axis).rev().max_by_key(|&k| value(k)).unwrap_or(0);
            assert_eq!(got[output.offset + at * 4] as usize, wanted);
        }
        arena[values..values + 4].copy_from_slice(&(axis as i32).to_le_bytes());
        let mut memory = Memory { arena: &mut arena, scratch: &mut [], state: &mut [], constants: &[] };
        assert_eq!(generic::gather(&mut memory, &gather, 0..1), Err(Fault));
    }
}
