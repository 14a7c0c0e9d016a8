//! Checks on operands that operators share: element types, quantisation, shapes, constant arguments.

use crate::importer::{Importer, Outcome, Site};
use crate::report::Blocker;
use crate::schema::ActivationFunctionType;
use mote_graph::{Activation, ElementType, Quantization, Tensor, TensorId};

/// Tolerance for scales that must be equal, relative to the larger.
const SCALE_TOLERANCE: f32 = 1e-6;

/// Elements read of a constant argument (axes, paddings, permutations); longer ones cannot belong to a tensor's rank.
const ARGUMENT_ELEMENTS: usize = 1024;

/// Why a type of data cannot be computed with, in the words of whoever made the model.
pub(crate) fn unsupported_type(tensor: &Tensor) -> Blocker {
    let blocker = match tensor.element_type {
        ElementType::I16 => Blocker::new(
            "no kernel computes this operator on int16 activations (16x8 quantisation)",
            "quantise this operator to int8, or keep it in float32",
        ),
        ElementType::U8 => Blocker::new(
            "uint8 arithmetic (the old asymmetric quantisation) is not supported",
            "convert again with int8 quantisation; uint8 may stay at QUANTIZE, DEQUANTIZE and CAST",
        ),
        other => Blocker::new(
            format!("no kernel computes this operator on {}", other.name()),
            "use int8 (quantised) or float32 data",
        ),
    };
    blocker.of(tensor.name.clone())
}

/// Per-tensor quantisation of an integer tensor that arithmetic needs; of int16, with zero point 0.
pub(crate) fn per_tensor(tensor: &Tensor) -> Result<&Quantization, Blocker> {
    match &tensor.quantization {
        Some(quantization) if tensor.element_type == ElementType::I16 && quantization.zero_point() != 0 => {
            let fix = "quantise int16 activations symmetrically, as TFLite's 16x8 rules ask";
            Err(Blocker::new("int16 activations with a zero point other than 0", fix).of(tensor.name.clone()))
        }
        Some(quantization) if quantization.is_per_tensor() => Ok(quantization),
        Some(_) => {
            let fix = "quantise activations per tensor";
            Err(Blocker::new("activations quantised per channel", fix).of(tensor.name.clone()))
        }
        None => {
            let fix = "convert again with full-integer quantisation (a representative data set)";
            Err(Blocker::new(format!("{} tensor without quantisation parameters", tensor.element_type.name()), fix)
                .of(tensor.name.clone()))
        }
    }
}

fn equal_quantization(a: &Tensor, b: &Tensor) -> bool {
    let integers = |t: &Tensor| matches!(t.element_type, ElementType::I8 | ElementType::U8 | ElementType::I16);
    if !integers(a) && !integers(b) {
        return true;
    }
    match (&a.quantization, &b.quantization) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let close = |x: f32, y: f32| (x - y).abs() <= SCALE_TOLERANCE * x.max(y);
            let pairs = a.scales.iter().zip(&b.scales);
            a.zero_points == b.zero_points
                && a.scales.len() == b.scales.len()
                && pairs.into_iter().all(|(&x, &y)| close(x, y))
        }
        _ => false,
    }
}

impl Importer<'_, '_> {
    /// Element type shared by data that is computed with: int8, quantised per tensor, or float32.
    pub fn compute_type(&self, tensors: &[TensorId]) -> Outcome<ElementType> {
        match tensors.iter().find(|&&id| self.get(id).element_type == ElementType::I16) {
            Some(&id) => Err(unsupported_type(self.get(id)).into()),
            None => self.compute_type_or_int16(tensors),
        }
    }

    /// As [`Importer::compute_type`], for operators that also have int16 kernels.
    pub fn compute_type_or_int16(&self, tensors: &[TensorId]) -> Outcome<ElementType> {
        let mut shared = None;
        for &id in tensors {
            let tensor = self.get(id);
            match tensor.element_type {
                ElementType::I8 | ElementType::I16 => _ = per_tensor(tensor)?,
                ElementType::F32 => {}
                _ => return Err(unsupported_type(tensor).into()),
            }
            let first: ElementType = *shared.get_or_insert(tensor.element_type);
            if first != tensor.element_type {
                let fix = "convert the whole model to int8, or leave it float32";
                let reason = format!("{} and {} operands in one operator", first.name(), tensor.element_type.name());
                return Err(Blocker::new(reason, fix).of(tensor.name.clone()).into());
            }
        }
        shared.ok_or_else(|| Blocker::malformed("no operands").into())
    }

    /// Checks that data which is only moved has one element type (of at most 4 bytes) and one quantisation.
    pub fn moved_type(&self, tensors: &[TensorId]) -> Outcome {
        let Some(&first) = tensors.first() else {
            return Err(Blocker::malformed("no operands").into());
        };
        for &id in tensors {
            let tensor = self.get(id);
            if tensor.element_type == ElementType::I64 {
                let reason = format!("no kernel moves {}", tensor.element_type.name());
                let fix = "use int8, uint8, int16, int32, float32 or bool data";
                return Err(Blocker::new(reason, fix).of(tensor.name.clone()).into());
            }
            if tensor.element_type != self.get(first).element_type {
                return Err(Blocker::malformed("element types of the operands differ").of(tensor.name.clone()).into());
            }
        }
        self.same_quantization(tensors)
    }

    /// Checks that integer operands share scale and zero point: the operator compares or copies stored values.
    pub fn same_quantization(&self, tensors: &[TensorId]) -> Outcome {
        let Some(&first) = tensors.first() else { return Ok(()) };
        match tensors.iter().find(|&&id| !equal_quantization(self.get(first), self.get(id))) {
            None => Ok(()),
            Some(&id) => {
                let reason = "input and output quantisation differ, but the operator keeps stored values";
                let fix = "convert again, or put a QUANTIZE between the two scales";
                Err(Blocker::new(reason, fix).of(self.get(id).name.clone()).into())
            }
        }
    }

    /// Checks a tensor's declared shape against the one the operator gives it.
    pub fn expect_shape(&self, id: TensorId, expected: &[usize]) -> Outcome {
        let tensor = self.get(id);
        if tensor.shape == expected {
            return Ok(());
        }
        let reason = format!("shape {:?} is declared, the operator gives {expected:?}", tensor.shape);
        let fix = "fix the input shapes when converting; if they are fixed, the file contradicts itself";
        Err(Blocker::new(reason, fix).of(tensor.name.clone()).into())
    }

    /// Checks that two tensors have equally many elements.
    pub fn same_elements(&self, a: TensorId, b: TensorId) -> Outcome {
        let (a, b) = (self.get(a), self.get(b));
        if a.elements() == b.elements() {
            return Ok(());
        }
        let reason = format!("{:?} elements cannot take the shape {:?}", a.shape, b.shape);
        Err(Blocker::malformed(reason).of(b.name.clone()).into())
    }

    /// Shape of an operand that must have `rank` axes.
    pub fn shape<const RANK: usize>(&self, id: TensorId) -> Outcome<[usize; RANK]> {
        let tensor = self.get(id);
        <[usize; RANK]>::try_from(tensor.shape.as_slice()).map_err(|_| {
            let reason = format!("shape {:?} where {RANK} axes are needed", tensor.shape);
            Blocker::malformed(reason).of(tensor.name.clone()).into()
        })
    }

    /// An int32 or int64 argument that must be a constant: axes, paddings, permutations, sizes. `what` names it.
    pub fn argument(&self, site: &Site<'_, '_>, position: usize, what: &str) -> Outcome<Vec<i64>> {
        let index = self.input_index(site, position)?;
        let dynamic = || {
            let fix = "fix shapes when converting, so that the converter stores the argument as a constant";
            Blocker::new(format!("dynamic shape: {what} computed at run time"), fix).of(self.name(index))
        };
        // An empty list has an empty buffer, which elsewhere marks a computed tensor.
        let stored = &self.subgraph.tensors[index];
        if stored.shape().is_some_and(|shape| shape.len() == 1 && shape.iter().all(|extent| extent == 0)) {
            return Ok(Vec::new());
        }
        let bytes = self.source.bytes(stored).map_or(0, <[u8]>::len);
        if bytes > 8 * ARGUMENT_ELEMENTS {
            return Err(Blocker::malformed(format!("{what} of {bytes} bytes")).of(self.name(index)).into());
        }
        let tensor = self.constant(index)?.ok_or_else(dynamic)?;
        integers(&tensor).ok_or_else(|| {
            let reason = format!("{what} stored as {} {:?}", tensor.element_type.name(), tensor.shape);
            Blocker::malformed(reason).of(tensor.name.clone()).into()
        })
    }

    /// [`Self::argument`] with exactly one element.
    pub fn argument_scalar(&self, site: &Site<'_, '_>, position: usize, what: &str) -> Outcome<i64> {
        match self.argument(site, position, what)?.as_slice() {
            [value] => Ok(*value),
            other => Err(Blocker::malformed(format!("{what} has {} elements, not 1", other.len())).into()),
        }
    }
}

/// Elements of a short int32 or int64 constant.
pub(crate) fn integers(tensor: &Tensor) -> Option<Vec<i64>> {
    let data = tensor.data.as_ref()?;
    if tensor.elements() > ARGUMENT_ELEMENTS {
        return None;
    }
    match tensor.element_type {
        ElementType::I32 => Some(tensor.i32_data()?.into_iter().map(i64::from).collect()),
        ElementType::I64 => data.chunks_exact(8).map(|c| c.try_into().ok().map(i64::from_le_bytes)).collect(),
        _ => None,
    }
}

/// An axis, possibly counted from the end, of a tensor with `rank` axes.
pub(crate) fn axis(value: i64, rank: usize) -> Outcome<usize> {
    let from_end = if value < 0 { value.saturating_add(rank as i64) } else { value };
    match usize::try_from(from_end) {
        Ok(axis) if axis < rank => Ok(axis),
        _ => Err(Blocker::malformed(format!("axis {value} of a tensor with {rank} axes")).into()),
    }
}

/// Fused activation.
pub(crate) fn activation(stored: ActivationFunctionType) -> Outcome<Activation> {
    match stored {
        ActivationFunctionType::NONE => Ok(Activation::None),
        ActivationFunctionType::RELU => Ok(Activation::Relu),
        ActivationFunctionType::RELU_N1_TO_1 => Ok(Activation::ReluN1To1),
        ActivationFunctionType::RELU6 => Ok(Activation::Relu6),
        other => {
            let name = other.variant_name().map_or_else(|| format!("code {}", other.0), str::to_string);
            let fix = "make the activation an operator of its own";
            Err(Blocker::new(format!("fused activation {name} is not supported"), fix).into())
        }
    }
}

/// The blocker for an operator whose options are needed and absent.
pub(crate) fn no_options() -> Blocker {
    Blocker::malformed("the operator's options are missing or of another operator")
}
