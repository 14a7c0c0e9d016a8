//! An operator with its decoded operands: what checks and kernels' glue work on.

use crate::model::Model;
use mote_format::{ConstantRef, ElementType, OperatorRecord, Shape, TensorRecord};
use mote_kernels::{Region, Rows, Span};
use serde::Deserialize;

/// Why an operator was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Wrong number of inputs or outputs.
    OperandCount,
    /// An operand has an element type the operator does not take.
    ElementType,
    /// Shapes of operands and parameters disagree.
    Shape,
    /// A parameter is malformed or out of range.
    Parameter,
    /// A constant lies outside the constant section or has the wrong length.
    Constant,
    /// A multiplier, shift or zero point is out of range.
    Quantization,
    /// A 32-bit accumulator could overflow.
    Accumulator,
    /// An operand stands where the operator cannot use it.
    Placement,
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::OperandCount => "wrong number of inputs or outputs",
            Self::ElementType => "an operand has an element type the operator does not take",
            Self::Shape => "shapes of operands and parameters disagree",
            Self::Parameter => "a parameter is malformed or out of range",
            Self::Constant => "a constant lies outside the constant section or has the wrong length",
            Self::Quantization => "a multiplier, shift or zero point is out of range",
            Self::Accumulator => "a 32-bit accumulator could overflow",
            Self::Placement => "an operand stands where the operator cannot use it",
        })
    }
}

/// Which inputs an output may share memory with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// None.
    None,
    /// An input that ends here, of the same size, if both begin at the same byte.
    SameStart,
}

/// What an operator will do, known before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Independent slices of the output (rows, blocks of channels), at least 1: the grain of [`crate::Session::poll`].
    pub units: usize,
    /// Multiply-accumulates, or elements moved, of one unit; at least 1.
    pub work_per_unit: u32,
    /// Scratch bytes.
    pub scratch_bytes: usize,
    /// Sharing allowed between outputs and inputs.
    pub overlap: Overlap,
}

/// A tensor operand.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// Index of the tensor record.
    pub index: u16,
    /// The record.
    pub record: TensorRecord,
}

impl Operand {
    /// Element type.
    #[inline]
    pub fn element_type(&self) -> ElementType {
        self.record.element_type
    }

    /// Shape.
    #[inline]
    pub fn shape(&self) -> &Shape {
        &self.record.shape
    }

    /// Number of elements.
    #[inline]
    pub fn elements(&self) -> usize {
        self.record.shape.elements()
    }

    /// Region.
    #[inline]
    pub fn region(&self) -> Region {
        match self.record.location {
            mote_format::Location::Arena => Region::Arena,
            mote_format::Location::Constant => Region::Constant,
            mote_format::Location::State => Region::State,
        }
    }

    /// The whole tensor's bytes.
    #[inline]
    pub fn span(&self) -> Span {
        Span { region: self.region(), offset: self.record.offset as usize, bytes: self.record.bytes as usize }
    }

    /// The tensor as rows, for spatial kernels: shape read as [batch, height, width, channels].
    pub fn rows(&self) -> Result<Rows, Refusal> {
        let [batch, height, width, channels] = self.record.shape.nhwc().ok_or(Refusal::Shape)?;
        let ring_rows = match self.record.ring_rows {
            0 => batch.wrapping_mul(height),
            rows => rows as usize,
        };
        Ok(Rows {
            region: self.region(),
            offset: self.record.offset as usize,
            ring_rows,
            batch,
            height,
            width,
            channels,
            element_bytes: self.record.element_type.bytes(),
        })
    }

    /// Refuses another element type than `expected`.
    #[inline]
    pub fn expect(&self, expected: ElementType) -> Result<(), Refusal> {
        if self.record.element_type == expected { Ok(()) } else { Err(Refusal::ElementType) }
    }
}

/// An operator with access to its operands, parameters and constants.
#[derive(Clone, Copy)]
pub struct Operation<'o> {
    pub(crate) model: &'o Model<'o>,
    pub(crate) record: OperatorRecord<'o>,
}

impl<'o> Operation<'o> {
    /// The operator's code.
    #[inline]
    pub fn code(&self) -> mote_format::OpCode {
        mote_format::OpCode(self.record.code)
    }

    /// Number of inputs.
    #[inline]
    pub fn input_count(&self) -> usize {
        self.record.input_count as usize
    }

    /// Number of outputs.
    #[inline]
    pub fn output_count(&self) -> usize {
        self.record.operand_count() - self.input_count()
    }

    /// Input `index`.
    #[inline]
    pub fn input(&self, index: usize) -> Result<Operand, Refusal> {
        if index >= self.input_count() {
            return Err(Refusal::OperandCount);
        }
        self.operand(index)
    }

    /// Output `index`.
    #[inline]
    pub fn output(&self, index: usize) -> Result<Operand, Refusal> {
        self.operand(self.input_count() + index)
    }

    fn operand(&self, index: usize) -> Result<Operand, Refusal> {
        let index = self.record.operand(index).ok_or(Refusal::OperandCount)?;
        let record = self.model.file.tensor(index).map_err(|_| Refusal::OperandCount)?;
        Ok(Operand { index, record })
    }

    /// Refuses other operand counts than these.
    pub fn expect_operands(&self, inputs: usize, outputs: usize) -> Result<(), Refusal> {
        if self.input_count() == inputs && self.output_count() == outputs { Ok(()) } else { Err(Refusal::OperandCount) }
    }

    /// The operator's parameters.
    #[inline]
    pub fn parameters<T: Deserialize<'o>>(&self) -> Result<T, Refusal> {
        postcard::take_from_bytes(self.record.parameters).map(|(p, _)| p).map_err(|_| Refusal::Parameter)
    }

    /// Where a constant of exactly `bytes` bytes stands, for kernels.
    pub fn constant(&self, constant: ConstantRef, bytes: usize) -> Result<Span, Refusal> {
        self.constant_bytes(constant, bytes)?;
        Ok(Span { region: Region::Constant, offset: constant.offset as usize, bytes })
    }

    /// A constant of exactly `bytes` bytes, to look into at load.
    pub fn constant_bytes(&self, constant: ConstantRef, bytes: usize) -> Result<&'o [u8], Refusal> {
        let start = constant.offset as usize;
        let end = start.checked_add(bytes).ok_or(Refusal::Constant)?;
        if constant.bytes as usize != bytes {
            return Err(Refusal::Constant);
        }
        self.model.file.constants().get(start..end).ok_or(Refusal::Constant)
    }
}
