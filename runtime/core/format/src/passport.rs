//! The passport: what a model is, costs and promises, for tools, devices and fleets.

use core::marker::PhantomData;
use serde::{Deserialize, Serialize};

/// A list of postcard records one after the other, read without allocating.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Records<'a, T> {
    #[serde(borrow)]
    bytes: &'a [u8],
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Deserialize<'a>> Records<'a, T> {
    /// A list over encoded records.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The records; ends at the first malformed one.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut rest = self.bytes;
        core::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let taken = postcard::take_from_bytes::<T>(rest).ok();
            rest = taken.as_ref().map_or(&[], |(_, tail)| *tail);
            taken.map(|(record, _)| record)
        })
    }
}

/// A graph input or output as people and applications see it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct PortInfo<'a> {
    /// Name.
    pub name: &'a str,
    /// Class labels, one a line; empty when there are none.
    pub labels: &'a str,
    /// How raw data becomes this tensor, in words a tool may know (`image/255`, `wav`); empty when unknown.
    pub preprocessing: &'a str,
}

/// A measured figure with its name.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Metric<'a> {
    /// Plain name: `accuracy`, `mse`.
    pub name: &'a str,
    /// Value.
    pub value: f64,
    /// Samples it was measured on.
    pub samples: u32,
}

/// Input of a golden vector.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub enum GoldenInput<'a> {
    /// Bytes generated from a seed by the rule in SPEC.md.
    Seed(u32),
    /// The bytes of all inputs, one after the other.
    Bytes(&'a [u8]),
}

/// An input with what it must give.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct GoldenVector<'a> {
    /// Input.
    #[serde(borrow)]
    pub input: GoldenInput<'a>,
    /// CRC-32 of all outputs, one after the other.
    pub output_crc: u32,
    /// CRC-32 of each operator's outputs in execution order, little-endian u32 each; may be empty.
    #[serde(borrow)]
    pub operator_crcs: &'a [u8],
}

/// Distribution of a tensor's stored values on calibration data: the reference for drift.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Histogram<'a> {
    /// Tensor index.
    pub tensor: u16,
    /// 16 counts, little-endian u32 each, over equal parts of the stored range.
    pub counts: &'a [u8],
}

/// What a model is, costs and promises.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Passport<'a> {
    /// Name of the model.
    pub name: &'a str,
    /// Version of the model, the author's.
    pub version: &'a str,
    /// Compiler that made the file.
    pub producer: &'a str,
    /// SHA-256 of the source model file (32 bytes).
    pub source_sha256: &'a [u8],
    /// Multiply-accumulates of one inference.
    pub macs: u64,
    /// The same of the source model.
    pub source_macs: u64,
    /// Bytes of weights (without biases and tables).
    pub weight_bytes: u64,
    /// The same of the source model.
    pub source_weight_bytes: u64,
    /// Stack an inference needs, in bytes; 0 when not determined.
    pub stack_bytes: u32,
    /// How the source was quantised, in words.
    pub quantizer: &'a str,
    /// Inputs in order.
    #[serde(borrow)]
    pub inputs: Records<'a, PortInfo<'a>>,
    /// Outputs in order.
    #[serde(borrow)]
    pub outputs: Records<'a, PortInfo<'a>>,
    /// Measured figures.
    #[serde(borrow)]
    pub metrics: Records<'a, Metric<'a>>,
    /// Golden vectors.
    #[serde(borrow)]
    pub golden: Records<'a, GoldenVector<'a>>,
    /// Calibration histograms.
    #[serde(borrow)]
    pub histograms: Records<'a, Histogram<'a>>,
}
