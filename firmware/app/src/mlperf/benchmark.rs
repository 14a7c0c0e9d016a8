//! The benchmarks of the suite: how samples become inputs, and outputs results.

use super::sample::Sample;
use crate::{Board, Printer};
use mote_engine::{ElementType, Port, PortMut, RunError, quantize};

/// A benchmark, told from a model by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Benchmark<'n> {
    /// What `profile` answers, by which the runner chooses its script: `kws01` and the like, else the model's name.
    pub name: &'n str,
    bytes: Bytes,
}

/// What the bytes of a sample are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bytes {
    /// The input tensor's own.
    Stored,
    /// Pixels from 0 to 255, for an int8 tensor with zero point -128.
    Pixels,
    /// Little-endian float32, to be quantised; the result is the mean square of output less input.
    Reals,
}

/// Names by which models begin, with what their samples are. Source: `th_load_tensor` of each of the reference
/// submissions in mlcommons/tiny.
const BENCHMARKS: [(&str, Bytes); 5] = [
    ("kws01", Bytes::Stored),
    ("vww01", Bytes::Pixels),
    ("ic01", Bytes::Pixels),
    ("ad01", Bytes::Reals),
    ("sww01", Bytes::Stored),
];

/// Decimals of a result, and the power of ten that goes with them, where neighbouring values differ by two thousandths
/// or more, as those of a softmax in int8 do; and where they lie closer.
const DECIMALS: (usize, f32) = (3, 1e3);
const FINE_DECIMALS: (usize, f32) = (6, 1e6);
const FINE_BELOW_SCALE: f32 = 0.002;

impl<'n> Benchmark<'n> {
    /// The benchmark of the model called `model_name`.
    pub fn of(model_name: &'n str) -> Self {
        match BENCHMARKS.iter().find(|(name, _)| model_name.starts_with(name)) {
            Some(&(name, bytes)) => Self { name, bytes },
            None => Self { name: model_name, bytes: Bytes::Stored },
        }
    }

    /// Bytes of a sample for an input tensor of `elements` elements and `tensor_bytes` bytes.
    pub fn sample_bytes(&self, elements: usize, tensor_bytes: usize) -> usize {
        match self.bytes {
            Bytes::Reals => elements.saturating_mul(4),
            Bytes::Stored | Bytes::Pixels => tensor_bytes,
        }
    }

    /// Writes a sample into the input tensor.
    ///
    /// # Errors
    /// A tensor that the benchmark's samples do not fit.
    pub fn load(&self, sample: &[u8], input: &mut PortMut<'_>) -> Result<(), RunError> {
        match self.bytes {
            Bytes::Stored => input.copy_from(sample),
            Bytes::Pixels => {
                input.copy_from(sample)?;
                input.bytes.iter_mut().for_each(|byte| *byte ^= 0x80);
                Ok(())
            }
            Bytes::Reals => quantise(reals(sample), input),
        }
    }

    /// Prints the line of results.
    pub fn print<B: Board>(&self, board: &mut B, sample: &Sample<'_>, output: &Port<'_>) {
        let mut line = Printer(board);
        line.text("m-results-[");
        if self.bytes == Bytes::Reals {
            print_real(&mut line, mean_square(sample.received(), output), DECIMALS);
        } else {
            let is_fine = output.record.scale < FINE_BELOW_SCALE;
            let decimals = if is_fine { FINE_DECIMALS } else { DECIMALS };
            let mut index = 0usize;
            while let Some(value) = output.real(index) {
                if index > 0 {
                    line.text(",");
                }
                print_real(&mut line, value, decimals);
                index = index.wrapping_add(1);
            }
        }
        line.text("]\r\n");
    }
}

fn quantise(reals: impl ExactSizeIterator<Item = f32>, input: &mut PortMut<'_>) -> Result<(), RunError> {
    let record = &input.record;
    if record.element_type != ElementType::I8 || record.scale <= 0.0 || reals.len() != input.bytes.len() {
        return Err(RunError::Type);
    }
    for (slot, real) in input.bytes.iter_mut().zip(reals) {
        *slot = quantize(real, record.scale, record.zero_point, -128, 127) as u8;
    }
    Ok(())
}

fn reals(sample: &[u8]) -> impl ExactSizeIterator<Item = f32> {
    let (chunks, _) = sample.as_chunks::<4>();
    chunks.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

/// Mean of (output - input)² over all elements, in float32 in that order, as the reference computes the score.
fn mean_square(sample: &[u8], output: &Port<'_>) -> f32 {
    let (mut sum, mut elements) = (0f32, 0usize);
    for real in reals(sample) {
        let Some(value) = output.real(elements) else { break };
        let difference = value - real;
        sum += difference * difference;
        elements = elements.wrapping_add(1);
    }
    if elements == 0 { 0.0 } else { sum / elements as f32 }
}

/// A real number, rounded half away from zero; what no i64 holds becomes the largest that one does, NaN zero.
fn print_real<B: Board>(line: &mut Printer<'_, B>, value: f32, (decimals, power): (usize, f32)) {
    let scaled = value * power;
    let rounded = (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i64;
    if rounded < 0 {
        line.text("-");
    }
    line.fixed(rounded.unsigned_abs(), decimals);
}
