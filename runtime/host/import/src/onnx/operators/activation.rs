//! Operators of one input, and activations with constant parameters.

use crate::importer::Outcome;
use crate::onnx::affine::fuse_activation;
use crate::onnx::constant::{Constant, Elements};
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::report::Blocker;
use mote_graph::{Activation, BinaryKind, UnaryKind};

/// Applies `kind`, fused into the operator before it where that has such an activation.
fn apply<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, kind: UnaryKind) -> Outcome {
    let x = importer.value(site, 0)?;
    let activation = match kind {
        UnaryKind::Relu => Some(Activation::Relu),
        UnaryKind::Relu6 => Some(Activation::Relu6),
        UnaryKind::ReluN1To1 => Some(Activation::ReluN1To1),
        _ => None,
    };
    if let (Value::Computed(view), Some(activation)) = (&x, activation)
        && fuse_activation(importer, site, view, activation)
    {
        return importer.define(site, 0, x);
    }
    let y = importer.unary(site, kind, &x)?;
    importer.define(site, 0, y)
}

/// Operators that are one function without parameters.
pub(super) fn function<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let kind = match site.proto.op_type.as_str() {
        "Abs" => UnaryKind::Abs,
        "Ceil" => UnaryKind::Ceil,
        "Erf" => UnaryKind::Erf,
        "Exp" => UnaryKind::Exp,
        "Floor" => UnaryKind::Floor,
        "Log" => UnaryKind::Log,
        "Mish" => UnaryKind::Mish,
        "Neg" => UnaryKind::Negate,
        "Reciprocal" => UnaryKind::Reciprocal,
        "Relu" => UnaryKind::Relu,
        "Round" => UnaryKind::Round,
        "Sigmoid" => UnaryKind::Logistic,
        "Sign" => UnaryKind::Sign,
        "Softplus" => UnaryKind::Softplus,
        "Sqrt" => UnaryKind::Sqrt,
        "Swish" if site.float_or("alpha", 1.0)? == 1.0 => UnaryKind::Silu,
        "Tanh" => UnaryKind::Tanh,
        other => return Err(Blocker::new(format!("{other} with these attributes"), "use the default ones").into()),
    };
    apply(importer, site, kind)
}

/// Activations whose parameters are attributes.
pub(super) fn parametric<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let kind = match site.proto.op_type.as_str() {
        "Celu" => {
            let alpha = site.float_or("alpha", 1.0)?;
            if alpha != 1.0 {
                return Err(Blocker::new(format!("Celu with alpha {alpha}"), "use Elu").into());
            }
            UnaryKind::Elu { alpha }
        }
        "Elu" => UnaryKind::Elu { alpha: site.float_or("alpha", 1.0)? },
        "Gelu" if site.text("approximate")? == Some("tanh") => UnaryKind::GeluTanh,
        "Gelu" => UnaryKind::Gelu,
        "HardSigmoid" => {
            UnaryKind::HardSigmoid { slope: site.float_or("alpha", 0.2)?, offset: site.float_or("beta", 0.5)? }
        }
        "HardSwish" => UnaryKind::HardSwish,
        _ => UnaryKind::LeakyRelu { alpha: site.float_or("alpha", 0.01)? },
    };
    apply(importer, site, kind)
}

/// Selu is a scaled Elu.
pub(super) fn selu<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let alpha = site.float_or("alpha", 1.673_263_2)?;
    let gamma = site.float_or("gamma", 1.050_701)?;
    let x = importer.value(site, 0)?;
    let bent = importer.unary(site, UnaryKind::Elu { alpha }, &x)?;
    let y = importer.binary(site, BinaryKind::Multiply, &bent, &Importer::scalar(gamma))?;
    importer.define(site, 0, y)
}

/// Clip, whose limits are attributes up to version 10 and inputs after.
pub(super) fn clip<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let mut limits = [f32::NEG_INFINITY, f32::INFINITY];
    for (position, (limit, attribute)) in limits.iter_mut().zip(["min", "max"]).enumerate() {
        let given = match importer.optional_constant(site, position + 1, attribute)? {
            Some(constant) => {
                let wrong = || Blocker::malformed(format!("{attribute} is no scalar"));
                Some(constant.scalar().ok_or_else(wrong)?)
            }
            None => site.float(attribute)?,
        };
        if let Some(given) = given.filter(|given| !given.is_nan()) {
            *limit = given;
        }
    }
    let kind = match limits {
        [0.0, 6.0] => UnaryKind::Relu6,
        [-1.0, 1.0] => UnaryKind::ReluN1To1,
        [0.0, max] if max >= f32::MAX => UnaryKind::Relu,
        [min, max] => UnaryKind::Clip { min, max },
    };
    apply(importer, site, kind)
}

/// PRelu with one constant slope is LeakyRelu; with several, max(x, 0) + slope × min(x, 0).
pub(super) fn prelu<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let (x, slope) = (importer.value(site, 0)?, importer.constant(site, 1, "slope")?);
    let list = slope.f32s().ok_or_else(|| Blocker::malformed("slope is not FLOAT"))?;
    if let Some(&alpha) = list.first().filter(|first| list.iter().all(|slope| slope == *first)) {
        let y = importer.unary(site, UnaryKind::LeakyRelu { alpha }, &x)?;
        return importer.define(site, 0, y);
    }
    let above = importer.unary(site, UnaryKind::Relu, &x)?;
    let below = importer.unary(site, UnaryKind::Clip { min: f32::NEG_INFINITY, max: 0.0 }, &x)?;
    let bent = importer.binary(site, BinaryKind::Multiply, &below, &Value::Constant(slope))?;
    let y = importer.binary(site, BinaryKind::Add, &above, &bent)?;
    importer.define(site, 0, y)
}

/// Identity, and Dropout as it is at inference.
pub(super) fn identity<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.value(site, 0)?;
    if site.output_name(1).is_some() {
        let shape = x.shape().to_vec();
        let count = shape.iter().product();
        importer.reserve(count)?;
        let mask = Constant::new(shape, Elements::Bool(vec![true; count]));
        importer.define(site, 1, Value::Constant(mask))?;
    }
    importer.define(site, 0, x)
}
