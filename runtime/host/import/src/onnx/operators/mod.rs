//! Operators of the source: one table row and one function each.
//!
//! To add an operator: write a function that reads operands and attributes from the [`Site`], refuses by name what no
//! kernel does, and defines the node's outputs; then add its row to [`TABLE`].

mod activation;
pub(super) mod conv;
mod elementwise;
mod gemm;
mod movement;
mod normalize;
mod pool;
mod reduce;
mod resize;
mod shape;
pub(super) mod window;

use super::importer::Importer;
use super::node::Site;
use crate::importer::Outcome;
use crate::report::Blocker;

type Function = for<'m> fn(&mut Importer<'m>, &Site<'_, 'm>) -> Outcome;

/// What imports an operator.
struct Row {
    name: &'static str,
    import: Function,
}

const fn row(name: &'static str, import: Function) -> Row {
    Row { name, import }
}

/// All operators of the default domain that this importer knows, in alphabetical order.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("Abs", activation::function),
    row("Add", elementwise::add),
    row("And", elementwise::constant_only),
    row("ArgMax", reduce::arg_max),
    row("ArgMin", reduce::arg_max),
    row("AveragePool", pool::average),
    row("BatchNormalization", normalize::batch),
    row("Cast", shape::cast),
    row("CastLike", shape::cast),
    row("Ceil", activation::function),
    row("Celu", activation::parametric),
    row("Clip", activation::clip),
    row("Concat", movement::concat),
    row("Constant", shape::constant),
    row("ConstantOfShape", shape::constant_of_shape),
    row("Conv", conv::conv),
    row("ConvTranspose", conv::conv_transpose),
    row("DepthToSpace", movement::blocks),
    row("Div", elementwise::divide),
    row("Dropout", activation::identity),
    row("Elu", activation::parametric),
    row("Equal", elementwise::constant_only),
    row("Erf", activation::function),
    row("Exp", activation::function),
    row("Expand", movement::expand),
    row("Flatten", shape::flatten),
    row("Floor", activation::function),
    row("Gather", movement::gather),
    row("Gelu", activation::parametric),
    row("Gemm", gemm::gemm),
    row("GlobalAveragePool", pool::global_average),
    row("GlobalMaxPool", pool::global_max),
    row("Greater", elementwise::constant_only),
    row("GreaterOrEqual", elementwise::constant_only),
    row("HardSigmoid", activation::parametric),
    row("HardSwish", activation::parametric),
    row("Identity", activation::identity),
    row("If", shape::branch),
    row("InstanceNormalization", normalize::instance),
    row("LayerNormalization", normalize::layer),
    row("LeakyRelu", activation::parametric),
    row("Less", elementwise::constant_only),
    row("LessOrEqual", elementwise::constant_only),
    row("Log", activation::function),
    row("LogSoftmax", reduce::softmax),
    row("MatMul", gemm::matmul),
    row("Max", elementwise::maximum),
    row("MaxPool", pool::max),
    row("Mean", elementwise::mean),
    row("Min", elementwise::minimum),
    row("Mish", activation::function),
    row("Mod", elementwise::constant_only),
    row("Mul", elementwise::multiply),
    row("Neg", activation::function),
    row("Not", elementwise::not),
    row("Or", elementwise::constant_only),
    row("PRelu", activation::prelu),
    row("Pad", movement::pad),
    row("Pow", elementwise::power),
    row("Range", shape::range),
    row("Reciprocal", activation::function),
    row("ReduceL1", reduce::reduce),
    row("ReduceL2", reduce::reduce),
    row("ReduceMax", reduce::reduce),
    row("ReduceMean", reduce::reduce),
    row("ReduceMin", reduce::reduce),
    row("ReduceProd", reduce::reduce),
    row("ReduceSum", reduce::reduce),
    row("ReduceSumSquare", reduce::reduce),
    row("Relu", activation::function),
    row("Reshape", shape::reshape),
    row("Resize", resize::resize),
    row("Round", activation::function),
    row("Selu", activation::selu),
    row("Shape", shape::shape),
    row("Sigmoid", activation::function),
    row("Sign", activation::function),
    row("Size", shape::size),
    row("Slice", movement::slice),
    row("Softmax", reduce::softmax),
    row("Softplus", activation::function),
    row("SpaceToDepth", movement::blocks),
    row("Split", movement::split),
    row("Sqrt", activation::function),
    row("Squeeze", shape::squeeze),
    row("Sub", elementwise::subtract),
    row("Sum", elementwise::sum),
    row("Swish", activation::function),
    row("Tanh", activation::function),
    row("Tile", movement::tile),
    row("Transpose", shape::transpose),
    row("Unsqueeze", shape::unsqueeze),
    row("Upsample", resize::resize),
    row("Where", elementwise::select),
    row("Xor", elementwise::constant_only),
];

/// Names of all operators this importer knows.
pub fn supported_operators() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

pub(super) fn import<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let proto = site.proto;
    if !matches!(proto.domain.as_str(), "" | "ai.onnx") {
        let reason = format!("operator {} of domain {} is not supported", proto.op_type, proto.domain);
        return Err(Blocker::new(reason, "export the model with standard ONNX operators").into());
    }
    match TABLE.iter().find(|row| row.name == proto.op_type) {
        Some(row) => (row.import)(importer, site),
        None => Err(Blocker::new("operator is not supported", "replace it, or run the model on a host").into()),
    }
}
