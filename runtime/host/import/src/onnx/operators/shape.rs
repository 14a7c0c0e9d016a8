//! Operators that move nothing, or are known while importing: shapes, reshapes, casts, generated constants, branches.

use crate::importer::Outcome;
use crate::onnx::constant::{Constant, Elements, check_size};
use crate::onnx::importer::{Importer, Value, graph_type};
use crate::onnx::node::Site;
use crate::onnx::pb::tensor_proto::DataType;
use crate::report::Blocker;
use mote_graph::{ElementType, Operator};

pub(super) fn shape<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let extents: Vec<i64> = importer.value(site, 0)?.shape().iter().map(|&extent| extent as i64).collect();
    let rank = extents.len() as i64;
    let bound = |value: i64| (if value < 0 { value.saturating_add(rank) } else { value }).clamp(0, rank) as usize;
    let (start, end) = (bound(site.int_or("start", 0)?), bound(site.int_or("end", rank)?));
    let list = extents.get(start..end.max(start)).unwrap_or_default().to_vec();
    importer.define_constant(site, Constant::new(vec![list.len()], Elements::I64(list)))
}

pub(super) fn size<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let count: usize = importer.value(site, 0)?.shape().iter().product();
    importer.define_constant(site, Constant::new(Vec::new(), Elements::I64(vec![count as i64])))
}

fn define_reshaped<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, shape: &[usize]) -> Outcome {
    check_size(shape, &importer.options.limits)?;
    let x = importer.value(site, 0)?;
    let y = importer.reshaped(site, &x, shape)?;
    importer.define(site, 0, y)
}

pub(super) fn reshape<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let wanted = importer.ints_of(site, "shape", 1)?.ok_or_else(|| Blocker::malformed("shape is missing"))?;
    let x = importer.value(site, 0)?.shape().to_vec();
    let zeros = site.flag("allowzero", false)?;
    let unfit = || Blocker::malformed(format!("shape {x:?} does not become {wanted:?}"));
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (axis, &extent) in wanted.iter().enumerate() {
        shape.push(match extent {
            0 if !zeros => *x.get(axis).ok_or_else(unfit)?,
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            extent => usize::try_from(extent).map_err(|_| unfit())?,
        });
    }
    if let Some(axis) = open {
        let known = shape.iter().try_fold(1usize, |total, &extent| total.checked_mul(extent)).unwrap_or(0);
        let total: usize = x.iter().product();
        shape[axis] = total.checked_div(known).ok_or_else(unfit)?;
    }
    define_reshaped(importer, site, &shape)
}

pub(super) fn flatten<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?.shape().to_vec();
    let axis =
        site.axis(site.int_or("axis", 1)?, x.len() + 1).or_else(|_| site.axis(site.int_or("axis", 1)?, x.len()))?;
    let axis = if site.int_or("axis", 1)? < 0 { axis.saturating_sub(1) } else { axis };
    define_reshaped(importer, site, &[x[..axis].iter().product(), x[axis..].iter().product()])
}

pub(super) fn squeeze<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?.shape().to_vec();
    let axes = match importer.ints_of(site, "axes", 1)? {
        Some(list) => list.iter().map(|&axis| site.axis(axis, x.len())).collect::<Result<Vec<_>, _>>()?,
        None => (0..x.len()).filter(|&axis| x[axis] == 1).collect(),
    };
    let kept = x.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &extent)| extent);
    define_reshaped(importer, site, &kept.collect::<Vec<_>>())
}

pub(super) fn unsqueeze<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?.shape().to_vec();
    let list = importer.ints_of(site, "axes", 1)?.ok_or_else(|| Blocker::malformed("axes are missing"))?;
    let rank = x.len() + list.len();
    if rank > importer.options.limits.rank {
        let reason = format!("{rank} axes, at most {} are supported", importer.options.limits.rank);
        return Err(Blocker::new(reason, "use a tensor of fewer axes").into());
    }
    let axes = list.iter().map(|&axis| site.axis(axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut rest = x.iter().copied();
    let shape: Vec<usize> =
        (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { rest.next().unwrap_or(1) }).collect();
    define_reshaped(importer, site, &shape)
}

pub(super) fn transpose<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let rank = x.shape().len();
    let permutation: Vec<usize> = match site.ints("perm")? {
        Some(list) => list.iter().map(|&axis| site.axis(axis, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = permutation.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(Blocker::malformed(format!("perm {permutation:?} of {rank} axes")).into());
    }
    let y = match x {
        Value::Constant(constant) => Value::Constant(constant.transposed(&permutation)),
        Value::Computed(view) => Value::Computed(view.transposed(&permutation)),
    };
    importer.define(site, 0, y)
}

pub(super) fn cast<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    let target = match site.proto.op_type.as_str() {
        "CastLike" => None,
        _ => Some(site.int("to")?.ok_or_else(|| Blocker::malformed("attribute to is missing"))?),
    };
    let like = match target {
        Some(code) => {
            let data_type = i32::try_from(code).ok().and_then(|code| DataType::try_from(code).ok());
            let data_type = data_type.ok_or_else(|| Blocker::malformed(format!("unknown element type {code}")))?;
            let reason = || Blocker::new(format!("cast to {}", data_type.as_str_name()), "use FLOAT");
            if matches!(data_type, DataType::Float16 | DataType::Bfloat16) {
                return Err(reason().into());
            }
            (Elements::empty(data_type).ok_or_else(reason)?, graph_type(data_type))
        }
        None => match importer.value(site, 1)? {
            Value::Constant(constant) => (constant.elements.pick(&[]), None),
            Value::Computed(view) => (Elements::F32(Vec::new()), Some(importer.get(view.tensor).element_type)),
        },
    };
    let y = match &x {
        Value::Constant(constant) => {
            let elements = match constant.elements.to_i64() {
                Some(ints) => like.0.like_from_i64(&ints),
                None => like.0.like_from_f64(&constant.elements.to_f64()),
            };
            Value::Constant(Constant::new(constant.shape.clone(), elements))
        }
        Value::Computed(view) => {
            let from = importer.get(view.tensor).element_type;
            let kernels = [ElementType::I8, ElementType::U8, ElementType::Bool, ElementType::I32, ElementType::F32];
            match like.1 {
                Some(to) if to == from => x,
                Some(to) if kernels.contains(&to) && kernels.contains(&from) && to != ElementType::Bool => {
                    let shape = importer.get(view.tensor).shape.clone();
                    let y = importer.emit_typed(site, Operator::Cast, vec![view.tensor], shape, to, None)?;
                    Value::Computed(view.with_tensor(y))
                }
                _ => {
                    let reason = format!("cast of computed {} values to {}", from.name(), like.0.type_name());
                    return Err(Blocker::new(reason, "use FLOAT throughout").into());
                }
            }
        }
    };
    importer.define(site, 0, y)
}

pub(super) fn constant<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let limits = &importer.options.limits;
    let value = if let Some(tensor) = site.tensor("value", limits)? {
        tensor
    } else if let Some(value) = site.float("value_float")? {
        Constant::floats(Vec::new(), vec![value])
    } else if let Some(list) = site.floats("value_floats")? {
        Constant::floats(vec![list.len()], list.to_vec())
    } else if let Some(value) = site.int("value_int")? {
        Constant::new(Vec::new(), Elements::I64(vec![value]))
    } else if let Some(list) = site.ints("value_ints")? {
        Constant::new(vec![list.len()], Elements::I64(list.to_vec()))
    } else {
        return Err(Blocker::new("constant that is sparse or text", "store it as a dense tensor").into());
    };
    importer.define_constant(site, value)
}

/// Bounds what is made from a few bytes, and sets the memory aside.
fn reserve<'m>(importer: &mut Importer<'m>, shape: &[usize]) -> Outcome<usize> {
    check_size(shape, &importer.options.limits)?;
    let count = shape.iter().product::<usize>();
    importer.reserve(count.saturating_mul(16))?;
    Ok(count)
}

pub(super) fn constant_of_shape<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let dims = importer.optional_ints(site, 0, "shape")?.ok_or_else(|| Blocker::malformed("shape is missing"))?;
    let value = site.tensor("value", &importer.options.limits)?;
    let value = value.unwrap_or_else(|| Constant::floats(vec![1], vec![0.0]));
    if value.len() != 1 {
        return Err(Blocker::malformed(format!("value of shape {:?}", value.shape)).into());
    }
    let shape = crate::onnx::constant::extents(&dims, &importer.options.limits)?;
    let count = reserve(importer, &shape)?;
    importer.define_constant(site, Constant::new(shape, value.elements.pick(&vec![0; count])))
}

pub(super) fn range<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let mut bounds = Vec::with_capacity(3);
    for (position, role) in ["start", "limit", "delta"].into_iter().enumerate() {
        bounds.push(importer.constant(site, position, role)?);
    }
    let scalar = |at: usize| bounds[at].elements.to_f64().first().copied().unwrap_or(f64::NAN);
    let (start, limit, delta) = (scalar(0), scalar(1), scalar(2));
    let count = ((limit - start) / delta).ceil().max(0.0);
    let fits = count.is_finite() && count <= importer.options.limits.tensor_elements as f64;
    if !fits {
        return Err(Blocker::malformed(format!("range from {start} to {limit} by {delta}")).into());
    }
    let count = reserve(importer, &[count as usize])?;
    let values: Vec<f64> = (0..count).map(|index| start + index as f64 * delta).collect();
    let y = Constant::new(vec![count], bounds[0].elements.like_from_f64(&values));
    importer.define_constant(site, y)
}

/// If whose condition is known: its branch stands in its place.
pub(super) fn branch<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let Value::Constant(condition) = importer.value(site, 0)? else {
        let fix = "fix the inputs it depends on (--value NAME=NUMBER), or export one branch";
        return Err(Blocker::new("branch on a condition computed at run time", fix).into());
    };
    let taken = condition.elements.to_f64().first().is_some_and(|&value| value != 0.0);
    let graph = site.graph(if taken { "then_branch" } else { "else_branch" })?;
    let values = importer.branch(graph)?;
    if values.len() < site.proto.output.len() {
        return Err(Blocker::malformed("a branch has fewer outputs than its If").into());
    }
    for (position, value) in values.into_iter().enumerate().take(site.proto.output.len()) {
        importer.define(site, position, value)?;
    }
    Ok(())
}
