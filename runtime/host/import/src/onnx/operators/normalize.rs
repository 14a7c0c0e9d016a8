//! Normalisations.

use crate::importer::Outcome;
use crate::onnx::affine::{Affine, fold_into_producer};
use crate::onnx::constant::Constant;
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::report::Blocker;
use mote_graph::{BinaryKind, ReduceKind, UnaryKind};

/// BatchNormalization at inference: a scale and a shift of each channel, folded into the weights before it where there
/// are some.
pub(super) fn batch<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    if site.flag("training_mode", false)? {
        let fix = "export the model in inference mode (eval)";
        return Err(Blocker::new("batch normalisation in training mode", fix).into());
    }
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    let channels = if rank < 2 { 1 } else { x.shape()[1] };
    let mut parameters = Vec::with_capacity(4);
    for (position, role) in ["scale", "bias", "mean", "variance"].into_iter().enumerate() {
        let constant = importer.constant(site, position + 1, role)?;
        let list = constant.f32s().filter(|list| list.len() == channels);
        let unfit = || Blocker::malformed(format!("{role} {:?} for {channels} channels", constant.shape));
        parameters.push(list.ok_or_else(unfit)?.into_iter().map(f64::from).collect::<Vec<f64>>());
    }
    let epsilon = f64::from(site.float_or("epsilon", 1e-5)?);
    let scale: Vec<f64> = (0..channels).map(|c| parameters[0][c] / (parameters[3][c] + epsilon).sqrt()).collect();
    let shift: Vec<f64> = (0..channels).map(|c| parameters[1][c] - parameters[2][c] * scale[c]).collect();
    let mut shape = vec![1; rank.max(1)];
    if rank >= 2 {
        shape[1] = channels;
    }
    let constant = |values: Vec<f64>| Constant::floats(shape.clone(), values.into_iter().map(|v| v as f32).collect());
    let (scale, shift) = (constant(scale), constant(shift));
    if let Value::Computed(view) = &x {
        let affine = Affine { scale: Some(scale.clone()), shift: Some(shift.clone()) };
        if let Some(folded) = fold_into_producer(importer, site, view, &affine)? {
            return importer.define_view(site, folded);
        }
    }
    let scaled = importer.binary(site, BinaryKind::Multiply, &x, &Value::Constant(scale))?;
    let y = importer.binary(site, BinaryKind::Add, &scaled, &Value::Constant(shift))?;
    importer.define(site, 0, y)
}

/// (x − mean) ÷ √(variance + epsilon) over `axes`, with the mean and 1 ÷ the deviation.
fn standardised<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &Value,
    axes: &[usize],
    epsilon: f32,
) -> Outcome<[Value; 3]> {
    let Value::Computed(view) = x else {
        return Err(Blocker::new("normalises a constant", "fold it in the model's writer").into());
    };
    let mean = Value::Computed(importer.reduce(site, ReduceKind::Mean, view, axes, true)?);
    let centred = importer.binary(site, BinaryKind::Subtract, x, &mean)?;
    let squares = importer.binary(site, BinaryKind::Multiply, &centred, &centred)?;
    let Value::Computed(squares) = squares else { return Err(Blocker::malformed("no values to normalise").into()) };
    let variance = Value::Computed(importer.reduce(site, ReduceKind::Mean, &squares, axes, true)?);
    let variance = importer.binary(site, BinaryKind::Add, &variance, &Importer::scalar(epsilon))?;
    let inverse = importer.unary(site, UnaryKind::Rsqrt, &variance)?;
    let y = importer.binary(site, BinaryKind::Multiply, &centred, &inverse)?;
    Ok([y, mean, inverse])
}

pub(super) fn layer<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    let axis = site.axis(site.int_or("axis", -1)?, rank)?;
    let axes: Vec<usize> = (axis..rank).collect();
    let [mut y, mean, inverse] = standardised(importer, site, &x, &axes, site.float_or("epsilon", 1e-5)?)?;
    for (position, kind) in [(1, BinaryKind::Multiply), (2, BinaryKind::Add)] {
        if let Some(parameter) = importer.optional(site, position)? {
            y = importer.binary(site, kind, &y, &parameter)?;
        }
    }
    importer.define(site, 1, mean)?;
    importer.define(site, 2, inverse)?;
    importer.define(site, 0, y)
}

pub(super) fn instance<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    if rank < 3 {
        return Err(Blocker::malformed(format!("instance normalisation of rank {rank}")).into());
    }
    let axes: Vec<usize> = (2..rank).collect();
    let [mut y, ..] = standardised(importer, site, &x, &axes, site.float_or("epsilon", 1e-5)?)?;
    for (position, kind) in [(1, BinaryKind::Multiply), (2, BinaryKind::Add)] {
        let parameter = importer.constant(site, position, "scale or bias")?;
        let mut shape = vec![1; rank];
        shape[1] = parameter.len();
        let parameter = Value::Constant(parameter.reshaped(shape));
        y = importer.binary(site, kind, &y, &parameter)?;
    }
    importer.define(site, 0, y)
}
