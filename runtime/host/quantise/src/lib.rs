//! Post-training quantisation: a float graph and a few samples of its inputs become an int8 graph.
//!
//! [`quantize`] runs the float graph on the samples, chooses a range for every activation, quantises weights
//! symmetrically per output channel and biases to 32 bits, and gives a graph of TFLite's 8-bit quantisation
//! specification, which compiles and runs like any imported one. The same graph, samples and options give the same bytes.
//!
//! Steps, one module each: `prepare` (activations fused), `calibrate` (what values tensors take), `range` (where to clip),
//! `groups` (tensors that must share parameters), `equalize` (channels of one tensor brought to one range), `weights` (with
//! bias correction), `rewrite` (the int8 graph), `fit` (weights and biases fitted to the inputs a layer really gets, on
//! `patches` and `round`), `measure` (error of each tensor), `trial` (settings compared by the `decisive` outputs).
//!
//! Not here: reading models or data sets, and int16 activations.

mod calibrate;
mod decisive;
mod equalize;
mod error;
mod fit;
mod groups;
mod histogram;
mod measure;
mod options;
mod parameters;
mod patches;
mod prepare;
mod quantize;
mod range;
mod report;
mod rewrite;
mod round;
mod trial;
mod weights;

pub use error::QuantizeError;
pub use histogram::Histogram;
pub use measure::inputs;
pub use options::{Method, QuantizeOptions, Search};
pub use quantize::{Progress, Quantized, quantize, quantize_with};
pub use report::{HistogramLine, LayerLine, QuantizeReport, Trial};

/// One inference's inputs in the graph's order: little-endian bytes of each.
pub type Sample = Vec<Vec<u8>>;
