//! Parameters of each operator, of fixed width in its record ([`crate::Fixed`]). One file per operator family.
//!
//! Operand order, shapes and meaning are documented on each struct; extents come from the operand tensors.

mod arithmetic;
mod custom;
mod int16;
mod lookup;
mod movement;
mod pool;
mod reduce;
mod weighted;
mod window;

pub use arithmetic::{
    AddParameters, BinaryF32Parameters, BinaryKind, ExtremumParameters, MultiplierParameters, MultiplyParameters,
    UnaryF32Parameters, UnaryKind,
};
pub use custom::{
    CustomParameters, MAX_CUSTOM_NAME_BYTES, MAX_CUSTOM_OPERANDS, MAX_CUSTOM_OPTION_BYTES, is_custom_name,
};
pub use int16::{
    AddI16Parameters, Conv2dI16Parameters, CurveI16Parameters, DepthwiseI16Parameters, FullyConnectedI16Parameters,
    MultiplyI16Parameters, PoolI16Parameters, RescaleParameters, SoftmaxI16Parameters, WeightsI16,
};
pub use lookup::LookupParameters;
pub use movement::{
    FillParameters, GatherParameters, ResizeBilinearParameters, ResizeNearestParameters, StridedCopyParameters,
};
pub use pool::{PoolF32Parameters, PoolI8Parameters};
pub use reduce::{
    ArgMaxParameters, ReduceF32Parameters, ReduceI8Parameters, SoftmaxF32Parameters, SoftmaxI8Parameters,
};
pub use weighted::{
    Conv2dF32Parameters, Conv2dI8Parameters, DepthwiseF32Parameters, DepthwiseI8Parameters,
    FullyConnectedF32Parameters, FullyConnectedI8Parameters, FullyConnectedLitertI8Parameters,
    TransposeConvF32Parameters, TransposeConvI8Parameters, WeightsF32, WeightsI8,
};
pub use window::{QuantizedRange, WindowParameters};
