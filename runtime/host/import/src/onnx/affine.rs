//! Scales and shifts of channels, folded into the weights of the operator before them.

use super::constant::Constant;
use super::importer::Importer;
use super::node::Site;
use super::view::View;
use crate::importer::Outcome;
use mote_graph::{Activation, Operator, Quantization, Tensor, TensorId};
use std::sync::Arc;

/// x × scale + shift; each constant broadcasts to x.
pub(crate) struct Affine {
    pub scale: Option<Constant>,
    pub shift: Option<Constant>,
}

impl Affine {
    pub fn scale(scale: &Constant) -> Self {
        Self { scale: Some(scale.clone()), shift: None }
    }

    pub fn shift(shift: &Constant) -> Self {
        Self { scale: None, shift: Some(shift.clone()) }
    }
}

/// Folds `affine` into the float operator with weights that makes `x`, when nothing else reads `x`. Gives what stands
/// for the result; none when it does not fold.
pub(crate) fn fold_into_producer<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &View,
    affine: &Affine,
) -> Outcome<Option<View>> {
    let Some(index) = weighted_producer(importer, x.tensor) else { return Ok(None) };
    let node = &importer.graph.nodes[index];
    let channel_axis = if matches!(node.operator, Operator::DepthwiseConv2d { .. }) { 3 } else { 0 };
    let weights = importer.get(node.inputs[1]).clone();
    let bias = node.inputs.get(2).map(|&id| importer.get(id).clone());
    let Some(&channels) = weights.shape.get(channel_axis) else { return Ok(None) };
    let factors = |constant: &Option<Constant>, neutral: f32| match constant {
        None => Some(vec![neutral; channels]),
        Some(constant) => per_channel(constant, x, channels),
    };
    let (Some(scale), Some(shift)) = (factors(&affine.scale, 1.0), factors(&affine.shift, 0.0)) else {
        return Ok(None);
    };
    let Some(mut values) = weights.f32_data() else { return Ok(None) };
    let inner: usize = weights.shape.iter().skip(channel_axis + 1).product();
    if affine.scale.is_some() {
        for (at, value) in values.iter_mut().enumerate() {
            *value = (f64::from(*value) * f64::from(scale[at / inner.max(1) % channels])) as f32;
        }
    }
    let old = bias.as_ref().and_then(Tensor::f32_data).unwrap_or_else(|| vec![0.0; channels]);
    let sums = old.iter().zip(&scale).zip(&shift);
    let biases: Vec<f32> =
        sums.map(|((&b, &scale), &shift)| (f64::from(b) * f64::from(scale) + f64::from(shift)) as f32).collect();
    let name = site.output_name(0).unwrap_or_default();
    let quantization = weights.quantization.as_ref().and_then(|stored| scaled(stored, &scale, channel_axis));
    let weights = importer.add_tensor(Tensor { data: Some(bytes(&values)), quantization, ..weights });
    let bias_tensor = bias.map_or_else(
        || Constant::floats(vec![channels], biases.clone()).to_tensor(&format!("{name} bias")),
        |bias| Ok(Tensor { data: Some(bytes(&biases)), ..bias }),
    )?;
    let bias = importer.add_tensor(bias_tensor);
    let node = &mut importer.graph.nodes[index];
    node.inputs = vec![node.inputs[0], weights, bias];
    importer.graph.tensors[x.tensor].name = name.into();
    Ok(Some(x.clone()))
}

/// Fuses an activation into the operator that makes `x`, when nothing else reads `x`; false when it cannot have one.
pub(crate) fn fuse_activation<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &View,
    wanted: Activation,
) -> bool {
    let Some(index) = importer.sole_producer(x.tensor) else { return false };
    match &mut importer.graph.nodes[index].operator {
        Operator::Conv2d { activation, .. }
        | Operator::DepthwiseConv2d { activation, .. }
        | Operator::FullyConnected { activation }
        | Operator::TransposeConv2d { activation, .. }
        | Operator::Binary {
            activation,
            kind: mote_graph::BinaryKind::Add | mote_graph::BinaryKind::Subtract | mote_graph::BinaryKind::Multiply,
        } if *activation == Activation::None => *activation = wanted,
        _ => return false,
    }
    importer.graph.tensors[x.tensor].name = site.output_name(0).unwrap_or_default().into();
    true
}

/// The node with constant float weights and no activation that makes `tensor`, which nothing else reads.
fn weighted_producer(importer: &Importer<'_>, tensor: TensorId) -> Option<usize> {
    let index = importer.sole_producer(tensor)?;
    let node = &importer.graph.nodes[index];
    let plain = matches!(
        node.operator,
        Operator::Conv2d { activation: Activation::None, .. }
            | Operator::DepthwiseConv2d { activation: Activation::None, .. }
            | Operator::FullyConnected { activation: Activation::None }
            | Operator::TransposeConv2d { activation: Activation::None, .. }
    );
    let constant = node.inputs.iter().skip(1).all(|&id| importer.get(id).f32_data().is_some());
    (plain && constant && node.inputs.len() >= 2).then_some(index)
}

/// How weights are stored after their channels were multiplied: the same numbers on other scales. None where a factor
/// is 0, or where scales and channels are of different axes.
fn scaled(stored: &Quantization, factors: &[f32], channel_axis: usize) -> Option<Quantization> {
    if !stored.is_per_tensor() && stored.axis != channel_axis {
        return None;
    }
    let scale = |(channel, factor): (usize, &f32)| (f64::from(stored.scale(channel)) * f64::from(factor.abs())) as f32;
    let scales: Vec<f32> = factors.iter().enumerate().map(scale).collect();
    let usable = scales.iter().all(|scale| scale.is_finite() && *scale > 0.0);
    let zero_points = vec![0; scales.len()];
    usable.then_some(Quantization { scales, zero_points, axis: channel_axis })
}

/// A constant as one number for each of the `channels` that `x` stores last; none when it varies otherwise.
fn per_channel(constant: &Constant, x: &View, channels: usize) -> Option<Vec<f32>> {
    let values = constant.f32s()?;
    let missing = x.shape.len().checked_sub(constant.shape.len())?;
    let wide: Vec<usize> = (0..constant.shape.len()).filter(|&axis| constant.shape[axis] != 1).collect();
    let axis = match wide.as_slice() {
        [] => return Some(vec![*values.first()?; channels]),
        [axis] => missing + axis,
        _ => return None,
    };
    if x.shape[axis] != channels || values.len() != channels || !x.stores_last(axis) {
        return None;
    }
    Some(x.stored_indices(axis).into_iter().map(|index| values[index]).collect())
}

/// Little-endian bytes.
pub(crate) fn bytes(values: &[f32]) -> mote_graph::TensorData {
    Arc::new(values.iter().flat_map(|value| value.to_le_bytes()).collect())
}
