//! Speed of representative layers, one thread: `cargo run --release -p mote-kernels --features std --example bench`.
//!
//! Prints the best of several runs as multiply-accumulates per nanosecond for the reference kernels, the generic
//! kernels and, on x86-64 with AVX2, their AVX2 instances. Padding taps count as work in all of them alike.

use mote_kernels::arguments::{
    Conv2dI8, Conv2dShape, DepthwiseI8, DepthwiseShape, FullyConnectedI8, FullyConnectedShape, WeightedI8,
};
use mote_kernels::{Channels, Fault, Memory, Region, Rows, Span, Walk, Window, generic, reference};
use std::time::Instant;

/// A layer to time.
struct Case {
    name: &'static str,
    macs: usize,
    layer: Layer,
    input_bytes: usize,
    output_bytes: usize,
    weight_bytes: usize,
    channels: usize,
    units: usize,
}

enum Layer {
    Conv(Conv2dI8),
    Depthwise(DepthwiseI8),
    FullyConnected(FullyConnectedI8),
}

#[derive(Clone, Copy)]
enum Set {
    Reference,
    Generic,
    Avx2,
}

fn rows(offset: usize, height: usize, width: usize, channels: usize) -> Rows {
    Rows { region: Region::Arena, offset, ring_rows: height, batch: 1, height, width, channels, element_bytes: 1 }
}

fn weighted(weight_bytes: usize, channels: usize) -> WeightedI8 {
    let table_bytes = Channels::table_bytes(channels, channels);
    WeightedI8 {
        weights: Span { region: Region::Constant, offset: 0, bytes: weight_bytes },
        channels: Span { region: Region::Constant, offset: weight_bytes, bytes: table_bytes },
        multipliers: channels,
        input_zero_point: -128,
        output_zero_point: -128,
        activation_minimum: -128,
        activation_maximum: 127,
    }
}

/// SAME padding, square windows.
fn window(size: usize, stride: usize) -> Window {
    Window {
        height: size,
        width: size,
        stride_height: stride,
        stride_width: stride,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: (size - stride.min(size)) / 2,
        pad_left: (size - stride.min(size)) / 2,
    }
}

fn conv(name: &'static str, side: usize, inputs: usize, outputs: usize, size: usize, stride: usize) -> Case {
    let out = side.div_ceil(stride);
    let input_bytes = side * side * inputs;
    let weight_bytes = outputs * size * size * inputs;
    let shape = Conv2dShape {
        input: rows(0, side, side, inputs),
        output: rows(input_bytes, out, out, outputs),
        window: window(size, stride),
        groups: 1,
        walk: Walk::Forward,
        overlapping: false,
    };
    Case {
        name,
        macs: out * out * weight_bytes,
        layer: Layer::Conv(Conv2dI8 { shape, weighted: weighted(weight_bytes, outputs) }),
        input_bytes,
        output_bytes: out * out * outputs,
        weight_bytes,
        channels: outputs,
        units: shape.units(),
    }
}

fn depthwise(name: &'static str, side: usize, channels: usize, stride: usize) -> Case {
    let out = side.div_ceil(stride);
    let input_bytes = side * side * channels;
    let shape = DepthwiseShape {
        input: rows(0, side, side, channels),
        output: rows(input_bytes, out, out, channels),
        window: window(3, stride),
        walk: Walk::Forward,
        overlapping: false,
    };
    Case {
        name,
        macs: out * out * channels * 9,
        layer: Layer::Depthwise(DepthwiseI8 { shape, weighted: weighted(9 * channels, channels) }),
        input_bytes,
        output_bytes: out * out * channels,
        weight_bytes: 9 * channels,
        channels,
        units: shape.units(),
    }
}

fn fully_connected(name: &'static str, depth: usize, outputs: usize) -> Case {
    let span = |offset, bytes| Span { region: Region::Arena, offset, bytes };
    let shape = FullyConnectedShape { input: span(0, depth), output: span(depth, outputs), rows: 1, depth, outputs };
    Case {
        name,
        macs: depth * outputs,
        layer: Layer::FullyConnected(FullyConnectedI8 { shape, weighted: weighted(depth * outputs, outputs) }),
        input_bytes: depth,
        output_bytes: outputs,
        weight_bytes: depth * outputs,
        channels: outputs,
        units: shape.units(),
    }
}

fn run(memory: &mut Memory<'_>, case: &Case, set: Set) -> Result<(), Fault> {
    let units = 0..case.units;
    match (&case.layer, set) {
        (Layer::Conv(layer), Set::Reference) => reference::conv2d_i8(memory, layer, units),
        (Layer::Conv(layer), Set::Generic) => generic::conv2d_i8(memory, layer, units),
        (Layer::Depthwise(layer), Set::Reference) => reference::depthwise_i8(memory, layer, units),
        (Layer::Depthwise(layer), Set::Generic) => generic::depthwise_i8(memory, layer, units),
        (Layer::FullyConnected(layer), Set::Reference) => reference::fully_connected_i8(memory, layer, units),
        (Layer::FullyConnected(layer), Set::Generic) => generic::fully_connected_i8(memory, layer, units),
        #[cfg(target_arch = "x86_64")]
        (Layer::Conv(layer), Set::Avx2) => mote_kernels::x86_64::conv2d_i8(memory, layer, units),
        #[cfg(target_arch = "x86_64")]
        (Layer::Depthwise(layer), Set::Avx2) => mote_kernels::x86_64::depthwise_i8(memory, layer, units),
        #[cfg(target_arch = "x86_64")]
        (Layer::FullyConnected(layer), Set::Avx2) => mote_kernels::x86_64::fully_connected_i8(memory, layer, units),
        #[cfg(not(target_arch = "x86_64"))]
        (_, Set::Avx2) => Err(Fault),
    }
}

/// Nanoseconds of the best of several runs, and the output.
fn time(case: &Case, set: Set) -> (f64, Vec<u8>) {
    let mut arena: Vec<u8> = (0..case.input_bytes + case.output_bytes).map(|i| (i * 97 % 251) as u8).collect();
    let mut constants: Vec<u8> = (0..case.weight_bytes).map(|i| (i * 89 % 255) as u8).collect();
    constants.extend((0..case.channels).flat_map(|c| (c as i32 * 100).to_le_bytes()));
    constants.extend((0..case.channels).flat_map(|c| ((1 << 30) + c as i32 * 7919).to_le_bytes()));
    constants.extend((0..case.channels).map(|_| -8i8 as u8));
    let mut scratch = vec![0; 64 << 10];
    let mut memory = Memory { arena: &mut arena, scratch: &mut scratch, state: &mut [], constants: &constants };
    let mut best = f64::MAX;
    let repetitions = (2_000_000 / case.macs).max(1);
    let rounds = if matches!(set, Set::Reference) { 3 } else { 25 };
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..repetitions {
            run(&mut memory, case, set).expect("the layer lies inside its memory");
        }
        best = best.min(start.elapsed().as_nanos() as f64 / repetitions as f64);
    }
    (best, arena.split_off(case.input_bytes))
}

fn main() {
    let cases = [
        conv("conv 3x3 32x32x3->16", 32, 3, 16, 3, 1),
        conv("conv 3x3 s2 96x96x3->8", 96, 3, 8, 3, 2),
        conv("conv 3x3 32x32x16->16", 32, 16, 16, 3, 1),
        conv("conv 3x3 16x16x32->32", 16, 32, 32, 3, 1),
        conv("conv 3x3 8x8x64->64", 8, 64, 64, 3, 1),
        conv("pointwise 48x48x8->16", 48, 8, 16, 1, 1),
        conv("pointwise 24x24x32->32", 24, 32, 32, 1, 1),
        conv("pointwise 12x12x64->64", 12, 64, 64, 1, 1),
        conv("pointwise 6x6x128->128", 6, 128, 128, 1, 1),
        depthwise("depthwise 48x48x8", 48, 8, 1),
        depthwise("depthwise 24x24x32", 24, 32, 1),
        depthwise("depthwise s2 24x24x32", 24, 32, 2),
        depthwise("depthwise 12x12x64", 12, 64, 1),
        depthwise("depthwise 6x6x128", 6, 128, 1),
        fully_connected("fully connected 640->128", 640, 128),
        fully_connected("fully connected 128->128", 128, 128),
        fully_connected("fully connected 64->12", 64, 12),
    ];
    #[cfg(target_arch = "x86_64")]
    let avx2 = mote_kernels::x86_64::has_avx2();
    #[cfg(not(target_arch = "x86_64"))]
    let avx2 = false;
    println!("MAC/ns, one thread, best of 25 (reference: of 3)");
    println!(
        "{:26} {:>9} {:>9} {:>9} {:>17} {:>13}",
        "layer", "reference", "generic", "avx2", "generic/reference", "avx2/generic"
    );
    for case in &cases {
        let rate = |nanoseconds: f64| case.macs as f64 / nanoseconds;
        let (reference, expected) = time(case, Set::Reference);
        let (generic, output) = time(case, Set::Generic);
        assert_eq!(output, expected, "{}: generic differs from reference", case.name);
        let (reference, generic) = (rate(reference), rate(generic));
        print!("{:26} {reference:9.2} {generic:9.2}", case.name);
        if avx2 {
            let (avx2, output) = time(case, Set::Avx2);
            assert_eq!(output, expected, "{}: AVX2 differs from reference", case.name);
            let avx2 = rate(avx2);
            println!(" {avx2:9.2} {:17.1} {:13.1}", generic / reference, avx2 / generic);
        } else {
            println!(" {:>9} {:17.1} {:>13}", "-", generic / reference, "-");
        }
    }
}
