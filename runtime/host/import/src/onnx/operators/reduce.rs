//! Reductions, softmax, index of the largest.

use crate::importer::Outcome;
use crate::onnx::constant::{Constant, strided, strides};
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::onnx::view::View;
use crate::report::Blocker;
use mote_graph::{BinaryKind, ElementType, Operator, ReduceKind, UnaryKind};

/// ReduceMax, ReduceMean, ReduceMin, ReduceSum and those made of them.
pub(super) fn reduce<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    let keep = site.flag("keepdims", true)?;
    let axes = match importer.ints_of(site, "axes", 1)? {
        Some(list) if !list.is_empty() => {
            let mut axes = list.iter().map(|&axis| site.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?;
            axes.sort_unstable();
            axes.dedup();
            axes
        }
        _ if site.flag("noop_with_empty_axes", false)? => return importer.define(site, 0, x),
        _ => (0..rank).collect(),
    };
    let operator = site.proto.op_type.as_str();
    let y = match x {
        Value::Constant(constant) => Value::Constant(reduced_constant(operator, &constant, &axes, keep)?),
        Value::Computed(view) if axes.is_empty() => Value::Computed(view),
        Value::Computed(view) => reduced(importer, site, operator, &view, &axes, keep)?,
    };
    importer.define(site, 0, y)
}

fn reduced<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    operator: &str,
    x: &View,
    axes: &[usize],
    keep: bool,
) -> Outcome<Value> {
    let value = Value::Computed(x.clone());
    let sum_of = |importer: &mut Importer<'m>, terms: &Value| -> Outcome<Value> {
        match terms {
            Value::Computed(view) => Ok(Value::Computed(importer.reduce(site, ReduceKind::Sum, view, axes, keep)?)),
            Value::Constant(_) => Err(Blocker::malformed("no values to reduce").into()),
        }
    };
    Ok(match operator {
        "ReduceMean" => Value::Computed(importer.reduce(site, ReduceKind::Mean, x, axes, keep)?),
        "ReduceSum" => sum_of(importer, &value)?,
        "ReduceMax" => Value::Computed(importer.reduce_max(site, x, axes, keep)?),
        "ReduceMin" => {
            let negated = importer.unary(site, UnaryKind::Negate, &value)?;
            let Value::Computed(negated) = negated else { return Ok(negated) };
            let largest = Value::Computed(importer.reduce_max(site, &negated, axes, keep)?);
            importer.unary(site, UnaryKind::Negate, &largest)?
        }
        "ReduceL1" => {
            let sizes = importer.unary(site, UnaryKind::Abs, &value)?;
            sum_of(importer, &sizes)?
        }
        "ReduceL2" | "ReduceSumSquare" => {
            let squares = importer.binary(site, BinaryKind::Multiply, &value, &value)?;
            let sum = sum_of(importer, &squares)?;
            if operator == "ReduceL2" { importer.unary(site, UnaryKind::Sqrt, &sum)? } else { sum }
        }
        _ => return Err(Blocker::new("reduction that no kernel does", "rewrite it with sums and means").into()),
    })
}

fn reduced_constant(operator: &str, x: &Constant, axes: &[usize], keep: bool) -> Result<Constant, Blocker> {
    let own = strides(&x.shape);
    let of = |inside: bool, list: &[usize]| -> Vec<usize> {
        list.iter().enumerate().filter(|(axis, _)| axes.contains(axis) == inside).map(|(_, &value)| value).collect()
    };
    let (outer, inner) =
        (strided(&of(false, &x.shape), &of(false, &own)), strided(&of(true, &x.shape), &of(true, &own)));
    let values = x.elements.to_f64();
    let reduce = |base: &usize| -> Option<f64> {
        let terms = inner.iter().map(|&offset| values[base + offset]);
        Some(match operator {
            "ReduceSum" => terms.sum(),
            "ReduceMean" => terms.sum::<f64>() / inner.len().max(1) as f64,
            "ReduceProd" => terms.product(),
            "ReduceMax" => terms.fold(f64::NEG_INFINITY, f64::max),
            "ReduceMin" => terms.fold(f64::INFINITY, f64::min),
            "ReduceL1" => terms.map(f64::abs).sum(),
            "ReduceL2" => terms.map(|value| value * value).sum::<f64>().sqrt(),
            "ReduceSumSquare" => terms.map(|value| value * value).sum(),
            _ => return None,
        })
    };
    let results: Option<Vec<f64>> = outer.iter().map(reduce).collect();
    let results = results.ok_or_else(|| Blocker::new("reduction that is not supported", "compute it beforehand"))?;
    let shape = match keep {
        true => {
            x.shape.iter().enumerate().map(|(axis, &extent)| if axes.contains(&axis) { 1 } else { extent }).collect()
        }
        false => of(false, &x.shape),
    };
    Ok(Constant::new(shape, x.elements.like_from_f64(&results)))
}

/// ArgMax and ArgMin: indices are int32 here.
pub(super) fn arg_max<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let mut x = importer.view(site, 0)?;
    if site.flag("select_last_index", false)? {
        return Err(Blocker::new("index of the last of equal elements", "take the first").into());
    }
    if site.proto.op_type == "ArgMin" {
        let negated = importer.unary(site, UnaryKind::Negate, &Value::Computed(x))?;
        let Value::Computed(negated) = negated else { return Err(Blocker::malformed("no values").into()) };
        x = negated;
    }
    if importer.get(x.tensor).element_type != ElementType::F32 {
        return Err(Blocker::new("index of the largest integer", "use FLOAT values").into());
    }
    let axis = site.axis(site.int_or("axis", 0)?, x.shape.len())?;
    let (tensor, order) = importer.axes_stored(site, &x)?;
    let stored_axis = order.iter().position(|&other| other == axis).unwrap_or(0);
    let (mut kept, mut dropped) = (x.shape.clone(), x.shape.clone());
    kept[axis] = 1;
    dropped.remove(axis);
    let rest: Vec<usize> = order.into_iter().filter(|&other| other != axis).collect();
    let stored = rest.iter().map(|&axis| x.shape[axis]).collect();
    let order = rest.iter().map(|&other| other - usize::from(other > axis)).collect();
    let operator = Operator::ArgMax { axis: stored_axis };
    let y = importer.emit_typed(site, operator, vec![tensor], stored, ElementType::I32, None)?;
    let y = Value::Computed(View::ordered(y, dropped, order));
    let y = if site.flag("keepdims", true)? { importer.reshaped(site, &y, &kept)? } else { y };
    importer.note(Some(site.origin.into()), None, "int64 indices are int32".into());
    importer.define(site, 0, y)
}

/// Softmax and LogSoftmax. Up to version 12 all axes from `axis` on are one.
pub(super) fn softmax<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let rank = x.shape.len();
    let merged = site.version < 13;
    let axis = site.axis(site.int_or("axis", if merged { 1 } else { -1 })?, rank)?;
    let flat = merged && x.shape[axis + 1..].iter().any(|&extent| extent > 1);
    let value = Value::Computed(x.clone());
    let (value, axis) = match flat {
        true => {
            let split = |axes: &[usize]| axes.iter().product::<usize>();
            let shape = [split(&x.shape[..axis]), split(&x.shape[axis..])];
            (importer.reshaped(site, &value, &shape)?, 1)
        }
        false => (value, axis),
    };
    let Value::Computed(view) = &value else { return Err(Blocker::malformed("no values").into()) };
    let y = match site.proto.op_type.as_str() {
        "LogSoftmax" => log_softmax(importer, site, view, axis)?,
        _ => {
            let order = match view.axis_order() {
                Some(order) if order.last() == Some(&axis) => order,
                _ => (0..view.shape.len()).filter(|&other| other != axis).chain([axis]).collect(),
            };
            let tensor = importer.in_order(site, view, &order)?;
            let shape = importer.get(tensor).shape.clone();
            let y = importer.emit(site, Operator::Softmax { beta: 1.0 }, vec![tensor], shape)?;
            Value::Computed(View::ordered(y, view.shape.clone(), order))
        }
    };
    let y = importer.reshaped(site, &y, &x.shape)?;
    importer.define(site, 0, y)
}

/// x − max − ln Σ e^(x − max).
fn log_softmax<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, x: &View, axis: usize) -> Outcome<Value> {
    let largest = Value::Computed(importer.reduce_max(site, x, &[axis], true)?);
    let below = importer.binary(site, BinaryKind::Subtract, &Value::Computed(x.clone()), &largest)?;
    let powers = importer.unary(site, UnaryKind::Exp, &below)?;
    let Value::Computed(powers) = powers else { return Ok(powers) };
    let sum = Value::Computed(importer.reduce(site, ReduceKind::Sum, &powers, &[axis], true)?);
    let logarithm = importer.unary(site, UnaryKind::Log, &sum)?;
    importer.binary(site, BinaryKind::Subtract, &below, &logarithm)
}
