//! Elementwise operators of one and two inputs, and softmax.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::{activation, no_options};
use crate::report::Blocker;
use mote_graph::{Activation, BinaryKind, ElementType, Operator, TensorId, UnaryKind};

/// The shape two shapes broadcast to, as in numpy; none when they do not.
fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    // Axes are aligned at the end; missing ones have extent 1.
    let extent = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).and_then(|at| shape.get(at).copied()).unwrap_or(1)
    };
    (0..rank)
        .map(|axis| match (extent(a, axis), extent(b, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}

fn binary_operands(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome<[TensorId; 3]> {
    let (a, b) = (importer.input(site, 0)?, importer.input(site, 1)?);
    let y = importer.output(site, 0)?;
    importer.compute_type_or_int16(&[a, b, y])?;
    let (left, right) = (&importer.get(a).shape, &importer.get(b).shape);
    let shape = broadcast(left, right)
        .ok_or_else(|| Blocker::malformed(format!("shapes {left:?} and {right:?} do not broadcast")))?;
    importer.expect_shape(y, &shape)?;
    Ok([a, b, y])
}

fn binary(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, kind: BinaryKind, activation: Activation) -> Outcome {
    let [a, b, y] = binary_operands(importer, site)?;
    importer.push(site, Operator::Binary { kind, activation }, vec![a, b], vec![y])
}

/// Options that are absent mean no activation, in every reader of the format.
macro_rules! arithmetic {
    ($name:ident, $options:ident, $kind:expr) => {
        pub(super) fn $name(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
            let stored = site.raw.$options().map(|options| options.fused_activation_function());
            let activation = stored.map_or(Ok(Activation::None), activation)?;
            binary(importer, site, $kind, activation)
        }
    };
}

arithmetic!(add, builtin_options_as_add_options, BinaryKind::Add);
arithmetic!(subtract, builtin_options_as_sub_options, BinaryKind::Subtract);
arithmetic!(multiply, builtin_options_as_mul_options, BinaryKind::Multiply);

/// Stored values are compared, so all three tensors must share one quantisation.
fn extremum(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, kind: BinaryKind) -> Outcome {
    let operands = binary_operands(importer, site)?;
    importer.same_quantization(&operands)?;
    let [a, b, y] = operands;
    importer.push(site, Operator::Binary { kind, activation: Activation::None }, vec![a, b], vec![y])
}

pub(super) fn maximum(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    extremum(importer, site, BinaryKind::Maximum)
}

pub(super) fn minimum(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    extremum(importer, site, BinaryKind::Minimum)
}

fn unary_operands(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome<(TensorId, TensorId)> {
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.compute_type_or_int16(&[x, y])?;
    importer.expect_shape(y, &importer.get(x).shape.clone())?;
    Ok((x, y))
}

fn unary(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, kind: UnaryKind) -> Outcome {
    let (x, y) = unary_operands(importer, site)?;
    importer.push(site, Operator::Unary(kind), vec![x], vec![y])
}

/// Scale that the specification fixes for int16 outputs of bounded functions.
const UNIT_SCALE_I16: f32 = 1.0 / 32768.0;
/// Part of it by which the scale in a file may differ.
const UNIT_SCALE_TOLERANCE: f32 = 0.001;

/// The quantisation specification fixes the output of bounded functions; kernels compute in those units. `scale` and
/// `zero_point` are those of int8.
fn fixed_output(importer: &Importer<'_, '_>, y: TensorId, scale: f32, zero_point: i32) -> Outcome {
    let tensor = importer.get(y);
    let (scale, zero_point, tolerance) = match tensor.element_type {
        ElementType::I16 => (UNIT_SCALE_I16, 0, UNIT_SCALE_TOLERANCE),
        _ => (scale, zero_point, 0.0),
    };
    match &tensor.quantization {
        Some(quantization) if matches!(tensor.element_type, ElementType::I8 | ElementType::I16) => {
            let found = (quantization.scales.first().copied().unwrap_or(0.0), quantization.zero_point());
            if (found.0 - scale).abs() <= tolerance * scale && found.1 == zero_point {
                return Ok(());
            }
            let reason = format!(
                "output scale {} and zero point {}, the {} specification fixes {scale} and {zero_point}",
                found.0,
                found.1,
                tensor.element_type.name()
            );
            Err(Blocker::new(reason, "quantise again with a converter that keeps to it").of(tensor.name.clone()).into())
        }
        _ => Ok(()),
    }
}

pub(super) fn relu(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    unary(importer, site, UnaryKind::Relu)
}

/// Clamps stored values (no rescaling), so input and output must share one quantisation.
pub(super) fn relu6(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = unary_operands(importer, site)?;
    importer.same_quantization(&[x, y])?;
    importer.push(site, Operator::Unary(UnaryKind::Relu6), vec![x], vec![y])
}

pub(super) fn hard_swish(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.compute_type(&[x, y])?;
    unary(importer, site, UnaryKind::HardSwish)
}

pub(super) fn leaky_relu(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let alpha = site.raw.builtin_options_as_leaky_relu_options().ok_or_else(no_options)?.alpha();
    if !alpha.is_finite() {
        return Err(Blocker::malformed(format!("slope {alpha}")).into());
    }
    unary(importer, site, UnaryKind::LeakyRelu { alpha })
}

pub(super) fn logistic(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = unary_operands(importer, site)?;
    fixed_output(importer, y, 1.0 / 256.0, -128)?;
    importer.push(site, Operator::Unary(UnaryKind::Logistic), vec![x], vec![y])
}

pub(super) fn tanh(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = unary_operands(importer, site)?;
    fixed_output(importer, y, 1.0 / 128.0, 0)?;
    importer.push(site, Operator::Unary(UnaryKind::Tanh), vec![x], vec![y])
}

pub(super) fn softmax(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let beta = site.raw.builtin_options_as_softmax_options().ok_or_else(no_options)?.beta();
    if !(beta.is_finite() && beta > 0.0) {
        return Err(Blocker::malformed(format!("beta {beta} is not a finite number above 0")).into());
    }
    let (x, y) = unary_operands(importer, site)?;
    if importer.get(x).shape.is_empty() {
        return Err(Blocker::malformed("softmax of a scalar").into());
    }
    fixed_output(importer, y, 1.0 / 256.0, -128)?;
    importer.push(site, Operator::Softmax { beta }, vec![x], vec![y])
}

#[cfg(test)]
mod tests {
    use super::broadcast;

    #[test]
    fn broadcast_follows_numpy() {
        assert_eq!(broadcast(&[2, 3], &[2, 3]), Some(vec![2, 3]));
        assert_eq!(broadcast(&[2, 3], &[3]), Some(vec![2, 3]));
        assert_eq!(broadcast(&[], &[4, 1]), Some(vec![4, 1]));
        assert_eq!(broadcast(&[5, 1, 3], &[4, 1]), Some(vec![5, 4, 3]));
        assert_eq!(broadcast(&[2], &[3]), None);
        assert_eq!(broadcast(&[], &[]), Some(vec![]));
    }
}
