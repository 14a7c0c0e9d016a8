//! Tensor contents as wide numbers.

use mote_graph::ElementType;

/// Elements of a tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Stored integers (or booleans as 0 and 1).
    Integers(Vec<i64>),
    /// Real numbers; of float32 tensors exactly representable ones.
    Reals(Vec<f64>),
}

impl Value {
    /// Reads little-endian elements.
    pub fn decode(element_type: ElementType, bytes: &[u8]) -> Self {
        let chunks = bytes.chunks_exact(element_type.bytes());
        let wide = |chunk: &[u8]| {
            let negative = chunk.last().is_some_and(|&byte| byte >= 128);
            let signed = !matches!(element_type, ElementType::U8 | ElementType::Bool);
            let mut all = [if negative && signed { 255 } else { 0 }; 8];
            all[..chunk.len()].copy_from_slice(chunk);
            i64::from_le_bytes(all)
        };
        match element_type {
            ElementType::F32 => {
                let real = |chunk: &[u8]| f64::from(f32::from_bits(wide(chunk) as u32));
                Self::Reals(chunks.map(real).collect())
            }
            _ => Self::Integers(chunks.map(wide).collect()),
        }
    }

    /// Writes little-endian elements.
    ///
    /// # Panics
    /// When the kind of number does not fit the element type.
    pub fn encode(&self, element_type: ElementType) -> Vec<u8> {
        match self {
            Self::Reals(reals) => {
                assert_eq!(element_type, ElementType::F32, "real numbers in an integer tensor");
                reals.iter().flat_map(|&real| (real as f32).to_le_bytes()).collect()
            }
            Self::Integers(integers) => {
                assert_ne!(element_type, ElementType::F32, "integers in a float tensor");
                let bytes = element_type.bytes();
                integers.iter().flat_map(|integer| integer.to_le_bytes().into_iter().take(bytes)).collect()
            }
        }
    }

    /// The value as a tensor of this type holds it.
    pub fn rounded(self, element_type: ElementType) -> Self {
        match self {
            Self::Reals(reals) => Self::Reals(reals.into_iter().map(|real| f64::from(real as f32)).collect()),
            Self::Integers(_) => {
                let bytes = self.encode(element_type);
                let held = Self::decode(element_type, &bytes);
                assert_eq!(held, self, "an integer outside its type");
                held
            }
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(integers) => integers.len(),
            Self::Reals(reals) => reals.len(),
        }
    }

    /// True for no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stored integers.
    pub fn integers(&self) -> &[i64] {
        match self {
            Self::Integers(integers) => integers,
            Self::Reals(_) => panic!("integers expected"),
        }
    }

    /// Real numbers.
    pub fn reals(&self) -> &[f64] {
        match self {
            Self::Reals(reals) => reals,
            Self::Integers(_) => panic!("real numbers expected"),
        }
    }

    /// The elements at these positions, in this order.
    pub fn pick(&self, positions: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Integers(integers) => Self::Integers(positions.map(|at| integers[at]).collect()),
            Self::Reals(reals) => Self::Reals(positions.map(|at| reals[at]).collect()),
        }
    }
}

/// All positions of a box, row-major.
pub(crate) fn positions(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    (0..shape.iter().product()).map(move |mut flat: usize| {
        let mut position = vec![0; shape.len()];
        for (slot, &extent) in position.iter_mut().zip(shape).rev() {
            *slot = flat % extent;
            flat /= extent;
        }
        position
    })
}

/// Row-major index of a position.
pub(crate) fn flat(shape: &[usize], position: &[usize]) -> usize {
    assert_eq!(shape.len(), position.len());
    shape.iter().zip(position).fold(0, |index, (&extent, &at)| {
        assert!(at < extent);
        index * extent + at
    })
}
