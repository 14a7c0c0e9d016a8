//! Tensors: shape, element type, quantisation and constant bytes.

use std::sync::Arc;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 16-bit integer, little-endian.
    I16,
    /// Signed 32-bit integer, little-endian.
    I32,
    /// Signed 64-bit integer, little-endian.
    I64,
    /// IEEE 754 single precision, little-endian.
    F32,
    /// One byte, 0 or 1.
    Bool,
}

impl ElementType {
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 => 8,
        }
    }

    /// Name as tools print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::Bool => "bool",
        }
    }
}

/// Affine quantisation: real = scale × (stored − zero point).
///
/// One entry in `scales` and `zero_points` for a per-tensor parameter; as many as the tensor's extent along `axis`
/// for per-channel weights (whose zero points are 0).
#[derive(Clone, Debug, PartialEq)]
pub struct Quantization {
    /// Scales, finite and above 0.
    pub scales: Vec<f32>,
    /// Zero points, within the element type's range.
    pub zero_points: Vec<i32>,
    /// Axis of per-channel parameters; ignored when there is one scale.
    pub axis: usize,
}

impl Quantization {
    /// Per-tensor parameters.
    pub fn per_tensor(scale: f32, zero_point: i32) -> Self {
        Self { scales: vec![scale], zero_points: vec![zero_point], axis: 0 }
    }

    /// Scale of channel `channel`; the only scale when per tensor.
    pub fn scale(&self, channel: usize) -> f32 {
        if self.scales.len() == 1 { self.scales[0] } else { self.scales[channel] }
    }

    /// The first zero point; the tensor's when per tensor.
    pub fn zero_point(&self) -> i32 {
        self.zero_points.first().copied().unwrap_or(0)
    }

    /// True when there is one scale for the whole tensor.
    pub fn is_per_tensor(&self) -> bool {
        self.scales.len() == 1
    }
}

/// Constant bytes: little-endian, row-major, exactly `elements × element bytes`. Shared, never edited in place.
pub type TensorData = Arc<Vec<u8>>;

/// A tensor of the graph. Layout is row-major; images are NHWC.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Name in the source model, for people; need not be unique.
    pub name: String,
    /// Extents; an empty shape is a scalar.
    pub shape: Vec<usize>,
    /// Element type.
    pub element_type: ElementType,
    /// Quantisation of integer tensors that carry it.
    pub quantization: Option<Quantization>,
    /// Bytes of a constant.
    pub data: Option<TensorData>,
}

impl Tensor {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.elements() * self.element_type.bytes()
    }

    /// Shape padded with leading ones to four extents (batch, height, width, channels); none above rank 4.
    pub fn shape4(&self) -> Option<[usize; 4]> {
        let mut out = [1; 4];
        let skip = 4usize.checked_sub(self.shape.len())?;
        out[skip..].copy_from_slice(&self.shape);
        Some(out)
    }

    /// Constant elements of an int8 tensor.
    pub fn i8_data(&self) -> Option<Vec<i8>> {
        (self.element_type == ElementType::I8).then_some(())?;
        Some(self.data.as_ref()?.iter().map(|&byte| byte as i8).collect())
    }

    /// Constant elements of an int32 tensor.
    pub fn i32_data(&self) -> Option<Vec<i32>> {
        (self.element_type == ElementType::I32).then_some(())?;
        let chunks = self.data.as_ref()?.chunks_exact(4);
        Some(chunks.map(|c| i32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
    }

    /// Constant elements of an int64 tensor.
    pub fn i64_data(&self) -> Option<Vec<i64>> {
        (self.element_type == ElementType::I64).then_some(())?;
        Some(self.data.as_ref()?.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect())
    }

    /// Constant elements of a float32 tensor.
    pub fn f32_data(&self) -> Option<Vec<f32>> {
        (self.element_type == ElementType::F32).then_some(())?;
        let chunks = self.data.as_ref()?.chunks_exact(4);
        Some(chunks.map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
    }
}
