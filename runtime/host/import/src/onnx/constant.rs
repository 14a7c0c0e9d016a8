//! Constants: initialisers, Constant nodes and everything computed from them while importing.

use super::pb::TensorProto;
use super::pb::tensor_proto::{DataLocation, DataType};
use crate::Limits;
use crate::report::Blocker;
use mote_graph::{ElementType, Quantization, Tensor};
use std::sync::Arc;

/// Elements of a constant, row-major. Half floats are widened to `F32`, which loses nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Elements {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I8(Vec<i8>),
    U8(Vec<u8>),
    I16(Vec<i16>),
    U16(Vec<u16>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    Bool(Vec<bool>),
}

/// One expression for whichever vector the elements are in.
macro_rules! each {
    ($elements:expr, $list:ident => $body:expr) => {
        match $elements {
            Elements::F32($list) => $body,
            Elements::F64($list) => $body,
            Elements::I8($list) => $body,
            Elements::U8($list) => $body,
            Elements::I16($list) => $body,
            Elements::U16($list) => $body,
            Elements::I32($list) => $body,
            Elements::U32($list) => $body,
            Elements::I64($list) => $body,
            Elements::U64($list) => $body,
            Elements::Bool($list) => $body,
        }
    };
}

/// As [`each`], giving elements of the same type.
macro_rules! same {
    ($elements:expr, $list:ident => $body:expr) => {
        match $elements {
            Elements::F32($list) => Elements::F32($body),
            Elements::F64($list) => Elements::F64($body),
            Elements::I8($list) => Elements::I8($body),
            Elements::U8($list) => Elements::U8($body),
            Elements::I16($list) => Elements::I16($body),
            Elements::U16($list) => Elements::U16($body),
            Elements::I32($list) => Elements::I32($body),
            Elements::U32($list) => Elements::U32($body),
            Elements::I64($list) => Elements::I64($body),
            Elements::U64($list) => Elements::U64($body),
            Elements::Bool($list) => Elements::Bool($body),
        }
    };
}

impl Elements {
    pub fn len(&self) -> usize {
        each!(self, list => list.len())
    }

    /// Type, as ONNX spells it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::F32(_) => "FLOAT",
            Self::F64(_) => "DOUBLE",
            Self::I8(_) => "INT8",
            Self::U8(_) => "UINT8",
            Self::I16(_) => "INT16",
            Self::U16(_) => "UINT16",
            Self::I32(_) => "INT32",
            Self::U32(_) => "UINT32",
            Self::I64(_) => "INT64",
            Self::U64(_) => "UINT64",
            Self::Bool(_) => "BOOL",
        }
    }

    pub fn is_float(&self) -> bool {
        matches!(self, Self::F32(_) | Self::F64(_))
    }

    /// The elements at `indices`, which are within [`Self::len`].
    pub fn pick(&self, indices: &[usize]) -> Self {
        same!(self, list => indices.iter().map(|&index| list[index]).collect())
    }

    /// All elements as f64; exact but for 64-bit integers above 2^53.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::F32(list) => list.iter().map(|&v| v.into()).collect(),
            Self::F64(list) => list.clone(),
            Self::I8(list) => list.iter().map(|&v| v.into()).collect(),
            Self::U8(list) => list.iter().map(|&v| v.into()).collect(),
            Self::I16(list) => list.iter().map(|&v| v.into()).collect(),
            Self::U16(list) => list.iter().map(|&v| v.into()).collect(),
            Self::I32(list) => list.iter().map(|&v| v.into()).collect(),
            Self::U32(list) => list.iter().map(|&v| v.into()).collect(),
            Self::I64(list) => list.iter().map(|&v| v as f64).collect(),
            Self::U64(list) => list.iter().map(|&v| v as f64).collect(),
            Self::Bool(list) => list.iter().map(|&v| f64::from(u8::from(v))).collect(),
        }
    }

    /// All elements as i64; none for floats and for values beyond i64.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        Some(match self {
            Self::F32(_) | Self::F64(_) => return None,
            Self::I8(list) => list.iter().map(|&v| v.into()).collect(),
            Self::U8(list) => list.iter().map(|&v| v.into()).collect(),
            Self::I16(list) => list.iter().map(|&v| v.into()).collect(),
            Self::U16(list) => list.iter().map(|&v| v.into()).collect(),
            Self::I32(list) => list.iter().map(|&v| v.into()).collect(),
            Self::U32(list) => list.iter().map(|&v| v.into()).collect(),
            Self::I64(list) => list.clone(),
            Self::U64(list) => list.iter().map(|&v| i64::try_from(v).ok()).collect::<Option<_>>()?,
            Self::Bool(list) => list.iter().map(|&v| v.into()).collect(),
        })
    }

    /// Values of f64 in the type of `self`, converted as `as` does.
    pub fn like_from_f64(&self, values: &[f64]) -> Self {
        match self {
            Self::F32(_) => Self::F32(values.iter().map(|&v| v as f32).collect()),
            Self::F64(_) => Self::F64(values.to_vec()),
            Self::I8(_) => Self::I8(values.iter().map(|&v| v as i8).collect()),
            Self::U8(_) => Self::U8(values.iter().map(|&v| v as u8).collect()),
            Self::I16(_) => Self::I16(values.iter().map(|&v| v as i16).collect()),
            Self::U16(_) => Self::U16(values.iter().map(|&v| v as u16).collect()),
            Self::I32(_) => Self::I32(values.iter().map(|&v| v as i32).collect()),
            Self::U32(_) => Self::U32(values.iter().map(|&v| v as u32).collect()),
            Self::I64(_) => Self::I64(values.iter().map(|&v| v as i64).collect()),
            Self::U64(_) => Self::U64(values.iter().map(|&v| v as u64).collect()),
            Self::Bool(_) => Self::Bool(values.iter().map(|&v| v != 0.0).collect()),
        }
    }

    /// Values of i64 in the type of `self`, wrapped as `as` does.
    pub fn like_from_i64(&self, values: &[i64]) -> Self {
        match self {
            Self::F32(_) => Self::F32(values.iter().map(|&v| v as f32).collect()),
            Self::F64(_) => Self::F64(values.iter().map(|&v| v as f64).collect()),
            Self::I8(_) => Self::I8(values.iter().map(|&v| v as i8).collect()),
            Self::U8(_) => Self::U8(values.iter().map(|&v| v as u8).collect()),
            Self::I16(_) => Self::I16(values.iter().map(|&v| v as i16).collect()),
            Self::U16(_) => Self::U16(values.iter().map(|&v| v as u16).collect()),
            Self::I32(_) => Self::I32(values.iter().map(|&v| v as i32).collect()),
            Self::U32(_) => Self::U32(values.iter().map(|&v| v as u32).collect()),
            Self::I64(_) => Self::I64(values.to_vec()),
            Self::U64(_) => Self::U64(values.iter().map(|&v| v as u64).collect()),
            Self::Bool(_) => Self::Bool(values.iter().map(|&v| v != 0).collect()),
        }
    }

    /// No elements, of the type of `data_type`; none for types that are not imported.
    pub fn empty(data_type: DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Float | DataType::Float16 | DataType::Bfloat16 => Self::F32(Vec::new()),
            DataType::Double => Self::F64(Vec::new()),
            DataType::Int8 => Self::I8(Vec::new()),
            DataType::Uint8 => Self::U8(Vec::new()),
            DataType::Int16 => Self::I16(Vec::new()),
            DataType::Uint16 => Self::U16(Vec::new()),
            DataType::Int32 => Self::I32(Vec::new()),
            DataType::Uint32 => Self::U32(Vec::new()),
            DataType::Int64 => Self::I64(Vec::new()),
            DataType::Uint64 => Self::U64(Vec::new()),
            DataType::Bool => Self::Bool(Vec::new()),
            _ => return None,
        })
    }
}

/// A constant in the source's own order of axes.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    /// Extents; may hold a 0.
    pub shape: Vec<usize>,
    /// Exactly as many elements as the shape says.
    pub elements: Arc<Elements>,
    /// For floats that were dequantised: how they were stored. The graph's float tensor carries it on to the pass that
    /// makes integer operators.
    pub stored_as: Option<Quantization>,
}

impl Constant {
    /// A constant; `elements` fits `shape`.
    pub fn new(shape: Vec<usize>, elements: Elements) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), elements.len());
        Self { shape, elements: Arc::new(elements), stored_as: None }
    }

    pub fn floats(shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self::new(shape, Elements::F32(values))
    }

    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Elements as f32; none for integers.
    pub fn f32s(&self) -> Option<Vec<f32>> {
        match &*self.elements {
            Elements::F32(list) => Some(list.clone()),
            Elements::F64(list) => Some(list.iter().map(|&v| v as f32).collect()),
            _ => None,
        }
    }

    /// The one element as f32 (of any type); none when there are more.
    pub fn scalar(&self) -> Option<f32> {
        match self.elements.to_f64().as_slice() {
            [value] => Some(*value as f32),
            _ => None,
        }
    }

    /// The constant with another shape of as many elements.
    pub fn reshaped(&self, shape: Vec<usize>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), self.len());
        let stored_as = self.stored_as.clone().and_then(|stored| reshaped_axis(stored, &self.shape, &shape));
        Self { shape, elements: self.elements.clone(), stored_as }
    }

    /// Axis i of the result is axis `permutation[i]`.
    pub fn transposed(&self, permutation: &[usize]) -> Self {
        let shape: Vec<usize> = permutation.iter().map(|&axis| self.shape[axis]).collect();
        let strides = strides(&self.shape);
        let steps: Vec<usize> = permutation.iter().map(|&axis| strides[axis]).collect();
        let stored_as = self.stored_as.clone().map(|mut stored| {
            stored.axis = permutation.iter().position(|&axis| axis == stored.axis).unwrap_or(stored.axis);
            stored
        });
        Self { stored_as, ..Self::new(shape.clone(), self.elements.pick(&strided(&shape, &steps))) }
    }

    /// The slices of axis `axis` at `indices`.
    pub fn along(&self, axis: usize, indices: &[usize]) -> Self {
        let mut shape = self.shape.clone();
        let inner: usize = shape[axis + 1..].iter().product();
        let (outer, extent): (usize, usize) = (shape[..axis].iter().product(), shape[axis]);
        shape[axis] = indices.len();
        let start = |block: usize, index: usize| (block * extent + index) * inner;
        let places: Vec<usize> = (0..outer)
            .flat_map(|block| indices.iter().map(move |&index| start(block, index)))
            .flat_map(|first| first..first + inner)
            .collect();
        let stored_as = self.stored_as.clone().map(|mut stored| {
            if !stored.is_per_tensor() && stored.axis == axis {
                stored.scales = indices.iter().map(|&index| stored.scales[index]).collect();
                stored.zero_points = indices.iter().map(|&index| stored.zero_points[index]).collect();
            }
            stored
        });
        Self { stored_as, ..Self::new(shape, self.elements.pick(&places)) }
    }

    /// Repeated along axes of extent 1 to `shape`, whose rank may be greater; none when the shapes do not fit.
    pub fn broadcast(&self, shape: &[usize]) -> Option<Self> {
        let missing = shape.len().checked_sub(self.shape.len())?;
        let own = strides(&self.shape);
        let mut steps = vec![0; shape.len()];
        for (axis, (&extent, stride)) in self.shape.iter().zip(own).enumerate() {
            match (extent, shape[missing + axis]) {
                (extent, wanted) if extent == wanted => steps[missing + axis] = stride,
                (1, _) => {}
                _ => return None,
            }
        }
        Some(Self::new(shape.to_vec(), self.elements.pick(&strided(shape, &steps))))
    }

    /// The graph's tensor; DOUBLE becomes float32.
    pub fn to_tensor(&self, name: &str) -> Result<Tensor, Blocker> {
        let (element_type, bytes) = match &*self.elements {
            Elements::F32(list) => (ElementType::F32, list.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Elements::F64(list) => (ElementType::F32, list.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect()),
            Elements::I8(list) => (ElementType::I8, list.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Elements::U8(list) => (ElementType::U8, list.clone()),
            Elements::I16(list) => (ElementType::I16, list.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Elements::I32(list) => (ElementType::I32, list.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Elements::I64(list) => (ElementType::I64, list.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Elements::Bool(list) => (ElementType::Bool, list.iter().map(|&v| u8::from(v)).collect()),
            other => {
                let reason = format!("a constant of type {} reaches a computed operator", other.type_name());
                let fix = "use FLOAT, INT32 or 8-bit types in the model";
                return Err(Blocker::new(reason, fix).of(name));
            }
        };
        let data = Some(Arc::new(bytes));
        let quantization = self.stored_as.clone();
        Ok(Tensor { name: name.into(), shape: self.shape.clone(), element_type, quantization, data })
    }

    /// Reads an initialiser or the value of a Constant node.
    ///
    /// # Errors
    /// Data outside the file, a type that is not imported, more than `limits` allow, or bytes that do not fit the shape.
    pub fn from_proto(proto: &TensorProto, limits: &Limits) -> Result<Self, Blocker> {
        let named = |blocker: Blocker| blocker.of(proto.name.clone());
        if proto.data_location == Some(DataLocation::External as i32) || !proto.external_data.is_empty() {
            let location = proto.external_data.iter().find(|entry| entry.key == "location");
            let file = location.map_or("another file", |entry| entry.value.as_str());
            let fix = "save the model with its weights inside (onnx.save with save_as_external_data=False)";
            return Err(named(Blocker::new(format!("its data is in {file}, outside the model"), fix)));
        }
        let shape = extents(&proto.dims, limits).map_err(named)?;
        let count = shape.iter().product();
        let elements = decode(proto, count).map_err(named)?;
        if elements.len() != count {
            let reason = format!("{} elements for shape {shape:?}", elements.len());
            return Err(named(Blocker::malformed(reason)));
        }
        Ok(Self::new(shape, elements))
    }
}

/// The quantisation of a tensor under another shape; none where its channels are no axis any more.
fn reshaped_axis(mut stored: Quantization, from: &[usize], to: &[usize]) -> Option<Quantization> {
    if stored.is_per_tensor() {
        return Some(stored);
    }
    let outer: usize = from.get(..stored.axis)?.iter().product();
    let extent = *from.get(stored.axis)?;
    let mut before = 1;
    let axis = to.iter().position(|&other| {
        let found = other == extent && before == outer;
        before *= other;
        found
    });
    stored.axis = axis?;
    Some(stored)
}

/// Strides in elements of a row-major tensor.
pub(crate) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

/// Positions of all elements of `shape`, row-major, in a source that advances by `steps` per axis.
pub(crate) fn strided(shape: &[usize], steps: &[usize]) -> Vec<usize> {
    let mut positions = vec![0; shape.iter().product::<usize>().min(1)];
    for (&extent, &step) in shape.iter().zip(steps) {
        let inner = |&base: &usize| (0..extent).map(move |index| base + index * step);
        positions = positions.iter().flat_map(inner).collect();
    }
    positions
}

/// Extents from the file: not negative, and within the limits.
pub(crate) fn extents(dims: &[i64], limits: &Limits) -> Result<Vec<usize>, Blocker> {
    if dims.len() > limits.rank {
        return Err(too_many_axes(dims.len(), limits));
    }
    let shape = dims.iter().map(|&extent| usize::try_from(extent).ok()).collect::<Option<Vec<_>>>();
    let shape = shape.ok_or_else(|| Blocker::malformed(format!("negative extent in shape {dims:?}")))?;
    check_size(&shape, limits)?;
    Ok(shape)
}

/// Refuses shapes of too many axes or elements.
pub(crate) fn check_size(shape: &[usize], limits: &Limits) -> Result<(), Blocker> {
    if shape.len() > limits.rank {
        return Err(too_many_axes(shape.len(), limits));
    }
    // Without the zeros, so that no product of the other extents can overflow later.
    let elements = shape.iter().try_fold(1usize, |total, &extent| total.checked_mul(extent.max(1)));
    if elements.is_none_or(|elements| elements > limits.tensor_elements) {
        let reason = format!("shape {shape:?} has more than {} elements", limits.tensor_elements);
        return Err(Blocker::new(reason, "use a smaller tensor"));
    }
    Ok(())
}

fn too_many_axes(rank: usize, limits: &Limits) -> Blocker {
    Blocker::new(format!("{rank} axes, at most {} are supported", limits.rank), "use a tensor of fewer axes")
}

fn decode(proto: &TensorProto, count: usize) -> Result<Elements, Blocker> {
    let Ok(data_type) = DataType::try_from(proto.data_type) else {
        return Err(Blocker::malformed(format!("unknown element type {}", proto.data_type)));
    };
    let raw = &proto.raw_data;
    let use_raw = !raw.is_empty() || count == 0;
    let ints = &proto.int32_data;
    macro_rules! numbers {
        ($variant:ident, $type:ty, $typed:expr) => {
            Elements::$variant(if use_raw { from_raw!($type, raw)? } else { $typed })
        };
    }
    macro_rules! from_raw {
        ($type:ty, $raw:expr) => {{
            let (chunks, rest) = $raw.as_chunks::<{ size_of::<$type>() }>();
            match rest {
                [] => Ok(chunks.iter().map(|&chunk| <$type>::from_le_bytes(chunk)).collect::<Vec<_>>()),
                _ => Err(Blocker::malformed(format!("{} raw bytes are not whole elements", $raw.len()))),
            }
        }};
    }
    let halves = || -> Result<Vec<u16>, Blocker> {
        if use_raw { from_raw!(u16, raw) } else { Ok(ints.iter().map(|&v| v as u16).collect()) }
    };
    Ok(match data_type {
        DataType::Float => numbers!(F32, f32, proto.float_data.clone()),
        DataType::Double => numbers!(F64, f64, proto.double_data.clone()),
        DataType::Int8 => numbers!(I8, i8, ints.iter().map(|&v| v as i8).collect()),
        DataType::Uint8 => numbers!(U8, u8, ints.iter().map(|&v| v as u8).collect()),
        DataType::Int16 => numbers!(I16, i16, ints.iter().map(|&v| v as i16).collect()),
        DataType::Uint16 => numbers!(U16, u16, ints.iter().map(|&v| v as u16).collect()),
        DataType::Int32 => numbers!(I32, i32, ints.clone()),
        DataType::Int64 => numbers!(I64, i64, proto.int64_data.clone()),
        DataType::Uint32 => numbers!(U32, u32, proto.uint64_data.iter().map(|&v| v as u32).collect()),
        DataType::Uint64 => numbers!(U64, u64, proto.uint64_data.clone()),
        DataType::Bool => {
            let bytes = if use_raw { raw.clone() } else { ints.iter().map(|&v| u8::from(v != 0)).collect() };
            Elements::Bool(bytes.into_iter().map(|v| v != 0).collect())
        }
        DataType::Float16 => Elements::F32(halves()?.into_iter().map(half_to_f32).collect()),
        DataType::Bfloat16 => {
            Elements::F32(halves()?.into_iter().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect())
        }
        other => {
            let reason = format!("elements of type {}", other.as_str_name());
            return Err(Blocker::new(reason, "export the model with float32 or 8-bit tensors"));
        }
    })
}

/// IEEE 754 half precision to single, exactly.
fn half_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let (exponent, mantissa) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => return f32::from_bits(sign) + f32::from_bits(sign | 0x3f80_0000) * (mantissa as f32 / 16_777_216.0),
        31 => 0x7f80_0000 | mantissa << 13,
        _ => (exponent + 112) << 23 | mantissa << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::{Constant, half_to_f32};

    #[test]
    fn half_floats_widen_exactly() {
        for (bits, value) in [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 2f32.powi(-24)), (0x7bff, 65504.0)] {
            assert_eq!(half_to_f32(bits), value);
        }
        assert!(half_to_f32(0x7e00).is_nan());
        assert_eq!(half_to_f32(0xfc00), f32::NEG_INFINITY);
    }

    #[test]
    fn constants_transpose_and_broadcast() {
        let constant = Constant::floats(vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(constant.transposed(&[1, 0]).f32s().unwrap(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        let row = Constant::floats(vec![2], vec![7.0, 8.0]);
        assert_eq!(row.broadcast(&[2, 2]).unwrap().f32s().unwrap(), [7.0, 8.0, 7.0, 8.0]);
        assert!(row.broadcast(&[2, 3]).is_none());
    }
}
