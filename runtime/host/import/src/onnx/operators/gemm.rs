//! Matrix products with a constant factor: fully connected layers.

use crate::importer::Outcome;
use crate::onnx::constant::Constant;
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::onnx::view::View;
use crate::report::Blocker;
use mote_graph::{Activation, BinaryKind, ElementType, Operator, Quantization, ReduceKind};

/// Products of two computed matrices may take this many multiplications, all of which are stored for a moment.
const MOST_PRODUCTS: usize = 1 << 16;

/// alpha × A' × B' + beta × C.
pub(super) fn gemm<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (mut a, mut b) = (importer.value(site, 0)?, importer.value(site, 1)?);
    if a.shape().len() != 2 || b.shape().len() != 2 {
        let reason = format!("matrices of shapes {:?} and {:?}", a.shape(), b.shape());
        return Err(Blocker::malformed(reason).into());
    }
    if site.flag("transA", false)? {
        a = swapped(&a);
    }
    if site.flag("transB", false)? {
        b = swapped(&b);
    }
    let (alpha, beta) = (site.float_or("alpha", 1.0)?, site.float_or("beta", 1.0)?);
    if alpha != 1.0 {
        let factor = if matches!(b, Value::Constant(_)) { &mut b } else { &mut a };
        *factor = importer.binary(site, BinaryKind::Multiply, factor, &Importer::scalar(alpha))?;
    }
    let mut c = importer.optional(site, 2)?;
    if let Some(value) = &c
        && beta != 1.0
    {
        c = Some(importer.binary(site, BinaryKind::Multiply, value, &Importer::scalar(beta))?);
    }
    let outputs = b.shape()[1];
    let bias = match &c {
        Some(Value::Constant(constant)) if matches!((&a, &b), (Value::Computed(_), Value::Constant(_))) => {
            let row = constant.shape.iter().rev().skip(1).all(|&extent| extent == 1);
            let whole = match constant.len() == outputs {
                true => Some(constant.clone()),
                false => constant.broadcast(&[1, outputs]),
            };
            whole.filter(|_| row).map(|bias| bias.reshaped(vec![outputs]))
        }
        _ => None,
    };
    let c = c.filter(|_| bias.is_none());
    let mut y = product(importer, site, &a, &b, bias)?;
    if let Some(c) = c {
        y = importer.binary(site, BinaryKind::Add, &y, &c)?;
    }
    importer.define(site, 0, y)
}

pub(super) fn matmul<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (a, b) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let y = product(importer, site, &a, &b, None)?;
    importer.define(site, 0, y)
}

/// The last two axes exchanged.
fn swapped(value: &Value) -> Value {
    let rank = value.shape().len();
    let mut permutation: Vec<usize> = (0..rank).collect();
    permutation.swap(rank - 1, rank - 2);
    match value {
        Value::Constant(constant) => Value::Constant(constant.transposed(&permutation)),
        Value::Computed(view) => Value::Computed(view.transposed(&permutation)),
    }
}

/// a × b as numpy's matmul has it, with a bias for the columns.
pub(in crate::onnx) fn product<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    a: &Value,
    b: &Value,
    bias: Option<Constant>,
) -> Outcome<Value> {
    let unfit = || Blocker::malformed(format!("matrices of shapes {:?} and {:?}", a.shape(), b.shape()));
    let (rows, columns) = (a.shape().len(), b.shape().len());
    if rows == 0 || columns == 0 || a.shape().contains(&0) || b.shape().contains(&0) {
        return Err(unfit().into());
    }
    let inner = if columns == 1 { b.shape()[0] } else { b.shape()[columns - 2] };
    if a.shape()[rows - 1] != inner {
        return Err(unfit().into());
    }
    // A vector is a matrix of one row or column, which the result then lacks.
    if rows == 1 || columns == 1 {
        let wide = if rows == 1 { importer.reshaped(site, a, &[1, inner])? } else { a.clone() };
        let tall = if columns == 1 { importer.reshaped(site, b, &[inner, 1])? } else { b.clone() };
        let y = product(importer, site, &wide, &tall, bias)?;
        let mut shape = y.shape().to_vec();
        let at = shape.len();
        if columns == 1 {
            shape.remove(at - 1);
        }
        if rows == 1 {
            shape.remove(at - 2);
        }
        return importer.reshaped(site, &y, &shape);
    }
    let whole = |constant: &Constant| constant.shape.iter().rev().skip(2).all(|&extent| extent == 1);
    match (a, b) {
        (Value::Computed(x), Value::Constant(weights)) if whole(weights) => {
            let outputs = weights.shape[columns - 1];
            let extra = columns.saturating_sub(rows);
            let y = connected(importer, site, x, &weights.reshaped(vec![inner, outputs]), bias)?;
            let shape: Vec<usize> = std::iter::repeat_n(1, extra).chain(y.shape.iter().copied()).collect();
            importer.reshaped(site, &Value::Computed(y), &shape)
        }
        // (A × B)ᵀ = Bᵀ × Aᵀ
        (Value::Constant(weights), Value::Computed(_)) if whole(weights) && bias.is_none() => {
            let y = product(importer, site, &swapped(b), &swapped(a), None)?;
            Ok(swapped(&y))
        }
        _ => {
            let y = computed_product(importer, site, a, b)?;
            match bias {
                Some(bias) => importer.binary(site, BinaryKind::Add, &y, &Value::Constant(bias)),
                None => Ok(y),
            }
        }
    }
}

/// x × weights for constant weights [K, O]. What is stored last in x may be in any order: the weights follow it.
fn connected<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &View,
    weights: &Constant,
    bias: Option<Constant>,
) -> Outcome<View> {
    if importer.get(x.tensor).element_type != ElementType::F32 || weights.f32s().is_none() {
        return Err(Blocker::new("matrix product of other than FLOAT values", "use FLOAT").into());
    }
    let last = x.shape.len() - 1;
    let [depth, outputs] = weights.shape[..] else { return Err(Blocker::malformed("weights are no matrix").into()) };
    let leading: Vec<usize>;
    let (tensor, fine, mut order, columns) = if x.stores_last(last) {
        let run = x.runs()[last].clone();
        let mut fine = x.fine[..run.start].to_vec();
        let mut order: Vec<usize> = x.order.iter().copied().filter(|&axis| axis < run.start).collect();
        if order.is_sorted() {
            // In the source's order: then also with the source's axes, those of extent 1 among them.
            (fine, order) = (x.shape[..last].to_vec(), (0..last).collect());
        }
        leading = order.iter().map(|&axis| fine[axis]).collect();
        let shape = [&leading[..], &[depth]].concat();
        (importer.in_shape(site, x.tensor, shape)?, fine, order, x.stored_indices(last))
    } else {
        leading = x.shape[..last].to_vec();
        (importer.plain(site, x)?, leading.clone(), (0..last).collect(), (0..depth).collect())
    };
    let name = site.input_name(1).unwrap_or_default();
    let rows: Vec<usize> = (0..outputs).flat_map(|output| columns.iter().map(move |&k| k * outputs + output)).collect();
    // Channels of stored weights were their columns and are now their rows.
    let per_channel = weights.stored_as.clone().filter(|stored| stored.is_per_tensor() || stored.axis == 1);
    let stored_as = per_channel.map(|stored| Quantization { axis: 0, ..stored });
    let stored = Constant { stored_as, ..Constant::new(vec![outputs, depth], weights.elements.pick(&rows)) };
    let mut inputs = vec![tensor, importer.add_tensor(stored.to_tensor(name)?)];
    if let Some(bias) = bias {
        inputs.push(importer.add_tensor(bias.to_tensor(site.input_name(2).unwrap_or_default())?));
    }
    let operator = Operator::FullyConnected { activation: Activation::None };
    let y = importer.emit(site, operator, inputs, [&leading[..], &[outputs]].concat())?;
    order.push(fine.len());
    let shape = [&x.shape[..last], &[outputs]].concat();
    Ok(View { tensor: y, shape, fine: [&fine[..], &[outputs]].concat(), order })
}

/// A small product of two computed matrices, as a sum of products.
fn computed_product<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, a: &Value, b: &Value) -> Outcome<Value> {
    let (rank_a, rank_b) = (a.shape().len(), b.shape().len());
    let mut left = a.shape().to_vec();
    left.push(1);
    let mut right = b.shape().to_vec();
    right.insert(rank_b - 2, 1);
    let shape = crate::onnx::compose::broadcast_shape(&left, &right)?;
    let products = shape.iter().try_fold(1usize, |total, &extent| total.checked_mul(extent)).unwrap_or(usize::MAX);
    if products > MOST_PRODUCTS {
        let fix = "models with attention are run on a host; on the device one factor must be constant";
        return Err(Blocker::new("product of two matrices computed at run time", fix).into());
    }
    let a = importer.reshaped(site, a, &left)?;
    let b = importer.reshaped(site, b, &right)?;
    let terms = importer.binary(site, BinaryKind::Multiply, &a, &b)?;
    let axis = rank_a.max(rank_b) - 1;
    match terms {
        Value::Computed(terms) => {
            Ok(Value::Computed(importer.reduce(site, ReduceKind::Sum, &terms, &[axis], false)?))
        }
        Value::Constant(terms) => constant_sum(&terms, axis),
    }
}

fn constant_sum(terms: &Constant, axis: usize) -> Outcome<Value> {
    let mut shape = terms.shape.clone();
    let (extent, inner): (usize, usize) = (shape.remove(axis), terms.shape[axis + 1..].iter().product());
    let values = terms.elements.to_f64();
    let count: usize = shape.iter().product();
    let sums: Vec<f64> = (0..count)
        .map(|at| (0..extent).map(|k| values[(at / inner * extent + k) * inner + at % inner]).sum())
        .collect();
    Ok(Value::Constant(Constant::new(shape, terms.elements.like_from_f64(&sums))))
}
