//! Operators that join tensors and take them apart.

use super::shape::{fold, folded_pack};
use crate::importer::{Importer, Outcome, Site};
use crate::operands::{axis, no_options};
use crate::report::Blocker;
use crate::schema::ActivationFunctionType;
use mote_graph::{Activation, Operator, TensorId};

/// `shape` with the extent of one axis replaced.
fn with_extent(shape: &[usize], axis: usize, extent: usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    if let Some(slot) = shape.get_mut(axis) {
        *slot = extent;
    }
    shape
}

fn extent(importer: &Importer<'_, '_>, id: TensorId, axis: usize) -> usize {
    importer.get(id).shape.get(axis).copied().unwrap_or(0)
}

pub(super) fn concatenation(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_concatenation_options().ok_or_else(no_options)?;
    if options.fused_activation_function() != ActivationFunctionType::NONE {
        let fix = "make the activation an operator of its own";
        return Err(Blocker::new("fused activation on CONCATENATION", fix).into());
    }
    let inputs = importer.all_inputs(site)?;
    let y = importer.output(site, 0)?;
    let all: Vec<TensorId> = inputs.iter().copied().chain([y]).collect();
    importer.moved_type(&all)?;
    let shape = importer.get(y).shape.clone();
    let axis = axis(i64::from(options.axis()), shape.len())?;
    let mut total = 0usize;
    for &id in &inputs {
        let part = extent(importer, id, axis);
        importer.expect_shape(id, &with_extent(&shape, axis, part))?;
        total = total.saturating_add(part);
    }
    importer.expect_shape(y, &with_extent(&shape, axis, total))?;
    importer.push(site, Operator::Concatenate { axis, activation: Activation::None }, inputs, vec![y])
}

/// Inputs in the file: axis, x.
pub(super) fn split(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let stored = importer.argument_scalar(site, 0, "axis")?;
    let x = importer.input(site, 1)?;
    let axis = axis(stored, importer.get(x).shape.len())?;
    let (whole, parts) = (extent(importer, x, axis), site.outputs.len());
    if let Some(options) = site.raw.builtin_options_as_split_options()
        && usize::try_from(options.num_splits()) != Ok(parts)
    {
        return Err(Blocker::malformed(format!("{} splits into {parts} outputs", options.num_splits())).into());
    }
    if whole % parts != 0 {
        return Err(Blocker::malformed(format!("extent {whole} does not split into {parts} equal parts")).into());
    }
    split_into(importer, site, x, axis, &vec![whole / parts; parts])
}

/// Inputs in the file: x, sizes, axis.
pub(super) fn split_v(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let sizes = importer.argument(site, 1, "sizes")?;
    let stored = importer.argument_scalar(site, 2, "axis")?;
    let x = importer.input(site, 0)?;
    let axis = axis(stored, importer.get(x).shape.len())?;
    let whole = extent(importer, x, axis);
    let parts = part_sizes(&sizes, whole)
        .filter(|parts| parts.len() == site.outputs.len())
        .ok_or_else(|| Blocker::malformed(format!("sizes {sizes:?} of an extent of {whole}")))?;
    split_into(importer, site, x, axis, &parts)
}

/// Sizes of the parts of `whole`; one may be −1, the rest. None when they do not add up.
fn part_sizes(sizes: &[i64], whole: usize) -> Option<Vec<usize>> {
    let given = sizes.iter().filter(|&&size| size >= 0);
    let sum = given.map(|&size| size as usize).try_fold(0usize, usize::checked_add)?;
    let rest = whole.checked_sub(sum)?;
    let unknown = sizes.iter().filter(|&&size| size < 0).count();
    if unknown > 1 || (unknown == 0 && rest != 0) || sizes.iter().any(|&size| size < -1) {
        return None;
    }
    Some(sizes.iter().map(|&size| usize::try_from(size).unwrap_or(rest)).collect())
}

fn split_into(
    importer: &mut Importer<'_, '_>,
    site: &Site<'_, '_>,
    x: TensorId,
    axis: usize,
    parts: &[usize],
) -> Outcome {
    let outputs = importer.all_outputs(site)?;
    let all: Vec<TensorId> = outputs.iter().copied().chain([x]).collect();
    importer.moved_type(&all)?;
    let shape = importer.get(x).shape.clone();
    for (&id, &part) in outputs.iter().zip(parts) {
        importer.expect_shape(id, &with_extent(&shape, axis, part))?;
    }
    importer.push(site, Operator::Split { axis }, vec![x], outputs)
}

/// `shape` with an axis of `extent` put in before `axis`.
fn with_axis(shape: &[usize], axis: usize, extent: usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    shape.insert(axis.min(shape.len()), extent);
    shape
}

pub(super) fn pack(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    if let Some(values) = folded_pack(importer, site) {
        return fold(importer, site, &values);
    }
    let options = site.raw.builtin_options_as_pack_options().ok_or_else(no_options)?;
    let inputs = importer.all_inputs(site)?;
    if usize::try_from(options.values_count()) != Ok(inputs.len()) {
        let reason = format!("{} values announced, {} given", options.values_count(), inputs.len());
        return Err(Blocker::malformed(reason).into());
    }
    let y = importer.output(site, 0)?;
    let all: Vec<TensorId> = inputs.iter().copied().chain([y]).collect();
    importer.moved_type(&all)?;
    let shape = inputs.first().map(|&id| importer.get(id).shape.clone()).unwrap_or_default();
    for &id in &inputs {
        importer.expect_shape(id, &shape)?;
    }
    let axis = axis(i64::from(options.axis()), shape.len() + 1)?;
    importer.expect_shape(y, &with_axis(&shape, axis, inputs.len()))?;
    importer.push(site, Operator::Pack { axis }, inputs, vec![y])
}

pub(super) fn unpack(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_unpack_options().ok_or_else(no_options)?;
    let x = importer.input(site, 0)?;
    let outputs = importer.all_outputs(site)?;
    let all: Vec<TensorId> = outputs.iter().copied().chain([x]).collect();
    importer.moved_type(&all)?;
    let mut shape = importer.get(x).shape.clone();
    let axis = axis(i64::from(options.axis()), shape.len())?;
    let count = shape.remove(axis);
    if count != outputs.len() || usize::try_from(options.num()) != Ok(count) {
        let reason = format!("extent {count}, {} announced, {} outputs", options.num(), outputs.len());
        return Err(Blocker::malformed(reason).into());
    }
    for &id in &outputs {
        importer.expect_shape(id, &shape)?;
    }
    importer.push(site, Operator::Unpack { axis }, vec![x], outputs)
}

#[cfg(test)]
mod tests {
    use super::part_sizes;

    #[test]
    fn one_part_may_be_the_rest() {
        assert_eq!(part_sizes(&[2, -1, 3], 10), Some(vec![2, 5, 3]));
        assert_eq!(part_sizes(&[4, 6], 10), Some(vec![4, 6]));
        assert_eq!(part_sizes(&[4, 5], 10), None);
        assert_eq!(part_sizes(&[4, 7], 10), None);
        assert_eq!(part_sizes(&[-1, -1], 10), None);
        assert_eq!(part_sizes(&[-2, 10], 10), None);
        assert_eq!(part_sizes(&[i64::MAX, i64::MAX, i64::MAX], 10), None);
    }
}
