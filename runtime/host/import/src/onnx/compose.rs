//! Operators on values, with broadcasting across layouts: what operator functions build nodes from.
//!
//! Every function takes constants and views alike and folds what is constant.

use super::constant::{Constant, Elements};
use super::fold;
use super::importer::{Importer, Value};
use super::node::Site;
use super::view::View;
use crate::importer::Outcome;
use crate::report::Blocker;
use mote_graph::{
    Activation, BinaryKind, ConvGeometry, ElementType, Operator, PoolKind, ReduceKind, TensorId, UnaryKind,
};

/// Largest rank of elementwise operators with two different shapes.
const BROADCAST_RANK: usize = 4;

impl<'m> Importer<'m> {
    /// `kind` of every element.
    pub fn unary(&mut self, site: &Site<'_, 'm>, kind: UnaryKind, x: &Value) -> Outcome<Value> {
        match x {
            Value::Constant(constant) => {
                let values: Vec<f64> = constant.elements.to_f64().into_iter().map(|x| kind.value(x)).collect();
                let elements = constant.elements.like_from_f64(&values);
                Ok(Value::Constant(Constant::new(constant.shape.clone(), elements)))
            }
            Value::Computed(view) => {
                self.expect_arithmetic(view.tensor)?;
                let shape = self.get(view.tensor).shape.clone();
                let y = self.emit(site, Operator::Unary(kind), vec![view.tensor], shape)?;
                Ok(Value::Computed(view.with_tensor(y)))
            }
        }
    }

    /// `a kind b`, shapes broadcast as in numpy.
    pub fn binary(&mut self, site: &Site<'_, 'm>, kind: BinaryKind, a: &Value, b: &Value) -> Outcome<Value> {
        if let (Value::Constant(a), Value::Constant(b)) = (a, b) {
            return Ok(Value::Constant(fold::binary(self, fold::Arithmetic::from(kind), a, b)?));
        }
        let shape = broadcast_shape(a.shape(), b.shape())?;
        let operator = Operator::Binary { kind, activation: Activation::None };
        let (a, b) = (self.lifted(a, shape.len()), self.lifted(b, shape.len()));
        let (tensors, stored, layout) = self.meet(site, &a, &b, &shape)?;
        for &tensor in &tensors {
            self.expect_arithmetic(tensor)?;
        }
        let y = self.emit(site, operator, tensors.to_vec(), stored)?;
        Ok(Value::Computed(View { tensor: y, shape, ..layout }))
    }

    /// Tensors of two operands of one rank whose stored shapes broadcast, what they broadcast to, and the layout of that.
    fn meet(
        &mut self,
        site: &Site<'_, 'm>,
        a: &Value,
        b: &Value,
        shape: &[usize],
    ) -> Outcome<([TensorId; 2], Vec<usize>, View)> {
        let one = |value: &Value| value.shape().iter().all(|&extent| extent == 1);
        let at_hand = |importer: &Self, view: &View| importer.get(view.tensor).shape.clone();
        match (a, b) {
            (Value::Computed(view), other) if one(other) => {
                let other = self.single(site, other)?;
                return Ok(([view.tensor, other], at_hand(self, view), view.clone()));
            }
            (other, Value::Computed(view)) if one(other) => {
                let other = self.single(site, other)?;
                return Ok(([other, view.tensor], at_hand(self, view), view.clone()));
            }
            (Value::Computed(first), Value::Computed(second)) if same_arrangement(first, second) => {
                let stored = at_hand(self, first);
                let second = self.in_shape(site, second.tensor, stored.clone())?;
                return Ok(([first.tensor, second], stored, first.clone()));
            }
            _ => {}
        }
        let layout = common_layout(a, b, shape);
        let mut tensors = [self.laid_out(site, a, &layout)?, self.laid_out(site, b, &layout)?];
        let (shapes, stored) = merged(&tensors.map(|id| self.get(id).shape.clone()));
        if stored.len() > BROADCAST_RANK {
            let reason = format!("broadcasts over more than {BROADCAST_RANK} separate axes");
            return Err(Blocker::new(reason, "bring the operands to one shape").into());
        }
        for (tensor, shape) in tensors.iter_mut().zip(shapes) {
            *tensor = self.in_shape(site, *tensor, shape)?;
        }
        Ok((tensors, stored, layout))
    }

    /// A tensor of shape [1] for a value of one element.
    fn single(&mut self, site: &Site<'_, 'm>, value: &Value) -> Outcome<TensorId> {
        match value {
            Value::Computed(view) => self.in_shape(site, view.tensor, vec![1]),
            Value::Constant(constant) => {
                let tensor = constant.reshaped(vec![1]).to_tensor(site.output_name(0).unwrap_or_default())?;
                Ok(self.add_tensor(tensor))
            }
        }
    }

    /// Arithmetic is on float32 or quantised tensors only.
    fn expect_arithmetic(&self, tensor: TensorId) -> Outcome {
        let tensor = self.get(tensor);
        if tensor.element_type == ElementType::F32 || tensor.quantization.is_some() {
            return Ok(());
        }
        let reason = format!("arithmetic on computed {} values", tensor.element_type.name());
        Err(Blocker::new(reason, "compute with FLOAT").of(tensor.name.clone()).into())
    }

    /// The value with leading axes of extent 1 up to `rank`.
    fn lifted(&self, value: &Value, rank: usize) -> Value {
        let missing = rank.saturating_sub(value.shape().len());
        if missing == 0 {
            return value.clone();
        }
        let shape: Vec<usize> = std::iter::repeat_n(1, missing).chain(value.shape().iter().copied()).collect();
        match value {
            Value::Constant(constant) => Value::Constant(constant.reshaped(shape)),
            Value::Computed(view) => {
                let fine = std::iter::repeat_n(1, missing).chain(view.fine.iter().copied()).collect();
                let order = (0..missing).chain(view.order.iter().map(|axis| axis + missing)).collect();
                Value::Computed(View { tensor: view.tensor, shape, fine, order })
            }
        }
    }

    /// A tensor with the value's elements, its axes stored as `layout` has them.
    fn laid_out(&mut self, site: &Site<'_, 'm>, value: &Value, layout: &View) -> Outcome<TensorId> {
        match value {
            Value::Computed(view) => {
                if same_arrangement(view, layout) {
                    return self.in_shape(site, view.tensor, layout.stored());
                }
                let order = layout.axis_order().unwrap_or_else(|| (0..layout.shape.len()).collect());
                self.in_order(site, view, &order)
            }
            Value::Constant(constant) => {
                let mut fine = vec![1; layout.fine.len()];
                for (axis, run) in layout.runs().into_iter().enumerate() {
                    if constant.shape[axis] != 1 {
                        fine[run.clone()].copy_from_slice(&layout.fine[run]);
                    }
                }
                let stored = constant.reshaped(fine).transposed(&layout.order);
                let tensor = stored.to_tensor(site.output_name(0).unwrap_or_default())?;
                Ok(self.add_tensor(tensor))
            }
        }
    }

    /// Reduces `axes` (sorted, distinct). They stay with extent 1 when `keep` is set.
    pub fn reduce(
        &mut self,
        site: &Site<'_, 'm>,
        kind: ReduceKind,
        x: &View,
        axes: &[usize],
        keep: bool,
    ) -> Outcome<View> {
        self.expect_arithmetic(x.tensor)?;
        let (tensor, order) = self.axes_stored(site, x)?;
        let mut stored_axes: Vec<usize> =
            order.iter().enumerate().filter(|(_, axis)| axes.contains(axis)).map(|(stored, _)| stored).collect();
        stored_axes.sort_unstable();
        let reduced: Vec<usize> =
            order.iter().map(|axis| if axes.contains(axis) { 1 } else { x.shape[*axis] }).collect();
        let operator = Operator::Reduce { kind, axes: stored_axes };
        let y = self.emit(site, operator, vec![tensor], reduced)?;
        self.reduced_view(x, y, order, axes, keep)
    }

    /// The largest element over `axes`: a pooling over all of them at once.
    pub fn reduce_max(&mut self, site: &Site<'_, 'm>, x: &View, axes: &[usize], keep: bool) -> Outcome<View> {
        self.expect_arithmetic(x.tensor)?;
        // [kept before, reduced, kept after] with the reduced axes stored in one stretch.
        let order = x.axis_order().unwrap_or_else(|| (0..x.shape.len()).collect());
        let positions: Vec<usize> = (0..order.len()).filter(|&stored| axes.contains(&order[stored])).collect();
        let together = positions.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let order: Vec<usize> = if together {
            order
        } else {
            let kept = order.iter().copied().filter(|axis| !axes.contains(axis));
            kept.chain(axes.iter().copied()).collect()
        };
        let extent = |of: &dyn Fn(usize) -> bool| -> usize {
            order.iter().enumerate().filter(|&(stored, _)| of(stored)).map(|(_, &axis)| x.shape[axis]).product()
        };
        let is_reduced = |stored: usize| axes.contains(&order[stored]);
        let first = (0..order.len()).find(|&stored| is_reduced(stored)).unwrap_or(0);
        let before = extent(&|stored| stored < first);
        let window = extent(&is_reduced);
        let after = extent(&|stored| stored >= first && !is_reduced(stored));
        let tensor = self.arranged(site, x, &order, vec![before, window, 1, after])?;
        let geometry = ConvGeometry {
            stride_height: 1,
            stride_width: 1,
            dilation_height: 1,
            dilation_width: 1,
            padding: mote_graph::Padding::default(),
        };
        let operator = Operator::Pool {
            kind: PoolKind::Max,
            window_height: window,
            window_width: 1,
            geometry,
            activation: Activation::None,
        };
        let y = self.emit(site, operator, vec![tensor], vec![before, 1, 1, after])?;
        self.reduced_view(x, y, order, axes, keep)
    }

    fn reduced_view(&self, x: &View, tensor: TensorId, order: Vec<usize>, axes: &[usize], keep: bool) -> Outcome<View> {
        let kept: Vec<usize> =
            x.shape.iter().enumerate().map(|(axis, &extent)| if axes.contains(&axis) { 1 } else { extent }).collect();
        let dropped: Vec<usize> =
            x.shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &extent)| extent).collect();
        let view = View::ordered(tensor, kept, order);
        match keep {
            true => Ok(view),
            false => Ok(view.reshaped(&dropped).unwrap_or(view)),
        }
    }

    /// A tensor with one stored axis for each axis of the view, and which.
    pub fn axes_stored(&mut self, site: &Site<'_, 'm>, x: &View) -> Outcome<(TensorId, Vec<usize>)> {
        let order = x.axis_order().unwrap_or_else(|| (0..x.shape.len()).collect());
        Ok((self.in_order(site, x, &order)?, order))
    }

    /// The elements `begin + i × step` of axis `axis`, `extent` of them.
    pub fn sliced(&mut self, site: &Site<'_, 'm>, x: &View, ranges: &[(usize, usize, isize)]) -> Outcome<View> {
        let whole = |(&(begin, extent, step), &full): (&(usize, usize, isize), &usize)| {
            (begin, extent) == (0, full) && (step == 1 || full == 1)
        };
        if ranges.iter().zip(&x.shape).all(whole) {
            return Ok(x.clone());
        }
        let (tensor, order) = self.axes_stored(site, x)?;
        let pick = |of: &dyn Fn(&(usize, usize, isize)) -> usize| -> Vec<usize> {
            order.iter().map(|&axis| of(&ranges[axis])).collect()
        };
        let extents = pick(&|range| range.1);
        let begins = pick(&|range| range.0);
        let steps = order.iter().map(|&axis| ranges[axis].2).collect();
        let operator = Operator::StridedSlice { begins, extents: extents.clone(), steps };
        let y = self.emit(site, operator, vec![tensor], extents)?;
        Ok(View::ordered(y, ranges.iter().map(|range| range.1).collect(), order))
    }

    /// The slices of axis `axis` at `indices`, in that order.
    pub fn gathered(&mut self, site: &Site<'_, 'm>, x: &View, axis: usize, indices: &[usize]) -> Outcome<View> {
        let mut shape = x.shape.clone();
        shape[axis] = indices.len();
        let step = match indices {
            [first, second, ..] => *second as isize - *first as isize,
            _ => 1,
        };
        let even = indices.windows(2).all(|pair| pair[1] as isize - pair[0] as isize == step);
        if even && step != 0 {
            let ranges: Vec<(usize, usize, isize)> = x
                .shape
                .iter()
                .enumerate()
                .map(|(at, &extent)| match at == axis {
                    true => (indices.first().copied().unwrap_or(0), indices.len(), step),
                    false => (0, extent, 1),
                })
                .collect();
            return self.sliced(site, x, &ranges);
        }
        let (tensor, order) = self.axes_stored(site, x)?;
        let stored_axis = order.iter().position(|&other| other == axis).unwrap_or(0);
        let list =
            Constant::new(vec![indices.len()], Elements::I32(indices.iter().map(|&index| index as i32).collect()));
        let indices = self.add_tensor(list.to_tensor("indices")?);
        let operator = Operator::Gather { axis: stored_axis, batch_axes: 0 };
        let stored = order.iter().map(|&axis| shape[axis]).collect();
        let y = self.emit(site, operator, vec![tensor, indices], stored)?;
        Ok(View::ordered(y, shape, order))
    }

    /// The value under another shape of as many elements.
    pub fn reshaped(&mut self, site: &Site<'_, 'm>, x: &Value, shape: &[usize]) -> Outcome<Value> {
        let (from, to): (usize, usize) = (x.shape().iter().product(), shape.iter().product());
        if from != to {
            return Err(Blocker::malformed(format!("shape {:?} does not become {shape:?}", x.shape())).into());
        }
        Ok(match x {
            Value::Constant(constant) => Value::Constant(constant.reshaped(shape.to_vec())),
            Value::Computed(view) => match view.reshaped(shape) {
                Some(view) => Value::Computed(view),
                None => Value::Computed(View::plain(self.plain(site, view)?, shape.to_vec())),
            },
        })
    }

    /// A constant float scalar.
    pub fn scalar(value: f32) -> Value {
        Value::Constant(Constant::floats(Vec::new(), vec![value]))
    }
}

/// The layout in which two operands of one rank meet: that of the larger where the other can follow.
fn common_layout(a: &Value, b: &Value, shape: &[usize]) -> View {
    let elements = |value: &Value| match value {
        Value::Computed(view) => view.elements(),
        Value::Constant(_) => 0,
    };
    let (larger, other) = if elements(b) > elements(a) { (b, a) } else { (a, b) };
    let Value::Computed(view) = larger else { return View::plain(0, shape.to_vec()) };
    // A constant can follow torn axes, a view only whole ones.
    let follows = matches!(other, Value::Constant(_)) || view.axis_order().is_some();
    if view.shape == shape && follows {
        return view.clone();
    }
    let order = view.axis_order().unwrap_or_else(|| (0..shape.len()).collect());
    View::ordered(0, shape.to_vec(), order)
}

/// True when the elements of both lie in the same order, and both split their axes alike.
fn same_arrangement(a: &View, b: &View) -> bool {
    let wide = |view: &View| -> (Vec<usize>, Vec<usize>) {
        let numbers: Vec<usize> = view
            .fine
            .iter()
            .scan(0, |next, &extent| {
                let number = *next;
                *next += usize::from(extent > 1);
                Some(number)
            })
            .collect();
        let order = view.order.iter().filter(|&&axis| view.fine[axis] > 1).map(|&axis| numbers[axis]).collect();
        (view.fine.iter().copied().filter(|&extent| extent > 1).collect(), order)
    };
    a.shape == b.shape && (wide(a) == wide(b) || a.is_plain() && b.is_plain())
}

/// The shape both broadcast to.
pub(crate) fn broadcast_shape(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Blocker> {
    let rank = a.len().max(b.len());
    let extent = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |at| shape[at]);
    (0..rank)
        .map(|axis| match (extent(a, axis), extent(b, axis)) {
            (a, b) if a == b || b == 1 => Ok(a),
            (1, b) => Ok(b),
            _ => Err(Blocker::malformed(format!("shapes {a:?} and {b:?} do not go together"))),
        })
        .collect()
}

/// Two stored shapes of one rank with axes merged as far as both allow, and the shape they broadcast to.
fn merged(shapes: &[Vec<usize>; 2]) -> ([Vec<usize>; 2], Vec<usize>) {
    let [a, b] = shapes;
    let mut out = [Vec::new(), Vec::new()];
    let mut last = None;
    let keep = a.len() <= BROADCAST_RANK;
    for (&a, &b) in a.iter().zip(b) {
        let kind = match (a, b) {
            (1, 1) if !keep => continue,
            _ if keep => None,
            (a, b) => Some((a == 1, b == 1)),
        };
        match out.each_mut().map(|shape| shape.last_mut()) {
            [Some(x), Some(y)] if kind.is_some() && kind == last => (*x, *y) = (*x * a, *y * b),
            _ => {
                out[0].push(a);
                out[1].push(b);
            }
        }
        last = kind;
    }
    let stored = out[0].iter().zip(&out[1]).map(|(&a, &b)| a.max(b)).collect();
    (out, stored)
}
