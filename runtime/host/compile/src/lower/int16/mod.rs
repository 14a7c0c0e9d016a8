//! Operators on int16 activations.

mod elementwise;
mod rows;
mod weighted;

pub use elementwise::{binary, dequantize, quantize, unary};
pub use rows::{pool, softmax};
pub use weighted::constants;

use crate::error::Problem;
use crate::lower::context::{problem, quantization, wrong_type};
use mote_graph::{ElementType, Node, Tensor};

/// Scale of an int16 tensor, whose zero point must be 0.
fn scale(node: &Node, tensor: &Tensor) -> Result<f32, Problem> {
    if tensor.element_type != ElementType::I16 {
        return Err(wrong_type(node, tensor));
    }
    let found = quantization(node, tensor)?;
    if found.zero_point() != 0 {
        let fix = "quantise int16 tensors symmetrically, as TFLite's 16x8 rules ask";
        return Err(problem(node, &tensor.name, "is int16 with a zero point other than 0", fix));
    }
    Ok(found.scale(0))
}

/// Refuses another scale than 2⁻¹⁵, by a thousandth, for outputs whose range is known.
fn expect_unit_range(node: &Node, tensor: &Tensor) -> Result<(), Problem> {
    let unit = 1.0 / 32768.0;
    if (scale(node, tensor)? - unit).abs() <= 0.001 * unit {
        return Ok(());
    }
    let fix = "quantise the model again with TFLite's 16x8 rules";
    Err(problem(node, &tensor.name, "output must have scale 1/32768", fix))
}
