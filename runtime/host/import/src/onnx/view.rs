//! A computed value: which graph tensor holds it, and how the source's axes lie in that tensor.
//!
//! ONNX is channels-first, the graph's spatial operators are channels-last. Rather than transposing around each of
//! them, a [`View`] remembers where each axis is stored. A Transpose of the source then only renames axes, a Flatten
//! only merges them, and a real transpose appears where an operator needs another order than the one at hand.

use super::constant::strides;
use mote_graph::TensorId;

/// A value computed at run time.
///
/// The tensor's elements, read as a row-major tensor whose axes are `order` over the axes `fine`, are the value: fine
/// axis `order[i]` is the stored axis i. Merging neighbours of `fine` (row-major) gives `shape`. The tensor's own
/// shape has as many elements and may group them otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// Holder of the elements.
    pub tensor: TensorId,
    /// Extents in the source; none is 0.
    pub shape: Vec<usize>,
    /// A refinement of `shape`: each of its extents is the product of a run of these.
    pub fine: Vec<usize>,
    /// Fine axes in the order they are stored.
    pub order: Vec<usize>,
}

impl View {
    /// A value stored as the source has it.
    pub fn plain(tensor: TensorId, shape: Vec<usize>) -> Self {
        let order = (0..shape.len()).collect();
        Self { tensor, fine: shape.clone(), shape, order }
    }

    /// A value whose stored axis i is the source's axis `order[i]`.
    pub fn ordered(tensor: TensorId, shape: Vec<usize>, order: Vec<usize>) -> Self {
        Self { tensor, fine: shape.clone(), shape, order }
    }

    /// The same arrangement in another tensor.
    pub fn with_tensor(&self, tensor: TensorId) -> Self {
        Self { tensor, ..self.clone() }
    }

    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Stored extents, axis by axis of `order`.
    pub fn stored(&self) -> Vec<usize> {
        self.order.iter().map(|&axis| self.fine[axis]).collect()
    }

    /// True when the elements lie as the source's row-major order has them.
    pub fn is_plain(&self) -> bool {
        let wide: Vec<usize> = self.order.iter().copied().filter(|&axis| self.fine[axis] > 1).collect();
        wide.is_sorted()
    }

    /// For each axis of `shape`, its run of fine axes.
    pub fn runs(&self) -> Vec<std::ops::Range<usize>> {
        runs(&self.shape, &self.fine)
    }

    /// Order of the source's axes as stored, where every axis is stored in one piece; none where a merged axis is torn.
    pub fn axis_order(&self) -> Option<Vec<usize>> {
        let runs = self.runs();
        let mut position = vec![0; self.fine.len()];
        for (stored, &axis) in self.order.iter().enumerate() {
            position[axis] = stored;
        }
        let mut firsts = Vec::with_capacity(runs.len());
        let wide: Vec<usize> = self.order.iter().copied().filter(|&axis| self.fine[axis] > 1).collect();
        for (axis, run) in runs.iter().enumerate() {
            let members: Vec<usize> = run.clone().filter(|&fine| self.fine[fine] > 1).collect();
            match members.first().and_then(|first| wide.iter().position(|fine| fine == first)) {
                Some(at) if wide.get(at..at + members.len()) != Some(&members[..]) => return None,
                _ => {}
            }
            let anchor = members.first().copied().or(run.clone().next());
            firsts.push((anchor.map_or(0, |fine| position[fine]), axis));
        }
        firsts.sort_unstable();
        Some(firsts.into_iter().map(|(_, axis)| axis).collect())
    }

    /// The value with its axes renamed: axis i of the result is axis `permutation[i]`.
    pub fn transposed(&self, permutation: &[usize]) -> Self {
        if self.shape.is_empty() {
            return self.clone();
        }
        let runs = self.runs();
        let moved: Vec<usize> = permutation.iter().flat_map(|&axis| runs[axis].clone()).collect();
        let mut place = vec![0; moved.len()];
        for (new, &old) in moved.iter().enumerate() {
            place[old] = new;
        }
        Self {
            tensor: self.tensor,
            shape: permutation.iter().map(|&axis| self.shape[axis]).collect(),
            fine: moved.iter().map(|&axis| self.fine[axis]).collect(),
            order: self.order.iter().map(|&axis| place[axis]).collect(),
        }
    }

    /// The value under another shape of as many elements, where no element has to move; none where one would.
    pub fn reshaped(&self, shape: &[usize]) -> Option<Self> {
        if self.is_plain() {
            return Some(Self::plain(self.tensor, shape.to_vec()));
        }
        // Cut every fine axis where the new shape has a boundary.
        let mut parts: Vec<Vec<usize>> = Vec::with_capacity(self.fine.len());
        let mut wanted = shape.iter().copied().filter(|&extent| extent > 1);
        let mut left = 1;
        for &extent in &self.fine {
            let (mut rest, mut cuts) = (extent, Vec::new());
            while rest > 1 {
                if left == 1 {
                    left = wanted.next()?;
                }
                let piece = if left <= rest { left } else { rest };
                if rest % piece != 0 || left % piece != 0 {
                    return None;
                }
                cuts.push(piece);
                (rest, left) = (rest / piece, left / piece);
            }
            parts.push(cuts);
        }
        let starts: Vec<usize> =
            parts.iter().scan(0, |at, cuts| Some(std::mem::replace(at, *at + cuts.len()))).collect();
        let order = self.order.iter().flat_map(|&axis| starts[axis]..starts[axis] + parts[axis].len()).collect();
        Some(Self { tensor: self.tensor, shape: shape.to_vec(), fine: parts.concat(), order })
    }

    /// True when what varies fastest in the stored elements is axis `axis`, all of it.
    pub fn stores_last(&self, axis: usize) -> bool {
        let run = self.runs()[axis].clone();
        let wide: Vec<usize> = self.order.iter().copied().filter(|&fine| self.fine[fine] > 1).collect();
        let members = wide.iter().filter(|fine| run.contains(fine)).count();
        wide[wide.len() - members..].iter().all(|fine| run.contains(fine))
    }

    /// For each position along axis `axis` in stored order, the source's index there.
    pub fn stored_indices(&self, axis: usize) -> Vec<usize> {
        let run = self.runs()[axis].clone();
        let extents: Vec<usize> = self.fine[run.clone()].to_vec();
        let steps = strides(&extents);
        let mut indices = vec![0];
        for &fine in self.order.iter().filter(|fine| run.contains(fine)) {
            let (extent, step) = (self.fine[fine], steps[fine - run.start]);
            indices = indices.iter().flat_map(|&base| (0..extent).map(move |index| base + index * step)).collect();
        }
        indices
    }
}

/// For each extent of `shape`, the run of `fine` whose product it is; trailing ones of `fine` join the last run.
pub(crate) fn runs(shape: &[usize], fine: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::with_capacity(shape.len());
    let mut at = 0;
    for (axis, &extent) in shape.iter().enumerate() {
        let start = at;
        let mut product = 1;
        while product < extent && at < fine.len() {
            product *= fine[at];
            at += 1;
        }
        // Axes of extent 1 belong to the axis of extent 1 they stand for, as far as there are enough of them.
        if extent == 1 && fine.get(at) == Some(&1) {
            at += 1;
        }
        if axis + 1 == shape.len() {
            at = fine.len();
        }
        out.push(start..at);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::View;

    fn channels_last() -> View {
        View::ordered(0, vec![1, 6, 4, 5], vec![0, 2, 3, 1])
    }

    #[test]
    fn transposing_renames_axes() {
        let there = channels_last().transposed(&[0, 2, 3, 1]);
        assert!(there.is_plain());
        assert_eq!(there.shape, [1, 4, 5, 6]);
        assert_eq!(there.transposed(&[0, 3, 1, 2]).axis_order(), Some(vec![0, 2, 3, 1]));
    }

    #[test]
    fn flattening_moves_nothing_and_is_undone() {
        let flat = channels_last().reshaped(&[1, 120]).unwrap();
        assert_eq!(flat.axis_order(), None);
        assert_eq!(flat.stored_indices(1)[..7], [0, 20, 40, 60, 80, 100, 1]);
        let again = flat.reshaped(&[1, 6, 4, 5]).unwrap();
        assert_eq!(again.axis_order(), Some(vec![0, 2, 3, 1]));
    }

    #[test]
    fn channels_shuffle_between_refined_axes() {
        let split = channels_last().reshaped(&[1, 2, 3, 4, 5]).unwrap();
        let swapped = split.transposed(&[0, 2, 1, 3, 4]).reshaped(&[1, 6, 4, 5]).unwrap();
        assert_eq!(swapped.axis_order(), None);
        assert_eq!(swapped.stored_indices(1), [0, 2, 4, 1, 3, 5]);
        assert!(channels_last().reshaped(&[1, 4, 6, 5]).is_none());
    }
}
