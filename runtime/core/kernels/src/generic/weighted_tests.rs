//! Generic weighted kernels, and those of instruction sets, against the reference, on random shapes and values and on extremes.

use crate::arguments::*;
use crate::{Channels, Fault, Memory, Region, Rows, Span, Walk, Window, generic, reference};
use core::ops::Range;
use std::vec::Vec;
use std::{format, vec};

/// A kernel with its arguments, waiting for memory and units.
type Kernel<'a> = dyn Fn(&mut Memory<'_>, Range<usize>) -> Result<(), Fault> + 'a;

/// A small seeded generator (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.next() as usize % (range.end - range.start)
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.within(0..one_in) == 0
    }

    /// int8 values as bytes: random, or extremes only.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let extreme = self.chance(4);
        (0..count).map(|_| if extreme { [128, 127, 0, 255][self.within(0..4)] } else { self.next() as u8 }).collect()
    }

    fn floats(&mut self, count: usize) -> Vec<u8> {
        (0..count).flat_map(|_| ((self.next() as i32 as f32) * 1e-8).to_le_bytes()).collect()
    }
}

/// One layer with everything it needs: the constants, and an arena with the input in place and noise elsewhere.
struct Bench {
    constants: Vec<u8>,
    arena: Vec<u8>,
    scratch_bytes: usize,
    units: usize,
}

impl Bench {
    fn run(&self, cuts: &[usize], kernel: &Kernel<'_>) -> Vec<u8> {
        let mut arena = self.arena.clone();
        let mut scratch = vec![0xA5; self.scratch_bytes];
        let mut memory =
            Memory { arena: &mut arena, scratch: &mut scratch, state: &mut [], constants: &self.constants };
        let mut done = 0;
        for &cut in cuts {
            kernel(&mut memory, done..cut).expect("inside memory");
            done = cut;
        }
        kernel(&mut memory, done..self.units).expect("inside memory");
        assert!(kernel(&mut memory, self.units..self.units + 1).is_err(), "a unit too many is refused");
        arena
    }

    /// All kernels give the reference's arena, whole and cut in two.
    fn agree(&self, random: &mut Random, case: &str, reference: &Kernel<'_>, others: &[&Kernel<'_>]) {
        let expected = self.run(&[], reference);
        let cut = random.within(0..self.units + 1);
        assert_eq!(self.run(&[cut], reference), expected, "reference in slices: {case}");
        for (index, other) in others.iter().enumerate() {
            assert!(self.run(&[], *other) == expected, "kernel {index} differs: {case}");
            assert!(self.run(&[cut], *other) == expected, "kernel {index} in slices differs: {case}");
        }
    }
}

/// Weights and a channel table put together in a constant section; zero points and clamps at random.
fn weighted_i8(random: &mut Random, weight_bytes: usize, channels: usize) -> (Vec<u8>, WeightedI8) {
    let skip = random.within(0..5);
    let mut constants = vec![0xEE; skip];
    constants.extend(random.bytes(weight_bytes));
    let table = constants.len();
    let multipliers = if random.chance(2) { 1 } else { channels };
    for _ in 0..channels {
        let bias = match random.within(0..6) {
            0 => random.next() as i32,
            1 => 1 << 30,
            _ => random.next() as i32 % 20_000,
        };
        constants.extend(bias.to_le_bytes());
    }
    let mantissas: Vec<i32> = (0..multipliers)
        .map(|_| match random.within(0..6) {
            0 => 1 << 30,
            1 => i32::MAX,
            2 => 0,
            3 => (random.next() >> 33) as i32 >> random.within(0..20),
            _ => (1 << 30) | (random.next() as i32 & 0x3FFF_FFFF),
        })
        .collect();
    constants.extend(mantissas.iter().flat_map(|m| m.to_le_bytes()));
    constants.extend((0..multipliers).map(|_| {
        let shift = if random.chance(8) { random.within(0..62) as i8 - 31 } else { -(random.within(0..12) as i8) };
        shift as u8
    }));
    let limits = [random.next() as i8 as i32, random.next() as i8 as i32];
    let clamped = random.chance(3);
    let weighted = WeightedI8 {
        weights: Span { region: Region::Constant, offset: skip, bytes: weight_bytes },
        channels: Span { region: Region::Constant, offset: table, bytes: Channels::table_bytes(channels, multipliers) },
        multipliers,
        input_zero_point: random.next() as i8 as i32,
        output_zero_point: random.next() as i8 as i32,
        activation_minimum: if clamped { limits[0].min(limits[1]) } else { -128 },
        activation_maximum: if clamped { limits[0].max(limits[1]) } else { 127 },
    };
    (constants, weighted)
}

fn weighted_f32(random: &mut Random, weights: usize, channels: usize) -> (Vec<u8>, WeightedF32) {
    let mut constants = random.floats(weights);
    constants.extend(random.floats(channels));
    let weighted = WeightedF32 {
        weights: Span { region: Region::Constant, offset: 0, bytes: weights * 4 },
        biases: Span { region: Region::Constant, offset: weights * 4, bytes: channels * 4 },
        activation_minimum: if random.chance(2) { 0.0 } else { f32::NEG_INFINITY },
        activation_maximum: if random.chance(2) { 6.0 } else { f32::INFINITY },
    };
    (constants, weighted)
}

/// An image whose rows all stand at `offset`.
fn image(offset: usize, batch: usize, height: usize, width: usize, channels: usize, element_bytes: usize) -> Rows {
    let ring_rows = batch * height;
    Rows { region: Region::Arena, offset, ring_rows, batch, height, width, channels, element_bytes }
}

/// A random window, and the output extent it gives (at least 1).
fn window(random: &mut Random, height: usize, width: usize, dilated: bool) -> (Window, usize, usize) {
    let window = Window {
        height: random.within(1..5),
        width: random.within(1..5),
        stride_height: random.within(1..4),
        stride_width: random.within(1..4),
        dilation_height: if dilated { random.within(1..4) } else { 1 },
        dilation_width: if dilated { random.within(1..4) } else { 1 },
        pad_top: random.within(0..4),
        pad_left: random.within(0..4),
    };
    let extent = |size: usize, kernel: usize, stride: usize, dilation: usize, pad: usize, after: usize| {
        (size + pad + after).saturating_sub((kernel - 1) * dilation + 1) / stride + 1
    };
    let after = random.within(0..3);
    let rows = extent(height, window.height, window.stride_height, window.dilation_height, window.pad_top, after);
    let columns = extent(width, window.width, window.stride_width, window.dilation_width, window.pad_left, after);
    (window, rows, columns)
}

fn walk(random: &mut Random) -> Walk {
    if random.chance(2) { Walk::Forward } else { Walk::Backward }
}

fn conv_shape(random: &mut Random, element_bytes: usize) -> Conv2dShape {
    let groups = [1, 1, 1, 2, 3][random.within(0..5)];
    let pointwise = random.chance(3);
    let group_inputs = if random.chance(3) { 16 * random.within(1..3) } else { random.within(1..20) };
    let (inputs, outputs) = (groups * group_inputs, groups * random.within(1..22));
    let (batch, height, width) = (random.within(1..3), random.within(1..8), random.within(1..9));
    let dilated = random.chance(3);
    let (mut window, mut rows, mut columns) = window(random, height, width, dilated);
    if pointwise {
        (window.height, window.width, window.pad_top, window.pad_left) = (1, 1, 0, 0);
        (rows, columns) = (height.div_ceil(window.stride_height), width.div_ceil(window.stride_width));
    }
    let mut input = image(3 * element_bytes, batch, height, width, inputs, element_bytes);
    let output_offset = input.offset + input.total_rows() * input.row_bytes() + 5 * element_bytes;
    let mut output = image(output_offset, batch, rows, columns, outputs, element_bytes);
    ring(random, &mut input);
    ring(random, &mut output);
    Conv2dShape { input, output, window, groups, walk: walk(random), overlapping: random.chance(4) }
}

/// Holds images in rings of fewer rows than they have: rows then share slots, in both kernels alike.
fn ring(random: &mut Random, image: &mut Rows) {
    if random.chance(3) {
        image.ring_rows = random.within(1..image.total_rows() + 1);
    }
}

fn arena_bytes(output: &Rows) -> usize {
    output.offset + output.total_rows() * output.row_bytes() + 7
}

#[test]
fn conv2d_i8_equals_the_reference() {
    let mut random = Random(0x5EED_0001);
    for _ in 0..1500 {
        let shape = conv_shape(&mut random, 1);
        let weight_bytes = shape.output.channels * shape.filter_elements();
        let (constants, weighted) = weighted_i8(&mut random, weight_bytes, shape.output.channels);
        let arguments = Conv2dI8 { shape, weighted };
        let arena = random.bytes(arena_bytes(&shape.output));
        let bench = Bench { constants, arena, scratch_bytes: arguments.scratch_bytes(), units: shape.units() };
        bench.agree(
            &mut random,
            &format!("{arguments:?}"),
            &|memory, rows| reference::conv2d_i8(memory, &arguments, rows),
            &[
                &|memory, rows| generic::conv2d_i8(memory, &arguments, rows),
                #[cfg(target_arch = "x86_64")]
                &|memory, rows| crate::x86_64::conv2d_i8(memory, &arguments, rows),
                #[cfg(cortex_m_dsp)]
                &|memory, rows| crate::cortex_m_dsp::conv2d_i8(memory, &arguments, rows),
            ],
        );
    }
}

#[test]
fn conv2d_f32_equals_the_reference() {
    let mut random = Random(0x5EED_0002);
    for _ in 0..300 {
        let shape = conv_shape(&mut random, 4);
        let weights = shape.output.channels * shape.filter_elements();
        let (constants, weighted) = weighted_f32(&mut random, weights, shape.output.channels);
        let arguments = Conv2dF32 { shape, weighted };
        let arena = random.floats(arena_bytes(&shape.output) / 4 + 1);
        let bench = Bench { constants, arena, scratch_bytes: 0, units: shape.units() };
        bench.agree(
            &mut random,
            &format!("{arguments:?}"),
            &|memory, rows| reference::conv2d_f32(memory, &arguments, rows),
            &[&|memory, rows| generic::conv2d_f32(memory, &arguments, rows)],
        );
    }
}

fn depthwise_shape(random: &mut Random, element_bytes: usize) -> DepthwiseShape {
    let multiplier = [1, 1, 2, 3, 8][random.within(0..5)];
    let inputs = if random.chance(5) { 1 } else { random.within(1..75) };
    let (batch, height, width) = (random.within(1..3), random.within(1..8), random.within(1..9));
    let dilated = random.chance(3);
    let (window, rows, columns) = window(random, height, width, dilated);
    let mut input = image(element_bytes, batch, height, width, inputs, element_bytes);
    let output_offset = input.offset + input.total_rows() * input.row_bytes() + 5 * element_bytes;
    let mut output = image(output_offset, batch, rows, columns, inputs * multiplier, element_bytes);
    ring(random, &mut input);
    ring(random, &mut output);
    DepthwiseShape { input, output, window, walk: walk(random), overlapping: random.chance(4) }
}

#[test]
fn depthwise_i8_equals_the_reference() {
    let mut random = Random(0x5EED_0003);
    for _ in 0..1000 {
        let shape = depthwise_shape(&mut random, 1);
        let weight_bytes = shape.output.channels * shape.window.height * shape.window.width;
        let (constants, weighted) = weighted_i8(&mut random, weight_bytes, shape.output.channels);
        let arguments = DepthwiseI8 { shape, weighted };
        let arena = random.bytes(arena_bytes(&shape.output));
        let bench = Bench { constants, arena, scratch_bytes: arguments.scratch_bytes(), units: shape.units() };
        bench.agree(
            &mut random,
            &format!("{arguments:?}"),
            &|memory, rows| reference::depthwise_i8(memory, &arguments, rows),
            &[
                &|memory, rows| generic::depthwise_i8(memory, &arguments, rows),
                #[cfg(target_arch = "x86_64")]
                &|memory, rows| crate::x86_64::depthwise_i8(memory, &arguments, rows),
                #[cfg(cortex_m_dsp)]
                &|memory, rows| crate::cortex_m_dsp::depthwise_i8(memory, &arguments, rows),
            ],
        );
    }
}

#[test]
fn depthwise_f32_equals_the_reference() {
    let mut random = Random(0x5EED_0004);
    for _ in 0..300 {
        let shape = depthwise_shape(&mut random, 4);
        let weights = shape.output.channels * shape.window.height * shape.window.width;
        let (constants, weighted) = weighted_f32(&mut random, weights, shape.output.channels);
        let arguments = DepthwiseF32 { shape, weighted };
        let arena = random.floats(arena_bytes(&shape.output) / 4 + 1);
        let bench = Bench { constants, arena, scratch_bytes: 0, units: shape.units() };
        bench.agree(
            &mut random,
            &format!("{arguments:?}"),
            &|memory, rows| reference::depthwise_f32(memory, &arguments, rows),
            &[&|memory, rows| generic::depthwise_f32(memory, &arguments, rows)],
        );
    }
}

fn fully_connected_shape(random: &mut Random, element_bytes: usize) -> FullyConnectedShape {
    let (rows, depth, outputs) = (random.within(1..4), random.within(1..150), random.within(1..50));
    let input = Span { region: Region::Arena, offset: 2 * element_bytes, bytes: rows * depth * element_bytes };
    let offset = input.offset + input.bytes + 3 * element_bytes;
    let output = Span { region: Region::Arena, offset, bytes: rows * outputs * element_bytes };
    FullyConnectedShape { input, output, rows, depth, outputs }
}

#[test]
fn fully_connected_i8_equals_the_reference() {
    let mut random = Random(0x5EED_0005);
    for _ in 0..1500 {
        let shape = fully_connected_shape(&mut random, 1);
        let (constants, weighted) = weighted_i8(&mut random, shape.depth * shape.outputs, shape.outputs);
        let arguments = FullyConnectedI8 { shape, weighted };
        let arena = random.bytes(shape.output.offset + shape.output.bytes + 3);
        let bench = Bench { constants, arena, scratch_bytes: 0, units: shape.units() };
        bench.agree(
            &mut random,
            &format!("{arguments:?}"),
            &|memory, blocks| reference::fully_connected_i8(memory, &arguments, blocks),
            &[
                &|memory, blocks| generic::fully_connected_i8(memory, &arguments, blocks),
                #[cfg(target_arch = "x86_64")]
                &|memory, blocks| crate::x86_64::fully_connected_i8(memory, &arguments, blocks),
                #[cfg(cortex_m_dsp)]
                &|memory, blocks| crate::cortex_m_dsp::fully_connected_i8(memory, &arguments, blocks),
            ],
        );
    }
}

#[test]
fn fully_connected_f32_equals_the_reference() {
    let mut random = Random(0x5EED_0006);
    for _ in 0..300 {
        let shape = fully_connected_shape(&mut random, 4);
        let (constants, weighted) = weighted_f32(&mut random, shape.depth * shape.outputs, shape.outputs);
        let arguments = FullyConnectedF32 { shape, weighted };
        let arena = random.floats((shape.output.offset + shape.output.bytes) / 4 + 3);
        let bench = Bench { constants, arena, scratch_bytes: 0, units: shape.units() };
        bench.agree(
            &mut random,
            &format!("{arguments:?}"),
            &|memory, blocks| reference::fully_connected_f32(memory, &arguments, blocks),
            &[&|memory, blocks| generic::fully_connected_f32(memory, &arguments, blocks)],
        );
    }
}

fn transpose_conv_shape(random: &mut Random, element_bytes: usize) -> TransposeConvShape {
    let (batch, height, width) = (random.within(1..3), random.within(1..6), random.within(1..6));
    let (window, _, _) = window(random, height, width, false);
    let (rows, columns) = (random.within(1..12), random.within(1..12));
    let mut input = image(element_bytes, batch, height, width, random.within(1..20), element_bytes);
    let output_offset = input.offset + input.total_rows() * input.row_bytes() + 5 * element_bytes;
    let mut output = image(output_offset, batch, rows, columns, random.within(1..20), element_bytes);
    ring(random, &mut input);
    ring(random, &mut output);
    TransposeConvShape { input, output, window, walk: walk(random) }
}

#[test]
fn transpose_conv_equals_the_reference() {
    let mut random = Random(0x5EED_0007);
    for round in 0..1000 {
        let element_bytes = if round % 4 == 0 { 4 } else { 1 };
        let shape = transpose_conv_shape(&mut random, element_bytes);
        let taps = shape.window.height * shape.window.width;
        let (weights, channels) = (shape.output.channels * taps * shape.input.channels, shape.output.channels);
        if element_bytes == 1 {
            let (constants, weighted) = weighted_i8(&mut random, weights, channels);
            let arguments = TransposeConvI8 { shape, weighted };
            let arena = random.bytes(arena_bytes(&shape.output));
            let bench = Bench { constants, arena, scratch_bytes: 0, units: shape.units() };
            bench.agree(
                &mut random,
                &format!("{arguments:?}"),
                &|memory, rows| reference::transpose_conv_i8(memory, &arguments, rows),
                &[&|memory, rows| generic::transpose_conv_i8(memory, &arguments, rows)],
            );
        } else {
            let (constants, weighted) = weighted_f32(&mut random, weights, channels);
            let arguments = TransposeConvF32 { shape, weighted };
            let arena = random.floats(arena_bytes(&shape.output) / 4 + 1);
            let bench = Bench { constants, arena, scratch_bytes: 0, units: shape.units() };
            bench.agree(
                &mut random,
                &format!("{arguments:?}"),
                &|memory, rows| reference::transpose_conv_f32(memory, &arguments, rows),
                &[&|memory, rows| generic::transpose_conv_f32(memory, &arguments, rows)],
            );
        }
    }
}

/// A layer whose output begins at its input's first byte, or ends at its last, gives what it gives elsewhere.
#[test]
fn in_place_equals_elsewhere() {
    let mut random = Random(0x5EED_0008);
    for _ in 0..300 {
        let walk = walk(&mut random);
        let (height, width, inputs) = (random.within(1..6), random.within(1..9), random.within(1..70));
        let depthwise = random.chance(2);
        let outputs = if depthwise { inputs } else { random.within(1..inputs + 1) };
        let mut apart = conv_shape(&mut random, 1);
        (apart.groups, apart.walk, apart.overlapping) = (1, walk, false);
        let size =
            Window { height: 1, width: 1, stride_height: 1, stride_width: 1, pad_top: 0, pad_left: 0, ..apart.window };
        apart.window = size;
        apart.input = image(0, 1, height, width, inputs, 1);
        apart.output = image(height * width * inputs, 1, height, width, outputs, 1);
        let mut shared = Conv2dShape { overlapping: true, ..apart };
        // Forward, a pixel is written at or before where it was read; backward, at or behind.
        let pixels = height * width;
        shared.output.offset = if walk == Walk::Forward { 0 } else { pixels * (inputs - outputs) };
        let weight_bytes = if depthwise { outputs } else { outputs * inputs };
        let (constants, weighted) = weighted_i8(&mut random, weight_bytes, outputs);
        let arena = random.bytes(arena_bytes(&apart.output));
        let run = |shape: Conv2dShape| {
            let Conv2dShape { input, output, window, overlapping, .. } = shape;
            let dw = DepthwiseI8 { shape: DepthwiseShape { input, output, window, walk, overlapping }, weighted };
            let conv = Conv2dI8 { shape, weighted };
            let scratch_bytes = if depthwise { dw.scratch_bytes() } else { conv.scratch_bytes() };
            let bench = Bench { constants: constants.clone(), arena: arena.clone(), scratch_bytes, units: height };
            let made = bench.run(&[], &|memory, rows| {
                if depthwise {
                    generic::depthwise_i8(memory, &dw, rows)
                } else {
                    generic::conv2d_i8(memory, &conv, rows)
                }
            });
            made[output.offset..output.offset + pixels * outputs].to_vec()
        };
        assert_eq!(run(shared), run(apart), "{shared:?}");
    }
}
