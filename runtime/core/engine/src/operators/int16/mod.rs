//! Operators on int16 activations with int8 weights ("16x8"), and what leads to int16 and back.
//!
//! Activations have zero point 0, which the check of tensors demands of every int16 record.

mod convert;
mod elementwise;
mod rows;
mod weighted;

pub use convert::{
    DEQUANTIZE_I16, DEQUANTIZE_I16_REFERENCE, QUANTIZE_F32_I16, QUANTIZE_F32_I16_REFERENCE, RESCALE, RESCALE_REFERENCE,
};
pub use elementwise::{
    ADD_I16, ADD_I16_REFERENCE, CURVE_I16, CURVE_I16_REFERENCE, EXTREMUM_I16, EXTREMUM_I16_REFERENCE, MULTIPLY_I16,
    MULTIPLY_I16_REFERENCE,
};
pub use rows::{
    AVERAGE_POOL_I16, AVERAGE_POOL_I16_REFERENCE, MAX_POOL_I16, MAX_POOL_I16_REFERENCE, SOFTMAX_I16,
    SOFTMAX_I16_REFERENCE,
};
pub use weighted::{
    CONV_2D_I16, CONV_2D_I16_REFERENCE, DEPTHWISE_CONV_2D_I16, DEPTHWISE_CONV_2D_I16_REFERENCE, FULLY_CONNECTED_I16,
    FULLY_CONNECTED_I16_REFERENCE,
};
