//! Inputs of the self-check: extremes, patterns, seeded random values.

use super::SlimOptions;
use mote_graph::{ElementType, Graph, Tensor};

/// A named set of graph inputs.
pub(super) struct Trial {
    /// For people.
    pub name: String,
    /// Bytes of each graph input, in order.
    pub inputs: Vec<Vec<u8>>,
}

/// SplitMix64: small, seeded, good enough to vary bytes.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to 1, 1 left out.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About normal, deviation 1: twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Where an element stands, for patterns.
struct Place {
    row: usize,
    column: usize,
    element: usize,
}

/// Fixed patterns: the value of an element as a part of its type's range, −1 the lowest, 1 the highest, NaN the zero
/// point.
type Pattern = (&'static str, fn(&Place) -> f64);

const PATTERNS: [Pattern; 10] = [
    ("lowest", |_| -1.0),
    ("highest", |_| 1.0),
    ("zero point", |_| f64::NAN),
    ("checkerboard", |at| sign((at.row + at.column) % 2 == 0)),
    ("inverse checkerboard", |at| sign((at.row + at.column) % 2 == 1)),
    ("row stripes", |at| sign(at.row % 2 == 0)),
    ("column stripes", |at| sign(at.column % 2 == 0)),
    ("element stripes", |at| sign(at.element % 2 == 0)),
    ("wide stripes", |at| sign(at.column / 4 % 2 == 0)),
    ("ramp", |at| (at.element % 256) as f64 / 127.5 - 1.0),
];

fn sign(high: bool) -> f64 {
    if high { 1.0 } else { -1.0 }
}

/// All trials: the fixed patterns, then random ones (extremes, uniform, normal in turn).
pub(super) fn trials(graph: &Graph, options: &SlimOptions) -> Vec<Trial> {
    let mut random = Random(options.seed);
    let inputs = || graph.inputs.iter().map(|&id| &graph.tensors[id]);
    let fixed = PATTERNS.iter().map(|(name, pattern)| {
        let inputs = inputs().map(|tensor| fill(tensor, |place| pattern(&place)));
        Trial { name: (*name).into(), inputs: inputs.collect() }
    });
    let mut all: Vec<Trial> = fixed.collect();
    for index in 0..options.random_inputs.max(8) {
        let kind = index % 4;
        let mut value = |_| match kind {
            0 => sign(random.next() & 1 == 0),
            1 | 2 => random.unit() * 2.0 - 1.0,
            _ => random.normal() / 4.0,
        };
        let inputs = inputs().map(|tensor| fill(tensor, &mut value)).collect();
        let name =
            format!("random {index} ({}) of seed {}", ["extremes", "uniform", "uniform", "normal"][kind], options.seed);
        all.push(Trial { name, inputs });
    }
    all
}

/// Bytes of a tensor from a value in −1 ..= 1 per element. Wide integers (indices, as a rule) are 0.
fn fill(tensor: &Tensor, mut value: impl FnMut(Place) -> f64) -> Vec<u8> {
    let [_, rows, columns, channels] = tensor.shape4().unwrap_or([1, 1, tensor.elements(), 1]);
    // Flat inputs vary along their only long axis.
    let (columns, channels) = if rows * columns == 1 { (channels, 1) } else { (columns, channels) };
    let mut bytes = Vec::with_capacity(tensor.bytes());
    for element in 0..tensor.elements() {
        let pixel = element / channels;
        let part = value(Place { row: pixel / columns, column: pixel % columns, element });
        let zero_point = tensor.quantization.as_ref().map_or(0, |q| q.zero_point());
        let integer = |middle: f64, half: f64| match part.is_nan() {
            true => zero_point,
            false => (middle + part * half).round().clamp(middle - half, middle + half) as i32,
        };
        match tensor.element_type {
            ElementType::I8 => bytes.push(integer(-0.5, 127.5).clamp(-128, 127) as i8 as u8),
            ElementType::U8 => bytes.push(integer(127.5, 127.5).clamp(0, 255) as u8),
            ElementType::I16 => bytes.extend((integer(-0.5, 32_767.5).clamp(-32_768, 32_767) as i16).to_le_bytes()),
            ElementType::F32 => {
                // Four orders of size, so that float inputs meet quantisers of any scale.
                let size = [1.0, 10.0, 255.0, 0.1][element % 4];
                bytes.extend((if part.is_nan() { 0.0 } else { part * size } as f32).to_le_bytes());
            }
            ElementType::Bool => bytes.push(u8::from(part > 0.0)),
            ElementType::I32 | ElementType::I64 => bytes.resize(bytes.len() + tensor.element_type.bytes(), 0),
        }
    }
    bytes
}
