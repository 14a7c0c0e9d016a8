//! Quantised single-operator ONNX models with onnxruntime's answers (`tests/golden/onnx/quantised.bin`; format in that
//! folder's README).

use crate::golden::repository;
use mote_graph::ElementType;

/// An output of onnxruntime.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Type of its elements.
    pub element_type: ElementType,
    /// Extents in the source's order.
    pub shape: Vec<usize>,
    /// Little-endian elements, row-major.
    pub bytes: Vec<u8>,
}

impl Array {
    /// Elements as numbers.
    pub fn values(&self) -> Vec<f64> {
        values(self.element_type, &self.bytes)
    }
}

/// Little-endian elements as numbers.
pub fn values(element_type: ElementType, bytes: &[u8]) -> Vec<f64> {
    match element_type {
        ElementType::I8 => bytes.iter().map(|&byte| f64::from(byte as i8)).collect(),
        ElementType::U8 => bytes.iter().map(|&byte| f64::from(byte)).collect(),
        ElementType::I32 => {
            bytes.as_chunks::<4>().0.iter().map(|&chunk| f64::from(i32::from_le_bytes(chunk))).collect()
        }
        ElementType::F32 => {
            bytes.as_chunks::<4>().0.iter().map(|&chunk| f64::from(f32::from_le_bytes(chunk))).collect()
        }
        other => panic!("no {} in this file", other.name()),
    }
}

/// One model with its answers on the formula's inputs.
pub struct OnnxCase {
    /// Name, unique.
    pub name: String,
    /// Operator and form.
    pub family: String,
    /// The ONNX file.
    pub model: Vec<u8>,
    /// onnxruntime's outputs without graph optimisations.
    pub plain: Vec<Array>,
    /// Its outputs with the default optimisations.
    pub optimised: Vec<Array>,
}

/// Reads all cases.
///
/// # Panics
/// When the file is not there or not readable: it is part of the repository.
pub fn onnx_cases() -> Vec<OnnxCase> {
    let path = repository().join("tests/golden/onnx/quantised.bin");
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = Reader(bytes.strip_prefix(b"MOTEONNX").expect("a file of cases"));
    (0..reader.number()).map(|_| reader.case()).collect()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> usize {
        u32::from_le_bytes(self.take(4).try_into().expect("four bytes")) as usize
    }

    fn bytes(&mut self) -> &'a [u8] {
        let count = self.number();
        self.take(count)
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("UTF-8")
    }

    fn array(&mut self) -> Array {
        let types = [ElementType::F32, ElementType::I8, ElementType::U8, ElementType::I32];
        let element_type = types[usize::from(self.take(1)[0])];
        let rank = usize::from(self.take(1)[0]);
        let shape = (0..rank).map(|_| self.number()).collect();
        Array { element_type, shape, bytes: self.bytes().to_vec() }
    }

    fn case(&mut self) -> OnnxCase {
        let (name, family, model) = (self.text(), self.text(), self.bytes().to_vec());
        let (mut plain, mut optimised) = (Vec::new(), Vec::new());
        for _ in 0..self.take(1)[0] {
            let array = self.array();
            let differs = self.take(1)[0] == 1;
            optimised.push(if differs { self.array() } else { array.clone() });
            plain.push(array);
        }
        OnnxCase { name, family, model, plain, optimised }
    }
}

/// Elements in another order of axes: axis i of the result is axis `permutation[i]` of `shape`.
pub fn permuted(bytes: &[u8], element_bytes: usize, shape: &[usize], permutation: &[usize]) -> Vec<u8> {
    let mut strides = vec![element_bytes; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    let mut starts = vec![0];
    for &axis in permutation {
        let along = |&start: &usize| (0..shape[axis]).map(move |index| (start, index));
        starts = starts.iter().flat_map(along).map(|(start, index)| start + index * strides[axis]).collect();
    }
    starts.iter().flat_map(|&start| bytes[start..start + element_bytes].iter().copied()).collect()
}
