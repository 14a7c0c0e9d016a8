//! SLICE and STRIDED_SLICE, normalised to begin, extent and step per axis.

use super::shape::{fold, folded};
use crate::importer::{Importer, Outcome, Site};
use crate::operands::no_options;
use crate::report::Blocker;
use mote_graph::Operator;

pub(super) fn slice(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let stored_begins = importer.argument(site, 1, "begin")?;
    let sizes = importer.argument(site, 2, "size")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.moved_type(&[x, y])?;
    let shape = &importer.get(x).shape;
    let (begins, extents) = whole_steps(shape, &stored_begins, &sizes).ok_or_else(|| {
        Blocker::malformed(format!("slice of begin {stored_begins:?} and size {sizes:?} leaves the shape {shape:?}"))
    })?;
    importer.expect_shape(y, &extents)?;
    let steps = vec![1; extents.len()];
    importer.push(site, Operator::StridedSlice { begins, extents, steps }, vec![x], vec![y])
}

/// Begins and extents of SLICE; a size of −1 takes the rest. None when an axis is missing or the slice leaves it.
fn whole_steps(shape: &[usize], begins: &[i64], sizes: &[i64]) -> Option<(Vec<usize>, Vec<usize>)> {
    if begins.len() != shape.len() || sizes.len() != shape.len() {
        return None;
    }
    let axes = shape.iter().zip(begins.iter().zip(sizes));
    let axes = axes.map(|(&extent, (&begin, &size))| {
        let begin = usize::try_from(begin).ok()?;
        let rest = extent.checked_sub(begin)?;
        let size = if size == -1 { rest } else { usize::try_from(size).ok()? };
        (size >= 1 && size <= rest).then_some((begin, size))
    });
    axes.collect()
}

impl AxisSlice {
    /// The elements taken of a list.
    fn of(&self, values: &[i64]) -> Option<Vec<i64>> {
        let at = |index: usize| {
            let index = self.begin as isize + index as isize * self.step;
            usize::try_from(index).ok().and_then(|index| values.get(index).copied())
        };
        (0..self.extent).map(at).collect()
    }
}

/// STRIDED_SLICE as stored.
struct Stored<'v> {
    begins: &'v [i64],
    ends: &'v [i64],
    steps: &'v [i64],
    begin_mask: i32,
    end_mask: i32,
    shrink_mask: i32,
}

/// A slice of one axis.
#[derive(Debug, PartialEq)]
struct AxisSlice {
    begin: usize,
    extent: usize,
    step: isize,
    /// The axis is dropped from the output.
    shrunk: bool,
}

impl Stored<'_> {
    /// Slice of `axis`; axes beyond the stored lists are taken whole. None when it is empty or contradictory.
    ///
    /// As TFLite defines it: negative positions count from the end, positions are clamped to the axis, a masked begin
    /// or end is the first or last in the step's direction, and a shrunk axis takes the single element at begin.
    fn axis(&self, axis: usize, extent: usize) -> Option<AxisSlice> {
        let (Some(&begin), Some(&end), Some(&step)) =
            (self.begins.get(axis), self.ends.get(axis), self.steps.get(axis))
        else {
            return Some(AxisSlice { begin: 0, extent, step: 1, shrunk: false });
        };
        let masked = |mask: i32| 1i32.checked_shl(axis as u32).is_some_and(|bit| mask & bit != 0);
        let length = i64::try_from(extent).ok()?;
        let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let from_end = |position: i64| if position < 0 { position.saturating_add(length) } else { position };
        let begin = match (masked(self.begin_mask), step > 0) {
            (true, true) => 0,
            (true, false) => length - 1,
            (false, _) => from_end(begin).clamp(low, high),
        };
        if masked(self.shrink_mask) {
            let begin = usize::try_from(begin).ok().filter(|&begin| begin < extent && step > 0)?;
            return Some(AxisSlice { begin, extent: 1, step: 1, shrunk: true });
        }
        let end = match (masked(self.end_mask), step > 0) {
            (true, true) => length,
            (true, false) => -1,
            (false, _) => from_end(end).clamp(low, high),
        };
        let distance = if step > 0 { end - begin } else { begin - end };
        let step = i32::try_from(step).ok().filter(|&step| step != 0)? as isize;
        let taken = usize::try_from(distance).ok()?.div_ceil(step.unsigned_abs());
        let begin = usize::try_from(begin).ok()?;
        (taken > 0).then_some(AxisSlice { begin, extent: taken, step, shrunk: false })
    }
}

pub(super) fn strided_slice(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_strided_slice_options().ok_or_else(no_options)?;
    for (mask, name) in [(options.ellipsis_mask(), "ellipsis_mask"), (options.new_axis_mask(), "new_axis_mask")] {
        if mask != 0 {
            let fix = "slice with one begin and end per axis; add axes with RESHAPE or EXPAND_DIMS";
            return Err(Blocker::new(format!("{name} {mask} of STRIDED_SLICE is not supported"), fix).into());
        }
    }
    let begins = importer.argument(site, 1, "begin")?;
    let ends = importer.argument(site, 2, "end")?;
    let steps = importer.argument(site, 3, "strides")?;
    let stored = Stored {
        begins: &begins,
        ends: &ends,
        steps: &steps,
        begin_mask: options.begin_mask(),
        end_mask: options.end_mask(),
        shrink_mask: options.shrink_axis_mask(),
    };
    if let Some(values) = folded(importer, site.inputs.first().copied().flatten()) {
        let taken = stored.axis(0, values.len()).and_then(|slice| slice.of(&values));
        let taken = taken.ok_or_else(|| Blocker::malformed(format!("slice of {values:?} takes nothing")))?;
        return fold(importer, site, &taken);
    }
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.moved_type(&[x, y])?;
    let shape = &importer.get(x).shape;
    let malformed = || {
        let reason = format!(
            "slice of begin {begins:?}, end {ends:?}, strides {steps:?} takes nothing from the shape {shape:?}"
        );
        Blocker::malformed(reason)
    };
    if begins.len() > shape.len() || ends.len() != begins.len() || steps.len() != begins.len() {
        return Err(malformed().into());
    }
    let axes = shape.iter().enumerate().map(|(axis, &extent)| stored.axis(axis, extent));
    let axes: Vec<AxisSlice> = axes.collect::<Option<_>>().ok_or_else(malformed)?;
    let expected: Vec<usize> = axes.iter().filter(|axis| !axis.shrunk).map(|axis| axis.extent).collect();
    importer.expect_shape(y, &expected)?;
    let operator = Operator::StridedSlice {
        begins: axes.iter().map(|axis| axis.begin).collect(),
        extents: axes.iter().map(|axis| axis.extent).collect(),
        steps: axes.iter().map(|axis| axis.step).collect(),
    };
    importer.push(site, operator, vec![x], vec![y])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sliced(begin: i64, end: i64, step: i64, masks: [i32; 3], extent: usize) -> Option<(usize, usize, isize)> {
        let [begin_mask, end_mask, shrink_mask] = masks;
        let (begins, ends, steps) = ([begin], [end], [step]);
        let stored = Stored { begins: &begins, ends: &ends, steps: &steps, begin_mask, end_mask, shrink_mask };
        stored.axis(0, extent).map(|slice| (slice.begin, slice.extent, slice.step))
    }

    /// Python's slices, element by element.
    #[test]
    fn agrees_with_python_indexing() {
        for extent in 1..6i64 {
            for begin in -7..8 {
                for end in -7..8 {
                    for step in [-3, -2, -1, 1, 2, 3] {
                        let (low, high) = if step > 0 { (0, extent) } else { (-1, extent - 1) };
                        let wrap = |p: i64| (if p < 0 { p + extent } else { p }).clamp(low, high);
                        let (mut at, stop) = (wrap(begin), wrap(end));
                        let mut taken = Vec::new();
                        while (step > 0 && at < stop) || (step < 0 && at > stop) {
                            taken.push(at);
                            at += step;
                        }
                        let found = sliced(begin, end, step, [0; 3], extent as usize);
                        let listed = found.map(|(begin, count, step)| {
                            (0..count as i64).map(|i| begin as i64 + i * step as i64).collect::<Vec<_>>()
                        });
                        assert_eq!(listed.unwrap_or_default(), taken, "[{begin}:{end}:{step}] of {extent}");
                    }
                }
            }
        }
    }

    #[test]
    fn masks_open_the_range_in_the_direction_of_the_step() {
        assert_eq!(sliced(3, 1, 1, [1, 1, 0], 5), Some((0, 5, 1)));
        assert_eq!(sliced(0, 0, -2, [1, 1, 0], 5), Some((4, 3, -2)));
        assert_eq!(sliced(2, 0, 1, [0, 1, 0], 5), Some((2, 3, 1)));
    }

    #[test]
    fn a_shrunk_axis_takes_one_element() {
        assert_eq!(sliced(-1, 0, 1, [0, 0, 1], 5), Some((4, 1, 1)));
        assert_eq!(sliced(5, 6, 1, [0, 0, 1], 5), None);
        assert_eq!(sliced(1, 0, -1, [0, 0, 1], 5), None);
    }

    #[test]
    fn extreme_numbers_are_clamped_or_refused() {
        assert_eq!(sliced(i64::MIN, i64::MAX, 1, [0; 3], 5), Some((0, 5, 1)));
        assert_eq!(sliced(i64::MAX, i64::MIN, -1, [0; 3], 5), Some((4, 5, -1)));
        assert_eq!(sliced(0, 5, 0, [0; 3], 5), None);
        assert_eq!(sliced(0, 5, i64::MIN, [0; 3], 5), None);
        assert_eq!(sliced(0, 5, i64::MAX, [0; 3], 5), None);
    }

    #[test]
    fn slice_sizes() {
        assert_eq!(whole_steps(&[4, 5], &[1, 2], &[-1, 2]), Some((vec![1, 2], vec![3, 2])));
        assert_eq!(whole_steps(&[4], &[2], &[3]), None);
        assert_eq!(whole_steps(&[4], &[4], &[-1]), None);
        assert_eq!(whole_steps(&[4], &[-1], &[1]), None);
        assert_eq!(whole_steps(&[4, 4], &[0], &[1]), None);
    }
}
