//! Seeded graphs: of one operator each, over odd shapes and edge values, and of several.

mod builder;
mod chain;
mod compute;
mod int16;
mod movement;
mod weighted;

pub use builder::{Affine, Builder, random_bytes, random_inputs};
pub use chain::chain;
pub use weighted::placement;

use mote_graph::{BinaryKind, Graph, PoolKind, ReduceKind};

/// A graph operator in one element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// Name as the graph has it.
    pub operator: &'static str,
    /// On float32; false for integers.
    pub float: bool,
    /// On int16 where it would be on int8.
    pub int16: bool,
}

impl Family {
    /// Element type in short.
    pub fn kind(&self) -> &'static str {
        match (self.int16, self.float) {
            (true, false) => "i16",
            (true, true) => "f32 to i16",
            (false, true) => "f32",
            (false, false) => "i8",
        }
    }
}

/// Operators that exist in int8 and float32.
const BOTH: &[&str] = &[
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "TRANSPOSE_CONV",
    "ADD",
    "SUB",
    "MUL",
    "MAXIMUM",
    "MINIMUM",
    "LOGISTIC",
    "TANH",
    "RELU",
    "RELU6",
    "RELU_N1_TO_1",
    "LEAKY_RELU",
    "HARD_SWISH",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "MEAN",
    "SUM",
    "SOFTMAX",
    "PAD",
    "RESHAPE",
    "TRANSPOSE",
    "CONCATENATION",
    "SPLIT",
    "STRIDED_SLICE",
    "PACK",
    "UNPACK",
    "QUANTIZE",
    "GATHER",
    "RESIZE_NEAREST_NEIGHBOR",
    "RESIZE_BILINEAR",
    "ARG_MAX",
    "ASSIGN_VARIABLE",
];

/// Every operator of the graph in every element type it has.
pub fn families() -> Vec<Family> {
    let both = BOTH.iter().flat_map(|&operator| [false, true].map(|float| Family { operator, float, int16: false }));
    let integers = ["DEQUANTIZE", "CAST", "LOOKUP"].map(|operator| Family { operator, float: false, int16: false });
    let wide = int16::OPERATORS.iter().map(|&operator| Family { operator, float: false, int16: true });
    let to_wide = Family { operator: "QUANTIZE", float: true, int16: true };
    both.chain(integers).chain(wide).chain([to_wide]).collect()
}

/// The graph of a family and seed.
pub fn generate(family: Family, seed: u64) -> Graph {
    let graph = of_int8_or_float(family, seed);
    if family.int16 { int16::widened(graph, seed) } else { graph }
}

fn of_int8_or_float(family: Family, seed: u64) -> Graph {
    let float = family.float;
    match family.operator {
        "CONV_2D" => weighted::conv(seed, float),
        "DEPTHWISE_CONV_2D" => weighted::depthwise(seed, float),
        "FULLY_CONNECTED" => weighted::fully_connected(seed, float),
        "TRANSPOSE_CONV" => weighted::transpose_conv(seed, float),
        "ADD" => compute::binary(seed, float, BinaryKind::Add),
        "SUB" => compute::binary(seed, float, BinaryKind::Subtract),
        "MUL" => compute::binary(seed, float, BinaryKind::Multiply),
        "MAXIMUM" => compute::binary(seed, float, BinaryKind::Maximum),
        "MINIMUM" => compute::binary(seed, float, BinaryKind::Minimum),
        "AVERAGE_POOL_2D" => compute::pool(seed, float, PoolKind::Average),
        "MAX_POOL_2D" => compute::pool(seed, float, PoolKind::Max),
        "MEAN" => compute::reduce(seed, float, ReduceKind::Mean),
        "SUM" => compute::reduce(seed, float, ReduceKind::Sum),
        "SOFTMAX" => compute::softmax(seed, float),
        "ARG_MAX" => compute::arg_max(seed, float),
        "RESIZE_NEAREST_NEIGHBOR" => compute::resize(seed, float, false),
        "RESIZE_BILINEAR" => compute::resize(seed, float, true),
        "QUANTIZE" => compute::quantize(seed, float),
        "DEQUANTIZE" => compute::dequantize(seed),
        "LOOKUP" => compute::lookup(seed),
        "CAST" => compute::cast(seed),
        "PAD" => movement::pad(seed, float),
        "RESHAPE" => movement::reshape(seed, float),
        "TRANSPOSE" => movement::transpose(seed, float),
        "CONCATENATION" => movement::concatenate(seed, float),
        "SPLIT" => movement::split(seed, float),
        "STRIDED_SLICE" => movement::strided_slice(seed, float),
        "PACK" => movement::pack(seed, float),
        "UNPACK" => movement::unpack(seed, float),
        "GATHER" => movement::gather(seed, float),
        "ASSIGN_VARIABLE" => movement::state(seed, float),
        unary => compute::unary(seed, float, unary),
    }
}
