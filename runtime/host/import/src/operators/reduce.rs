//! Reductions over axes.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::{axis, unsupported_type};
use crate::report::Blocker;
use mote_graph::{ElementType, Operator, ReduceKind};

/// `shape` without `axes`, or with them at extent 1.
fn reduced(shape: &[usize], axes: &[usize], keep: bool) -> Vec<usize> {
    let extents = shape.iter().enumerate();
    match keep {
        true => extents.map(|(axis, &extent)| if axes.contains(&axis) { 1 } else { extent }).collect(),
        false => extents.filter(|(axis, _)| !axes.contains(axis)).map(|(_, &extent)| extent).collect(),
    }
}

pub(super) fn mean(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    reduce(importer, site, ReduceKind::Mean)
}

pub(super) fn sum(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    reduce(importer, site, ReduceKind::Sum)
}

fn reduce(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, kind: ReduceKind) -> Outcome {
    let keep = site.raw.builtin_options_as_reducer_options().is_some_and(|options| options.keep_dims());
    let stored = importer.argument(site, 1, "axes")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.compute_type(&[x, y])?;
    let shape = importer.get(x).shape.clone();
    let mut axes = stored.iter().map(|&value| axis(value, shape.len())).collect::<Outcome<Vec<_>>>()?;
    axes.sort_unstable();
    axes.dedup();
    if axes.is_empty() {
        return Err(Blocker::new("reduction over no axes", "remove the operator").into());
    }
    importer.expect_shape(y, &reduced(&shape, &axes, keep))?;
    importer.push(site, Operator::Reduce { kind, axes }, vec![x], vec![y])
}

pub(super) fn arg_max(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let stored = importer.argument_scalar(site, 1, "axis")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    let (input, output) = (importer.get(x), importer.get(y));
    if !matches!(input.element_type, ElementType::I8 | ElementType::F32) {
        return Err(unsupported_type(input).into());
    }
    if output.element_type != ElementType::I32 {
        let reason = format!("indices as {}", output.element_type.name());
        return Err(Blocker::new(reason, "use output_type int32").of(output.name.clone()).into());
    }
    let shape = input.shape.clone();
    let axis = axis(stored, shape.len())?;
    importer.expect_shape(y, &reduced(&shape, &[axis], false))?;
    importer.push(site, Operator::ArgMax { axis }, vec![x], vec![y])
}

#[cfg(test)]
mod tests {
    use super::reduced;

    #[test]
    fn kept_and_dropped_axes() {
        assert_eq!(reduced(&[2, 3, 4], &[1], true), [2, 1, 4]);
        assert_eq!(reduced(&[2, 3, 4], &[0, 2], false), [3]);
        assert_eq!(reduced(&[2], &[0], false), [0usize; 0]);
    }
}
