//! Operators that move elements: joins, splits, slices, padding, gathers, tiles.

use crate::importer::Outcome;
use crate::onnx::constant::{Constant, Elements, check_size, strided, strides};
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::onnx::view::View;
use crate::report::Blocker;
use mote_graph::{Activation, ElementType, Operator};

impl<'m> Importer<'m> {
    /// `values` joined along `axis`.
    pub fn joined(&mut self, site: &Site<'_, 'm>, values: &[Value], axis: usize) -> Outcome<Value> {
        let first = values.first().ok_or_else(|| Blocker::malformed("no inputs"))?;
        // Empty constants add nothing, whatever their rank.
        let values: Vec<&Value> = values.iter().filter(|value| !value.shape().contains(&0)).collect();
        let Some(&first) = values.first().or(Some(&first)) else { return Ok(first.clone()) };
        if values.len() <= 1 {
            return Ok(first.clone());
        }
        let mut shape = first.shape().to_vec();
        let fits = |value: &&Value| {
            let other = value.shape();
            other.len() == shape.len() && (0..shape.len()).all(|at| at == axis || other[at] == shape[at])
        };
        if axis >= shape.len() || !values.iter().all(fits) {
            return Err(Blocker::malformed("shapes that do not join").into());
        }
        shape[axis] = values.iter().map(|value| value.shape()[axis]).sum();
        check_size(&shape, &self.options.limits)?;
        let constants: Vec<&Constant> = values
            .iter()
            .filter_map(|value| match value {
                Value::Constant(constant) => Some(constant),
                Value::Computed(_) => None,
            })
            .collect();
        if constants.len() == values.len() {
            return Ok(Value::Constant(joined_constants(&constants, axis, shape)?));
        }
        let mut views = Vec::with_capacity(values.len());
        for value in values {
            views.push(match value {
                Value::Computed(view) => view.clone(),
                Value::Constant(constant) => {
                    let tensor = constant.to_tensor(site.output_name(0).unwrap_or_default())?;
                    View::plain(self.add_tensor(tensor), constant.shape.clone())
                }
            });
        }
        let is_constant = |view: &View| self.get(view.tensor).data.is_some();
        let leader = views.iter().filter(|view| !is_constant(view)).max_by_key(|view| view.elements());
        let order = leader.and_then(View::axis_order).unwrap_or_else(|| (0..shape.len()).collect());
        let mut tensors = Vec::with_capacity(views.len());
        for view in &views {
            tensors.push(self.in_order(site, view, &order)?);
        }
        let stored_axis = order.iter().position(|&other| other == axis).unwrap_or(0);
        let operator = Operator::Concatenate { axis: stored_axis, activation: Activation::None };
        let stored = order.iter().map(|&axis| shape[axis]).collect();
        let y = self.emit(site, operator, tensors, stored)?;
        Ok(Value::Computed(View::ordered(y, shape, order)))
    }

    /// The slices of axis `axis` of any value at `indices`.
    pub fn picked(&mut self, site: &Site<'_, 'm>, x: &Value, axis: usize, indices: &[usize]) -> Outcome<Value> {
        match x {
            Value::Computed(view) if indices.is_empty() => {
                let reason = format!("no elements of axis {axis} of {:?} computed at run time", view.shape);
                Err(Blocker::new(reason, "remove the empty tensor from the model").into())
            }
            Value::Computed(view) => Ok(Value::Computed(self.gathered(site, view, axis, indices)?)),
            Value::Constant(constant) => {
                let mut shape = constant.shape.clone();
                shape[axis] = indices.len();
                check_size(&shape, &self.options.limits)?;
                self.reserve(shape.iter().product::<usize>().saturating_mul(8))?;
                Ok(Value::Constant(constant.along(axis, indices)))
            }
        }
    }
}

fn joined_constants(constants: &[&Constant], axis: usize, shape: Vec<usize>) -> Result<Constant, Blocker> {
    let Some(first) = constants.first() else { return Err(Blocker::malformed("no inputs")) };
    let outer: usize = shape[..axis].iter().product();
    let ints: Option<Vec<Vec<i64>>> = constants.iter().map(|constant| constant.elements.to_i64()).collect();
    macro_rules! interleave {
        ($lists:expr) => {{
            let lists = $lists;
            (0..outer)
                .flat_map(|block| {
                    lists.iter().flat_map(move |list| {
                        let width = list.len() / outer.max(1);
                        list[block * width..(block + 1) * width].iter().copied()
                    })
                })
                .collect::<Vec<_>>()
        }};
    }
    let elements = match ints {
        Some(lists) => first.elements.like_from_i64(&interleave!(&lists)),
        None => {
            let lists: Vec<Vec<f64>> = constants.iter().map(|constant| constant.elements.to_f64()).collect();
            first.elements.like_from_f64(&interleave!(&lists))
        }
    };
    Ok(Constant::new(shape, elements))
}

pub(super) fn concat<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let values = importer.all_values(site)?;
    let rank = values.first().map_or(0, |value| value.shape().len());
    let default = if site.version < 4 { Some(1) } else { None };
    let axis = site.int("axis")?.or(default).ok_or_else(|| Blocker::malformed("axis is missing"))?;
    let y = importer.joined(site, &values, site.axis(axis, rank)?)?;
    importer.define(site, 0, y)
}

pub(super) fn split<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let axis = site.axis(site.int_or("axis", 0)?, x.shape().len())?;
    let extent = x.shape()[axis];
    let parts = site.proto.output.len();
    let sizes: Vec<usize> = match importer.ints_of(site, "split", 1)? {
        Some(list) => list.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect(),
        None => {
            let count = site.int("num_outputs")?.and_then(|count| usize::try_from(count).ok()).unwrap_or(parts);
            let each = extent.div_ceil(count.max(1));
            (0..parts).map(|part| each.min(extent.saturating_sub(part * each))).collect()
        }
    };
    let total = sizes.iter().try_fold(0usize, |total, &size| total.checked_add(size));
    if sizes.len() != parts || total != Some(extent) {
        return Err(Blocker::malformed(format!("axis of {extent} split into {sizes:?} for {parts} outputs")).into());
    }
    let mut start = 0;
    for (part, size) in sizes.into_iter().enumerate() {
        // A part without elements is a constant: it holds nothing that could be computed.
        let y = if size == 0 {
            let mut shape = x.shape().to_vec();
            shape[axis] = 0;
            Value::Constant(Constant::new(shape, Elements::F32(Vec::new())))
        } else {
            importer.picked(site, &x, axis, &(start..start + size).collect::<Vec<_>>())?
        };
        start += size;
        importer.define(site, part, y)?;
    }
    Ok(())
}

pub(super) fn slice<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    let missing = || Blocker::malformed("starts or ends are missing");
    let starts = importer.ints_of(site, "starts", 1)?.ok_or_else(missing)?;
    let ends = importer.ints_of(site, "ends", 2)?.ok_or_else(missing)?;
    let axes = importer.ints_of(site, "axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = importer.optional_ints(site, 4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return Err(Blocker::malformed("starts, ends, axes and steps of different lengths").into());
    }
    let mut y = x;
    let mut seen = vec![false; rank];
    for at in 0..starts.len() {
        let axis = site.axis(axes[at], rank)?;
        if std::mem::replace(&mut seen[axis], true) {
            return Err(Blocker::malformed(format!("axis {axis} is sliced twice")).into());
        }
        let extent = y.shape()[axis] as i64;
        let step = steps[at];
        if step == 0 {
            return Err(Blocker::malformed("step 0").into());
        }
        let from_start = |value: i64| if value < 0 { value.saturating_add(extent) } else { value };
        let (low, high) = if step > 0 { (0, extent) } else { (-1, extent - 1) };
        let start = from_start(starts[at]).clamp(low.max(0), high.max(0));
        // Counted from the end, an end before the first element stays there.
        let end = from_start(ends[at]).clamp(low, high.max(low));
        let mut indices = Vec::new();
        let mut index = start;
        while (if step > 0 { index < end } else { index > end }) && (0..extent).contains(&index) {
            indices.push(index as usize);
            index = index.saturating_add(step);
        }
        y = importer.picked(site, &y, axis, &indices)?;
    }
    importer.define(site, 0, y)
}

pub(super) fn pad<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    let pads = importer.ints_of(site, "pads", 1)?;
    let pads = match pads {
        Some(pads) => pads,
        None => site.ints("paddings")?.ok_or_else(|| Blocker::malformed("pads are missing"))?.to_vec(),
    };
    let axes: Vec<usize> = match importer.optional_ints(site, 3, "axes")? {
        Some(list) => list.iter().map(|&axis| site.axis(axis, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let most = importer.options.limits.tensor_elements as i64;
    if pads.len() != 2 * axes.len() || pads.iter().any(|pad| !(-most..=most).contains(pad)) {
        return Err(Blocker::malformed(format!("pads {pads:?} for {} axes", axes.len())).into());
    }
    let value = match importer.optional_constant(site, 2, "padding value")? {
        Some(constant) if constant.len() == 1 => constant.scalar().unwrap_or(0.0),
        Some(constant) => return Err(Blocker::malformed(format!("padding value of {:?}", constant.shape)).into()),
        None => site.float_or("value", 0.0)?,
    };
    let mode = site.text("mode")?.unwrap_or("constant");
    let mut y = x;
    let mut paddings = vec![(0usize, 0usize); rank];
    for (at, &axis) in axes.iter().enumerate() {
        let (before, after) = (pads[at], pads[axes.len() + at]);
        let extent = y.shape()[axis] as i64;
        // What is cut off; the rest of the axis stays.
        let (first, last) = ((-before).max(0), extent - (-after).max(0));
        if first >= last {
            return Err(Blocker::malformed(format!("pads {pads:?} leave nothing")).into());
        }
        let (before, after) = (before.max(0), after.max(0));
        match mode {
            "constant" => {
                if (first, last) != (0, extent) {
                    y = importer.picked(site, &y, axis, &(first as usize..last as usize).collect::<Vec<_>>())?;
                }
                paddings[axis] = (before as usize, after as usize);
            }
            "reflect" | "edge" | "wrap" => {
                check_size(&[(last - first + before + after) as usize], &importer.options.limits)?;
                importer.reserve(((last - first + before + after) as usize).saturating_mul(8))?;
                let count = last - first;
                let place = |index: i64| match mode {
                    "edge" => index.clamp(0, count - 1),
                    "wrap" => index.rem_euclid(count),
                    _ if count == 1 => 0,
                    _ => {
                        let around = index.rem_euclid(2 * (count - 1));
                        around.min(2 * (count - 1) - around)
                    }
                };
                let indices: Vec<usize> =
                    (-before..count + after).map(|index| (first + place(index)) as usize).collect();
                y = importer.picked(site, &y, axis, &indices)?;
            }
            other => return Err(Blocker::malformed(format!("padding mode {other}")).into()),
        }
    }
    if paddings.iter().any(|&padding| padding != (0, 0)) {
        y = padded(importer, site, &y, &paddings, value)?;
    }
    importer.define(site, 0, y)
}

fn padded<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &Value,
    paddings: &[(usize, usize)],
    value: f32,
) -> Outcome<Value> {
    let wide = |axis: usize, extent: usize| {
        let sum = paddings[axis].0.checked_add(paddings[axis].1)?;
        extent.checked_add(sum)
    };
    let shape: Option<Vec<usize>> = x.shape().iter().enumerate().map(|(axis, &extent)| wide(axis, extent)).collect();
    let shape = shape.ok_or_else(|| Blocker::malformed("padding too large"))?;
    check_size(&shape, &importer.options.limits)?;
    match x {
        Value::Constant(constant) => {
            let count = shape.iter().product::<usize>();
            importer.reserve(count.saturating_mul(8))?;
            let mut values = vec![f64::from(value); count];
            let steps = strides(&shape);
            let first: usize = steps.iter().zip(paddings).map(|(step, padding)| step * padding.0).sum();
            for (place, value) in strided(&constant.shape, &steps).into_iter().zip(constant.elements.to_f64()) {
                values[first + place] = value;
            }
            Ok(Value::Constant(Constant::new(shape, constant.elements.like_from_f64(&values))))
        }
        Value::Computed(view) => {
            let (tensor, order) = importer.axes_stored(site, view)?;
            if importer.get(tensor).element_type != ElementType::F32 && value != 0.0 {
                return Err(Blocker::new("padding of integers with a value", "pad with 0").into());
            }
            let value = (value != 0.0).then(|| value.to_le_bytes().to_vec());
            let paddings = order.iter().map(|&axis| paddings[axis]).collect();
            let stored = order.iter().map(|&axis| shape[axis]).collect();
            let y = importer.emit(site, Operator::Pad { paddings, value }, vec![tensor], stored)?;
            Ok(Value::Computed(View::ordered(y, shape, order)))
        }
    }
}

/// Gather, whose indices are constants, or int32 at run time.
pub(super) fn gather<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (x, indices) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let axis = site.axis(site.int_or("axis", 0)?, x.shape().len())?;
    let extent = x.shape()[axis];
    let shape = [&x.shape()[..axis], indices.shape(), &x.shape()[axis + 1..]].concat();
    check_size(&shape, &importer.options.limits)?;
    let y = match indices {
        Value::Constant(constant) => {
            let list = constant.elements.to_i64().ok_or_else(|| Blocker::malformed("indices are no integers"))?;
            let list = list.iter().map(|&index| site.axis(index, extent)).collect::<Result<Vec<_>, _>>()?;
            importer.picked(site, &x, axis, &list)?
        }
        Value::Computed(indices) => {
            if importer.get(indices.tensor).element_type != ElementType::I32 {
                return Err(Blocker::new("indices that are not integers", "use INT32 or INT64 indices").into());
            }
            let count = indices.elements();
            let indices =
                importer.arranged(site, &indices, &(0..indices.shape.len()).collect::<Vec<_>>(), vec![count])?;
            let x = importer.view(site, 0)?;
            let (tensor, order) = importer.axes_stored(site, &x)?;
            let stored_axis = order.iter().position(|&other| other == axis).unwrap_or(0);
            let mut picked = x.shape.clone();
            picked[axis] = count;
            let stored = order.iter().map(|&axis| picked[axis]).collect();
            let operator = Operator::Gather { axis: stored_axis, batch_axes: 0 };
            let y = importer.emit(site, operator, vec![tensor, indices], stored)?;
            Value::Computed(View::ordered(y, picked, order))
        }
    };
    let y = importer.reshaped(site, &y, &shape)?;
    importer.define(site, 0, y)
}

pub(super) fn expand<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let wanted = importer.optional_ints(site, 1, "shape")?.ok_or_else(|| Blocker::malformed("shape is missing"))?;
    let wanted = crate::onnx::constant::extents(&wanted, &importer.options.limits)?;
    let shape = crate::onnx::compose::broadcast_shape(x.shape(), &wanted)?;
    check_size(&shape, &importer.options.limits)?;
    let missing = shape.len() - x.shape().len();
    let mut lifted = vec![1; missing];
    lifted.extend_from_slice(x.shape());
    let mut y = importer.reshaped(site, &x, &lifted)?;
    for axis in 0..shape.len() {
        if y.shape()[axis] != shape[axis] {
            importer.reserve(shape[axis].saturating_mul(8))?;
            y = importer.picked(site, &y, axis, &vec![0; shape[axis]])?;
        }
    }
    importer.define(site, 0, y)
}

pub(super) fn tile<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let repeats =
        importer.optional_ints(site, 1, "repeats")?.ok_or_else(|| Blocker::malformed("repeats are missing"))?;
    let repeats = crate::onnx::constant::extents(&repeats, &importer.options.limits)?;
    if repeats.len() != x.shape().len() {
        return Err(Blocker::malformed(format!("repeats {repeats:?} of {:?}", x.shape())).into());
    }
    let mut y = x;
    for (axis, repeats) in repeats.into_iter().enumerate() {
        let extent = y.shape()[axis];
        let count = extent.checked_mul(repeats).ok_or_else(|| Blocker::malformed("repeats too often"))?;
        check_size(&[count], &importer.options.limits)?;
        importer.reserve(count.saturating_mul(8))?;
        if repeats != 1 {
            y = importer.picked(site, &y, axis, &(0..count).map(|index| index % extent).collect::<Vec<_>>())?;
        }
    }
    importer.define(site, 0, y)
}

/// DepthToSpace and SpaceToDepth: views of six axes.
pub(super) fn blocks<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let block = site.int("blocksize")?.and_then(|block| usize::try_from(block).ok()).filter(|block| *block > 0);
    let block = block.ok_or_else(|| Blocker::malformed("blocksize is missing"))?;
    let unfit = || Blocker::malformed(format!("blocks of {block} in {:?}", x.shape()));
    let [batch, channels, height, width] = x.shape()[..] else { return Err(unfit().into()) };
    let squared = block.checked_mul(block).ok_or_else(unfit)?;
    let whole = |extent: usize, by: usize| if extent.is_multiple_of(by) { Ok(extent / by) } else { Err(unfit()) };
    let to_space = site.proto.op_type == "DepthToSpace";
    let (split, permutation, shape) = if to_space {
        let depth = whole(channels, squared)?;
        let shape = vec![batch, depth, height * block, width * block];
        match site.text("mode")?.unwrap_or("DCR") {
            "CRD" => (vec![batch, depth, block, block, height, width], [0, 1, 4, 2, 5, 3], shape),
            _ => (vec![batch, block, block, depth, height, width], [0, 3, 4, 1, 5, 2], shape),
        }
    } else {
        let (rows, columns) = (whole(height, block)?, whole(width, block)?);
        let shape = vec![batch, channels.checked_mul(squared).ok_or_else(unfit)?, rows, columns];
        (vec![batch, channels, rows, block, columns, block], [0, 3, 5, 1, 2, 4], shape)
    };
    let split = importer.reshaped(site, &x, &split)?;
    let moved = match split {
        Value::Constant(constant) => Value::Constant(constant.transposed(&permutation)),
        Value::Computed(view) => Value::Computed(view.transposed(&permutation)),
    };
    let y = importer.reshaped(site, &moved, &shape)?;
    importer.define(site, 0, y)
}
