//! The glue between model records and kernels: one file per operator family.
//!
//! Each operator has three functions: `work` reads operands and parameters into kernel arguments and refuses what does
//! not fit together; `check` does that and, once per load, what costs time with the size of constants; `run` makes a
//! range of units. Adding an operator: see CONTRIBUTING.md, "How to add an operator".

mod arithmetic;
mod conv2d;
mod convert;
mod custom;
mod depthwise;
mod fully_connected;
mod int16;
mod lookup;
mod movement;
mod pool;
mod reduce;
mod resize;
mod scan;
mod shared;
mod transpose_conv;
mod weighted;

use crate::operation::{Operation, Refusal, Work};
use core::ops::Range;
use mote_format::OpCode;
use mote_kernels::{Fault, Memory};

/// What an operator does at load and at run time.
pub struct OperatorEntry {
    /// Its code in model files.
    pub code: OpCode,
    /// Full check at load: everything `work` refuses, and the constants.
    pub check: fn(&Operation<'_>) -> Result<Work, Refusal>,
    /// What a run will do; cheap.
    pub work: fn(&Operation<'_>) -> Result<Work, Refusal>,
    /// Makes units of the output.
    pub run: fn(&Operation<'_>, &mut Memory<'_>, Range<usize>) -> Result<(), Fault>,
}

/// The operators a build links.
pub type OperatorSet<'a> = &'a [&'a OperatorEntry];

pub use arithmetic::{
    ADD_I8, ADD_I8_REFERENCE, BINARY_F32, BINARY_F32_REFERENCE, EXTREMUM_I8, EXTREMUM_I8_REFERENCE, MULTIPLY_I8,
    MULTIPLY_I8_REFERENCE, UNARY_F32, UNARY_F32_REFERENCE,
};
pub use conv2d::{CONV_2D_F32, CONV_2D_I8, CONV_2D_I8_REFERENCE};
pub use convert::{CAST, CAST_REFERENCE, DEQUANTIZE_8, DEQUANTIZE_8_REFERENCE, QUANTIZE_F32, QUANTIZE_F32_REFERENCE};
pub use custom::{CustomBytes, CustomMemory, CustomOperator, CustomWork, custom_options, planned};
pub use depthwise::{DEPTHWISE_CONV_2D_F32, DEPTHWISE_CONV_2D_I8, DEPTHWISE_CONV_2D_I8_REFERENCE};
pub use fully_connected::{
    FULLY_CONNECTED_F32, FULLY_CONNECTED_I8, FULLY_CONNECTED_I8_REFERENCE, FULLY_CONNECTED_LITERT_I8,
};
pub use int16::*;
pub use lookup::LOOKUP_8;
pub use movement::{FILL, FILL_REFERENCE, GATHER, GATHER_REFERENCE, STRIDED_COPY, STRIDED_COPY_REFERENCE};
pub use pool::{
    AVERAGE_POOL_F32, AVERAGE_POOL_F32_REFERENCE, AVERAGE_POOL_I8, AVERAGE_POOL_I8_REFERENCE, MAX_POOL_F32,
    MAX_POOL_F32_REFERENCE, MAX_POOL_I8, MAX_POOL_I8_REFERENCE,
};
pub use reduce::{
    ARG_MAX_F32, ARG_MAX_F32_REFERENCE, ARG_MAX_I8, ARG_MAX_I8_REFERENCE, REDUCE_F32, REDUCE_F32_REFERENCE, REDUCE_I8,
    REDUCE_I8_REFERENCE, SOFTMAX_F32, SOFTMAX_F32_REFERENCE, SOFTMAX_I8, SOFTMAX_I8_REFERENCE,
};
pub use resize::{
    RESIZE_BILINEAR_F32, RESIZE_BILINEAR_F32_REFERENCE, RESIZE_BILINEAR_I8, RESIZE_BILINEAR_I8_REFERENCE,
    RESIZE_NEAREST, RESIZE_NEAREST_REFERENCE,
};
pub use transpose_conv::{TRANSPOSE_CONV_2D_F32, TRANSPOSE_CONV_2D_I8};

// The best entries of this processor: portable ones where it has no kernels of its own.
#[cfg(not(own_kernels))]
pub use {
    conv2d::CONV_2D_I8 as CONV_2D_I8_NATIVE, depthwise::DEPTHWISE_CONV_2D_I8 as DEPTHWISE_CONV_2D_I8_NATIVE,
    fully_connected::FULLY_CONNECTED_I8 as FULLY_CONNECTED_I8_NATIVE,
};
#[cfg(own_kernels)]
pub use {
    conv2d::CONV_2D_I8_NATIVE, depthwise::DEPTHWISE_CONV_2D_I8_NATIVE, fully_connected::FULLY_CONNECTED_I8_NATIVE,
};

/// This processor's own kernels.
#[cfg(cortex_m_dsp)]
use mote_kernels::cortex_m_dsp as own;
#[cfg(all(own_kernels, not(cortex_m_dsp)))]
use mote_kernels::x86_64 as own;

/// Every operator on portable kernels.
pub fn generic() -> OperatorSet<'static> {
    GENERIC
}

/// Every operator on the best kernels of this machine: those of its instruction set where there are some (on hosts
/// looked for when they run), else portable ones. The entries that differ are named `.._NATIVE`.
pub fn native() -> OperatorSet<'static> {
    &native::ALL
}

/// Every operator on the slow, clear kernels that all others are tested against.
pub fn reference() -> OperatorSet<'static> {
    REFERENCE
}

// One line per operator in each set.
const GENERIC: OperatorSet<'static> = &[
    &conv2d::CONV_2D_I8,
    &conv2d::CONV_2D_F32,
    &depthwise::DEPTHWISE_CONV_2D_I8,
    &depthwise::DEPTHWISE_CONV_2D_F32,
    &fully_connected::FULLY_CONNECTED_I8,
    &fully_connected::FULLY_CONNECTED_LITERT_I8,
    &fully_connected::FULLY_CONNECTED_F32,
    &transpose_conv::TRANSPOSE_CONV_2D_I8,
    &transpose_conv::TRANSPOSE_CONV_2D_F32,
    &lookup::LOOKUP_8,
    &arithmetic::ADD_I8,
    &arithmetic::MULTIPLY_I8,
    &arithmetic::EXTREMUM_I8,
    &arithmetic::BINARY_F32,
    &arithmetic::UNARY_F32,
    &convert::QUANTIZE_F32,
    &convert::DEQUANTIZE_8,
    &convert::CAST,
    &movement::STRIDED_COPY,
    &movement::FILL,
    &movement::GATHER,
    &pool::AVERAGE_POOL_I8,
    &pool::MAX_POOL_I8,
    &pool::AVERAGE_POOL_F32,
    &pool::MAX_POOL_F32,
    &reduce::REDUCE_I8,
    &reduce::REDUCE_F32,
    &reduce::SOFTMAX_I8,
    &reduce::SOFTMAX_F32,
    &reduce::ARG_MAX_I8,
    &reduce::ARG_MAX_F32,
    &resize::RESIZE_NEAREST,
    &resize::RESIZE_BILINEAR_I8,
    &resize::RESIZE_BILINEAR_F32,
    &int16::CONV_2D_I16,
    &int16::DEPTHWISE_CONV_2D_I16,
    &int16::FULLY_CONNECTED_I16,
    &int16::ADD_I16,
    &int16::MULTIPLY_I16,
    &int16::EXTREMUM_I16,
    &int16::AVERAGE_POOL_I16,
    &int16::MAX_POOL_I16,
    &int16::SOFTMAX_I16,
    &int16::CURVE_I16,
    &int16::RESCALE,
    &int16::QUANTIZE_F32_I16,
    &int16::DEQUANTIZE_I16,
];
static REFERENCE: OperatorSet<'static> = &[
    &conv2d::CONV_2D_I8_REFERENCE,
    &conv2d::CONV_2D_F32_REFERENCE,
    &depthwise::DEPTHWISE_CONV_2D_I8_REFERENCE,
    &depthwise::DEPTHWISE_CONV_2D_F32_REFERENCE,
    &fully_connected::FULLY_CONNECTED_I8_REFERENCE,
    &fully_connected::FULLY_CONNECTED_LITERT_I8_REFERENCE,
    &fully_connected::FULLY_CONNECTED_F32_REFERENCE,
    &transpose_conv::TRANSPOSE_CONV_2D_I8_REFERENCE,
    &transpose_conv::TRANSPOSE_CONV_2D_F32_REFERENCE,
    &lookup::LOOKUP_8,
    &arithmetic::ADD_I8_REFERENCE,
    &arithmetic::MULTIPLY_I8_REFERENCE,
    &arithmetic::EXTREMUM_I8_REFERENCE,
    &arithmetic::BINARY_F32_REFERENCE,
    &arithmetic::UNARY_F32_REFERENCE,
    &convert::QUANTIZE_F32_REFERENCE,
    &convert::DEQUANTIZE_8_REFERENCE,
    &convert::CAST_REFERENCE,
    &movement::STRIDED_COPY_REFERENCE,
    &movement::FILL_REFERENCE,
    &movement::GATHER_REFERENCE,
    &pool::AVERAGE_POOL_I8_REFERENCE,
    &pool::MAX_POOL_I8_REFERENCE,
    &pool::AVERAGE_POOL_F32_REFERENCE,
    &pool::MAX_POOL_F32_REFERENCE,
    &reduce::REDUCE_I8_REFERENCE,
    &reduce::REDUCE_F32_REFERENCE,
    &reduce::SOFTMAX_I8_REFERENCE,
    &reduce::SOFTMAX_F32_REFERENCE,
    &reduce::ARG_MAX_I8_REFERENCE,
    &reduce::ARG_MAX_F32_REFERENCE,
    &resize::RESIZE_NEAREST_REFERENCE,
    &resize::RESIZE_BILINEAR_I8_REFERENCE,
    &resize::RESIZE_BILINEAR_F32_REFERENCE,
    &int16::CONV_2D_I16_REFERENCE,
    &int16::DEPTHWISE_CONV_2D_I16_REFERENCE,
    &int16::FULLY_CONNECTED_I16_REFERENCE,
    &int16::ADD_I16_REFERENCE,
    &int16::MULTIPLY_I16_REFERENCE,
    &int16::EXTREMUM_I16_REFERENCE,
    &int16::AVERAGE_POOL_I16_REFERENCE,
    &int16::MAX_POOL_I16_REFERENCE,
    &int16::SOFTMAX_I16_REFERENCE,
    &int16::CURVE_I16_REFERENCE,
    &int16::RESCALE_REFERENCE,
    &int16::QUANTIZE_F32_I16_REFERENCE,
    &int16::DEQUANTIZE_I16_REFERENCE,
];

mod native {
    use super::{CONV_2D_I8_NATIVE, DEPTHWISE_CONV_2D_I8_NATIVE, FULLY_CONNECTED_I8_NATIVE, GENERIC, OperatorEntry};

    /// Operators with kernels for instruction sets. One line per operator.
    const OWN: [&OperatorEntry; 3] = [&CONV_2D_I8_NATIVE, &DEPTHWISE_CONV_2D_I8_NATIVE, &FULLY_CONNECTED_I8_NATIVE];

    /// The generic set with our own in place of those of the same code, so that those are not linked.
    pub(super) static ALL: [&OperatorEntry; GENERIC.len()] = replaced();

    const fn replaced() -> [&'static OperatorEntry; GENERIC.len()] {
        let mut all = [GENERIC[0]; GENERIC.len()];
        let mut index = 0;
        while index < all.len() {
            all[index] = GENERIC[index];
            let mut own = 0;
            while own < OWN.len() {
                if OWN[own].code.0 == all[index].code.0 {
                    all[index] = OWN[own];
                }
                own += 1;
            }
            index += 1;
        }
        all
    }
}
