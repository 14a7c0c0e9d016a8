//! Builds small graphs.

use mote_graph::{
    Activation, BinaryKind, ConvGeometry, ElementType, Graph, Node, Operator, Padding, PoolKind, Quantization, Tensor,
    TensorId,
};
use std::sync::Arc;
