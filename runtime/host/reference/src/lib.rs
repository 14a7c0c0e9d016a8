//! Float models of other tools, run on the host as they are.
//!
//! [tract](https://github.com/sonos/tract) executes them: for the figures before quantisation, and for models the integer
//! engine does not take. A [`FloatModel`] is made from the bytes of an `.onnx` or a float `.tflite` file and run on
//! [`Tensor`]s; a state of a recurrent model is an ordinary input and an ordinary output.
//!
//! Not here: calibration, integer models of TFLite (tract computes them wrongly, so they are refused), the engine that
//! devices run.
//!
//! Files are hostile until checked. tract answers some of them with a panic; it runs behind a fence that turns a panic
//! into [`Error::Panicked`]. Sizes are bounded before tract sees them (see [`limits`]).

mod error;
mod fence;
pub mod limits;
mod model;
mod onnx;
mod onnx_if;
mod onnx_shapes;
mod tensor;
mod tflite;

pub use error::Error;
pub use model::{FloatModel, LoadOptions};
pub use onnx_shapes::{DeclaredInput, declared_inputs};
pub use tensor::{ElementType, Elements, Port, Tensor};
