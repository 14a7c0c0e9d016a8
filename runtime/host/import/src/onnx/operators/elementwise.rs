//! Elementwise operators of two and more inputs.

use crate::importer::Outcome;
use crate::onnx::affine::{Affine, fold_into_producer};
use crate::onnx::constant::{Constant, Elements};
use crate::onnx::fold::{self, Arithmetic};
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::report::Blocker;
use mote_graph::{BinaryKind, UnaryKind};

/// Adds, or folds an addition of constants into the operator before it.
pub(super) fn add<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (a, b) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let y = match (&a, &b) {
        (Value::Computed(x), Value::Constant(shift)) | (Value::Constant(shift), Value::Computed(x)) => {
            fold_into_producer(importer, site, x, &Affine::shift(shift))?
        }
        _ => None,
    };
    let y = match y {
        Some(folded) => Value::Computed(folded),
        None => importer.binary(site, BinaryKind::Add, &a, &b)?,
    };
    importer.define(site, 0, y)
}

pub(super) fn subtract<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (a, b) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let y = match (&a, &b) {
        (Value::Computed(x), Value::Constant(shift)) if shift.elements.is_float() => {
            match importer.unary(site, UnaryKind::Negate, &b)? {
                Value::Constant(negated) => fold_into_producer(importer, site, x, &Affine::shift(&negated))?,
                Value::Computed(_) => None,
            }
        }
        _ => None,
    };
    let y = match y {
        Some(folded) => Value::Computed(folded),
        None => importer.binary(site, BinaryKind::Subtract, &a, &b)?,
    };
    importer.define(site, 0, y)
}

pub(super) fn multiply<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (a, b) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let y = product(importer, site, &a, &b)?;
    importer.define(site, 0, y)
}

fn product<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, a: &Value, b: &Value) -> Outcome<Value> {
    let folded = match (a, b) {
        (Value::Computed(x), Value::Constant(scale)) | (Value::Constant(scale), Value::Computed(x)) => {
            fold_into_producer(importer, site, x, &Affine::scale(scale))?
        }
        _ => None,
    };
    match folded {
        Some(folded) => Ok(Value::Computed(folded)),
        None => importer.binary(site, BinaryKind::Multiply, a, b),
    }
}

/// a ÷ b as a × (1 ÷ b): within one unit in the last place.
pub(super) fn divide<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (a, b) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let y = match (&a, &b) {
        (Value::Constant(a), Value::Constant(b)) => Value::Constant(fold::binary(importer, Arithmetic::Divide, a, b)?),
        _ => {
            let inverse = importer.unary(site, UnaryKind::Reciprocal, &b)?;
            product(importer, site, &a, &inverse)?
        }
    };
    importer.define(site, 0, y)
}

/// Max, Min and Sum of any number of inputs.
fn variadic<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, kind: BinaryKind) -> Outcome<Value> {
    let values = importer.all_values(site)?;
    let mut rest = values.into_iter();
    let mut total = rest.next().ok_or_else(|| Blocker::malformed("no inputs"))?;
    for value in rest {
        total = importer.binary(site, kind, &total, &value)?;
    }
    Ok(total)
}

pub(super) fn maximum<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let y = variadic(importer, site, BinaryKind::Maximum)?;
    importer.define(site, 0, y)
}

pub(super) fn minimum<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let y = variadic(importer, site, BinaryKind::Minimum)?;
    importer.define(site, 0, y)
}

pub(super) fn sum<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let y = variadic(importer, site, BinaryKind::Add)?;
    importer.define(site, 0, y)
}

pub(super) fn mean<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let total = variadic(importer, site, BinaryKind::Add)?;
    let share = Importer::scalar(1.0 / site.proto.input.len().max(1) as f32);
    let y = importer.binary(site, BinaryKind::Multiply, &total, &share)?;
    importer.define(site, 0, y)
}

/// Powers with a constant exponent that the graph's operators express.
pub(super) fn power<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (x, exponent) = (importer.value(site, 0)?, importer.value(site, 1)?);
    let y = match (&x, &exponent) {
        (Value::Constant(a), Value::Constant(b)) => Value::Constant(fold::binary(importer, Arithmetic::Power, a, b)?),
        (Value::Computed(_), Value::Constant(exponent)) => {
            let unfit = || Blocker::new("power with an exponent other than ±0.5, ±1, 2, 3, 4", "rewrite it with Mul");
            let square = |importer: &mut Importer<'m>, x: &Value| importer.binary(site, BinaryKind::Multiply, x, x);
            match exponent.scalar().ok_or_else(unfit)? {
                1.0 => x,
                0.5 => importer.unary(site, UnaryKind::Sqrt, &x)?,
                -0.5 => importer.unary(site, UnaryKind::Rsqrt, &x)?,
                -1.0 => importer.unary(site, UnaryKind::Reciprocal, &x)?,
                2.0 => square(importer, &x)?,
                3.0 => {
                    let squared = square(importer, &x)?;
                    importer.binary(site, BinaryKind::Multiply, &squared, &x)?
                }
                4.0 => {
                    let squared = square(importer, &x)?;
                    square(importer, &squared)?
                }
                _ => return Err(unfit().into()),
            }
        }
        _ => {
            let fix = "use a constant exponent";
            return Err(Blocker::new("power with an exponent computed at run time", fix).into());
        }
    };
    importer.define(site, 0, y)
}

/// Comparisons, logical operators and Mod: on constants only.
pub(super) fn constant_only<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let kind = match site.proto.op_type.as_str() {
        "Equal" => Arithmetic::Equal,
        "Less" => Arithmetic::Less,
        "LessOrEqual" => Arithmetic::LessOrEqual,
        "Greater" => Arithmetic::Greater,
        "GreaterOrEqual" => Arithmetic::GreaterOrEqual,
        "And" => Arithmetic::And,
        "Or" => Arithmetic::Or,
        "Xor" => Arithmetic::Xor,
        _ => Arithmetic::Modulo,
    };
    let (Value::Constant(a), Value::Constant(b)) = (importer.value(site, 0)?, importer.value(site, 1)?) else {
        let fix = "keep decisions outside the model, or fix the inputs they depend on (--value NAME=NUMBER)";
        return Err(Blocker::new("comparison or logic on values computed at run time", fix).into());
    };
    let y = fold::binary(importer, kind, &a, &b)?;
    importer.define_constant(site, y)
}

pub(super) fn not<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.constant(site, 0, "operand of Not")?;
    let truths = x.elements.to_f64().into_iter().map(|value| value == 0.0).collect();
    importer.define_constant(site, Constant::new(x.shape, Elements::Bool(truths)))
}

/// Where with a constant condition: a choice made here, or a masked sum.
pub(super) fn select<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let condition = importer.constant(site, 0, "condition")?;
    let (a, b) = (importer.value(site, 1)?, importer.value(site, 2)?);
    let truths: Vec<bool> = condition.elements.to_f64().into_iter().map(|value| value != 0.0).collect();
    let shape = fold_shape(&condition.shape, a.shape(), b.shape())?;
    let all = |wanted: bool| truths.iter().all(|&truth| truth == wanted);
    let one = if all(true) {
        Some(&a)
    } else if all(false) {
        Some(&b)
    } else {
        None
    };
    let y = match (one, &a, &b) {
        (Some(chosen), _, _) if chosen.shape() == shape => chosen.clone(),
        (_, Value::Constant(a), Value::Constant(b)) => {
            let unfit = || Blocker::malformed("operands do not go together");
            let condition = condition.broadcast(&shape).ok_or_else(unfit)?;
            let (a, b) = (a.broadcast(&shape).ok_or_else(unfit)?, b.broadcast(&shape).ok_or_else(unfit)?);
            let count = a.len();
            importer.reserve(count.saturating_mul(24))?;
            let (truths, x, z) = (condition.elements.to_f64(), a.elements.to_f64(), b.elements.to_f64());
            let chosen: Vec<f64> = (0..count).map(|at| if truths[at] != 0.0 { x[at] } else { z[at] }).collect();
            Value::Constant(Constant::new(shape, a.elements.like_from_f64(&chosen)))
        }
        _ => {
            let infinite = |value: &Value| match value {
                Value::Constant(constant) => constant.elements.to_f64().iter().any(|value| !value.is_finite()),
                Value::Computed(_) => false,
            };
            if infinite(&a) || infinite(&b) {
                let fix = "use a large finite number, such as -10000, in place of infinity";
                return Err(Blocker::new("masks with an infinite constant", fix).into());
            }
            let mask = |wanted: bool| {
                let list = truths.iter().map(|&truth| f32::from(u8::from(truth == wanted))).collect();
                Value::Constant(Constant::floats(condition.shape.clone(), list))
            };
            let first = importer.binary(site, BinaryKind::Multiply, &a, &mask(true))?;
            let second = importer.binary(site, BinaryKind::Multiply, &b, &mask(false))?;
            importer.binary(site, BinaryKind::Add, &first, &second)?
        }
    };
    importer.define(site, 0, y)
}

fn fold_shape(a: &[usize], b: &[usize], c: &[usize]) -> Result<Vec<usize>, Blocker> {
    use crate::onnx::compose::broadcast_shape;
    broadcast_shape(&broadcast_shape(a, b)?, c)
}
