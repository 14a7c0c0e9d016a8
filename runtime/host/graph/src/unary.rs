//! What operators of one input compute, in real numbers.

use crate::UnaryKind;
use libm::{ceil, erf, exp, expm1, floor, log, log1p, rint, sqrt, tanh};

/// √(2/π), of GELU's approximation by the hyperbolic tangent (Hendrycks and Gimpel, 2016).
const GELU_TANH_FACTOR: f64 = 0.797_884_560_802_865_4;

impl UnaryKind {
    /// The function's value at `x`, in double precision: the same bits on every host.
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Logistic => 1.0 / (1.0 + exp(-x)),
            Self::Tanh => tanh(x),
            Self::Relu => x.max(0.0),
            Self::Relu6 => x.clamp(0.0, 6.0),
            Self::ReluN1To1 => x.clamp(-1.0, 1.0),
            Self::LeakyRelu { alpha } if x <= 0.0 => x * f64::from(alpha),
            Self::LeakyRelu { .. } => x,
            Self::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Self::Abs => x.abs(),
            Self::Exp => exp(x),
            Self::Log => log(x),
            Self::Sqrt => sqrt(x),
            Self::Rsqrt => 1.0 / sqrt(x),
            Self::Reciprocal => 1.0 / x,
            Self::Negate => -x,
            Self::Erf => erf(x),
            Self::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
            Self::GeluTanh => 0.5 * x * (1.0 + tanh(GELU_TANH_FACTOR * (x + 0.044_715 * x * x * x))),
            Self::Silu => x / (1.0 + exp(-x)),
            Self::Mish => x * tanh(softplus(x)),
            Self::Softplus => softplus(x),
            Self::Floor => floor(x),
            Self::Ceil => ceil(x),
            Self::Round => rint(x),
            Self::Sign if x == 0.0 => 0.0,
            Self::Sign => x.signum(),
            Self::Elu { alpha } if x <= 0.0 => f64::from(alpha) * expm1(x),
            Self::Elu { .. } => x,
            Self::HardSigmoid { slope, offset } => (f64::from(slope) * x + f64::from(offset)).clamp(0.0, 1.0),
            // Not `clamp`, which panics on limits that contradict each other.
            Self::Clip { min, max } => x.max(min.into()).min(max.into()),
        }
    }
}

/// ln(1 + e^x) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + log1p(exp(-x.abs()))
}
