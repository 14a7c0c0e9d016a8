//! Values that go into a model and come out of it.

use crate::error::Error;
use crate::limits;
use tract_onnx::prelude::{DatumType, TValue, Tensor as TractTensor, TractResult, tract_ndarray};

/// Element type of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the types'")]
pub enum ElementType {
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
}

impl ElementType {
    /// The type's name, e.g. `float32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        }
    }

    /// True for the float types.
    pub fn is_real(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    pub(crate) fn of(datum: DatumType) -> Option<Self> {
        Some(match datum {
            DatumType::F16 => Self::F16,
            DatumType::F32 => Self::F32,
            DatumType::F64 => Self::F64,
            DatumType::I8 => Self::I8,
            DatumType::I16 => Self::I16,
            DatumType::I32 => Self::I32,
            DatumType::I64 | DatumType::TDim => Self::I64,
            DatumType::U8 => Self::U8,
            DatumType::U16 => Self::U16,
            DatumType::U32 => Self::U32,
            DatumType::U64 => Self::U64,
            DatumType::Bool => Self::Bool,
            _ => return None,
        })
    }
}

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name in the file.
    pub name: String,
    /// Extents, row-major; empty for a scalar. An output whose extents depend on values has none known: see
    /// [`Tensor::shape`] of what comes out.
    pub shape: Option<Vec<usize>>,
    /// Type of its elements.
    pub element_type: ElementType,
}

/// Elements, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Float elements of any width, as float32.
    Real(Vec<f32>),
    /// Integers of any width and bool, widened.
    Integer(Vec<i64>),
}

impl Elements {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Real(values) => values.len(),
            Self::Integer(values) => values.len(),
        }
    }

    /// True without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An array.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Extents, row-major.
    pub shape: Vec<usize>,
    /// Elements.
    pub elements: Elements,
}

/// The array as tract's tensor of the port's type.
///
/// # Errors
/// It has another shape, or an integer does not fit the port's type, or reals stand where integers are wanted.
pub(crate) fn to_tract(tensor: &Tensor, port: &Port, datum: DatumType) -> Result<TValue, Error> {
    let refuse = |reason: String| Error::Inputs { reason: format!("input '{}': {reason}", port.name) };
    if port.shape.as_ref().is_some_and(|shape| *shape != tensor.shape) {
        let wanted = port.shape.as_deref().unwrap_or_default();
        return Err(refuse(format!("the model takes shape {wanted:?}, the array has {:?}", tensor.shape)));
    }
    if limits::elements(&port.name, tensor.shape.iter().copied())? != tensor.elements.len() {
        return Err(refuse(format!("shape {:?} but {} elements", tensor.shape, tensor.elements.len())));
    }
    let wide = match &tensor.elements {
        Elements::Real(values) => {
            tract_ndarray::ArrayD::from_shape_vec(&*tensor.shape, values.clone()).map(TractTensor::from)
        }
        Elements::Integer(values) => {
            tract_ndarray::ArrayD::from_shape_vec(&*tensor.shape, values.clone()).map(TractTensor::from)
        }
    };
    let wide = wide.map_err(|error| refuse(error.to_string()))?;
    match &tensor.elements {
        Elements::Real(_) if !port.element_type.is_real() => {
            return Err(refuse(format!("real values for {}: give integers", port.element_type.name())));
        }
        Elements::Integer(values) => {
            let (low, high) = range(port.element_type);
            if let Some(beyond) = values.iter().find(|&&value| value < low || value > high) {
                return Err(refuse(format!("{beyond} is no {}", port.element_type.name())));
            }
        }
        Elements::Real(_) => {}
    }
    let cast = wide.cast_to_dt(datum).map_err(|error| refuse(error.to_string()))?;
    Ok(cast.into_owned().into())
}

/// Least and greatest integer of a type; reals take them all.
fn range(element_type: ElementType) -> (i64, i64) {
    use ElementType as T;
    match element_type {
        T::I8 => (i8::MIN.into(), i8::MAX.into()),
        T::I16 => (i16::MIN.into(), i16::MAX.into()),
        T::I32 => (i32::MIN.into(), i32::MAX.into()),
        T::U8 => (0, u8::MAX.into()),
        T::U16 => (0, u16::MAX.into()),
        T::U32 => (0, u32::MAX.into()),
        T::U64 => (0, i64::MAX),
        T::Bool => (0, 1),
        T::I64 | T::F16 | T::F32 | T::F64 => (i64::MIN, i64::MAX),
    }
}

/// tract's tensor as an array.
pub(crate) fn from_tract(value: &TractTensor) -> TractResult<Tensor> {
    let shape = value.shape().to_vec();
    let real = ElementType::of(value.datum_type()).is_some_and(ElementType::is_real);
    let elements = if real {
        let cast = value.cast_to::<f32>()?;
        Elements::Real(cast.to_plain_array_view::<f32>()?.iter().copied().collect())
    } else {
        let cast = value.cast_to::<i64>()?;
        Elements::Integer(cast.to_plain_array_view::<i64>()?.iter().copied().collect())
    };
    Ok(Tensor { shape, elements })
}
