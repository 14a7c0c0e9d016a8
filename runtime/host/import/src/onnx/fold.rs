//! Arithmetic on constants.

use super::compose::broadcast_shape;
use super::constant::{Constant, Elements};
use super::importer::Importer;
use crate::report::Blocker;
use mote_graph::BinaryKind;

/// Operators of two constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Maximum,
    Minimum,
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
}

impl From<BinaryKind> for Arithmetic {
    fn from(kind: BinaryKind) -> Self {
        match kind {
            BinaryKind::Add => Self::Add,
            BinaryKind::Subtract => Self::Subtract,
            BinaryKind::Multiply => Self::Multiply,
            BinaryKind::Maximum => Self::Maximum,
            BinaryKind::Minimum => Self::Minimum,
        }
    }
}

impl Arithmetic {
    /// Truth of a comparison or of a logical operator; none for arithmetic.
    fn truth<T: PartialOrd + Copy>(self, a: T, b: T, zero: T) -> Option<bool> {
        Some(match self {
            Self::Equal => a == b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::And => a != zero && b != zero,
            Self::Or => a != zero || b != zero,
            Self::Xor => (a != zero) != (b != zero),
            _ => return None,
        })
    }

    fn real(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Modulo => a % b,
            Self::Power => a.powf(b),
            Self::Maximum => a.max(b),
            Self::Minimum => a.min(b),
            _ => 0.0,
        }
    }

    /// None for a division by zero.
    fn integer(self, a: i64, b: i64) -> Option<i64> {
        Some(match self {
            Self::Add => a.wrapping_add(b),
            Self::Subtract => a.wrapping_sub(b),
            Self::Multiply => a.wrapping_mul(b),
            Self::Divide => a.checked_div(b)?,
            // The sign of the divisor, as in Python.
            Self::Modulo => {
                let rest = a.checked_rem(b)?;
                if rest != 0 && (rest < 0) != (b < 0) { rest.wrapping_add(b) } else { rest }
            }
            Self::Power => u32::try_from(b).map_or(0, |b| a.wrapping_pow(b)),
            Self::Maximum => a.max(b),
            Self::Minimum => a.min(b),
            _ => 0,
        })
    }
}

/// `a kind b`, broadcast. Comparisons give BOOL, arithmetic the type of `a`.
pub(crate) fn binary<'m>(
    importer: &mut Importer<'m>,
    kind: Arithmetic,
    a: &Constant,
    b: &Constant,
) -> Result<Constant, Blocker> {
    let shape = broadcast_shape(&a.shape, &b.shape)?;
    super::constant::check_size(&shape, &importer.options.limits)?;
    importer.reserve(shape.iter().product::<usize>().saturating_mul(8))?;
    let unfit = || Blocker::malformed("constants that do not go together");
    let (a, b) = (a.broadcast(&shape).ok_or_else(unfit)?, b.broadcast(&shape).ok_or_else(unfit)?);
    let ints = match (&*a.elements, &*b.elements) {
        (Elements::U64(_), _) | (_, Elements::U64(_)) => None,
        (a, b) => a.to_i64().zip(b.to_i64()),
    };
    let elements = if let Some((x, y)) = ints {
        let pairs = || x.iter().copied().zip(y.iter().copied());
        match pairs().map(|(x, y)| kind.truth(x, y, 0)).collect::<Option<Vec<bool>>>().filter(|_| kind.is_truth()) {
            Some(truths) => Elements::Bool(truths),
            None => {
                let values = pairs().map(|(x, y)| kind.integer(x, y)).collect::<Option<Vec<i64>>>();
                a.elements.like_from_i64(&values.ok_or_else(|| Blocker::malformed("divides a constant by zero"))?)
            }
        }
    } else {
        let (x, y) = (a.elements.to_f64(), b.elements.to_f64());
        let pairs = || x.iter().copied().zip(y.iter().copied());
        match pairs().map(|(x, y)| kind.truth(x, y, 0.0)).collect::<Option<Vec<bool>>>().filter(|_| kind.is_truth()) {
            Some(truths) => Elements::Bool(truths),
            None => a.elements.like_from_f64(&pairs().map(|(x, y)| kind.real(x, y)).collect::<Vec<f64>>()),
        }
    };
    Ok(Constant::new(shape, elements))
}

impl Arithmetic {
    /// True for comparisons and logical operators.
    pub fn is_truth(self) -> bool {
        self.truth(0, 0, 0).is_some()
    }
}
