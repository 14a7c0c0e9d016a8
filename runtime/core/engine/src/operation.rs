//! An operator with its decoded operands: what checks and kernels' glue work on.

use crate::model::Model;
use mote_format::{ConstantRef, ElementType, Fixed, Location, OperatorRecord, Shape, TensorRecord, TensorView};
use mote_kernels::{Region, Rows, Span};

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
    /// An accumulator could overflow.
    Accumulator,
    /// An operand stands where the operator cannot use it.
    Placement,
    /// The custom operator of this code has another name.
    Name,
    /// A custom operator needs more scratch than the model was compiled for.
    Scratch,
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
            Self::Accumulator => "an accumulator could overflow",
            Self::Placement => "an operand stands where the operator cannot use it",
            Self::Name => "the operator set has another custom operator of the same code: rename one of them",
            Self::Scratch => "needs more scratch than the model was compiled for",
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

/// The kernels' word for a tensor's location.
#[inline(always)]
pub(crate) fn region(location: Location) -> Region {
    match location {
        Location::Arena => Region::Arena,
        Location::Constant => Region::Constant,
        Location::State => Region::State,
    }
}

/// A tensor operand.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'o> {
    /// Index of the tensor record.
    pub index: u16,
    /// The record, which has passed the check of single tensors.
    pub view: TensorView<'o>,
}

impl Operand<'_> {
    /// Element type.
    #[inline]
    pub fn element_type(&self) -> ElementType {
        self.view.element_type()
    }

    /// Shape; none of the extents when the record is malformed, which the check of single tensors has ruled out.
    pub fn shape(&self) -> Option<Shape> {
        self.view.record().map(|record| record.shape)
    }

    /// The whole record, for tools.
    pub fn record(&self) -> Option<TensorRecord> {
        self.view.record()
    }

    /// Number of elements held: all of the shape's, or fewer when it is a ring of rows.
    #[inline]
    pub fn elements(&self) -> usize {
        self.view.bytes() as usize >> self.element_type().bytes().trailing_zeros()
    }

    /// Where it lives.
    #[inline]
    pub fn region(&self) -> Region {
        region(self.view.location())
    }

    /// The bytes it holds.
    #[inline]
    pub fn span(&self) -> Span {
        Span { region: self.region(), offset: self.view.offset() as usize, bytes: self.view.bytes() as usize }
    }

    /// The tensor as rows, for spatial kernels: shape read as [batch, height, width, channels].
    #[inline(always)]
    pub fn rows(&self) -> Result<Rows, Refusal> {
        let [batch, height, width, channels] = self.view.image().ok_or(Refusal::Shape)?;
        let ring_rows = match self.view.ring_rows() {
            0 => batch.wrapping_mul(height),
            rows => rows as usize,
        };
        Ok(Rows {
            region: self.region(),
            offset: self.view.offset() as usize,
            ring_rows,
            batch,
            height,
            width,
            channels,
            element_bytes: self.element_type().bytes(),
        })
    }

    /// Refuses another element type than `expected`.
    #[inline]
    pub fn expect(&self, expected: ElementType) -> Result<(), Refusal> {
        if self.element_type() == expected { Ok(()) } else { Err(Refusal::ElementType) }
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
    pub fn input(&self, index: usize) -> Result<Operand<'o>, Refusal> {
        if index >= self.input_count() {
            return Err(Refusal::OperandCount);
        }
        self.operand(index)
    }

    /// Output `index`.
    #[inline]
    pub fn output(&self, index: usize) -> Result<Operand<'o>, Refusal> {
        self.operand(self.input_count() + index)
    }

    fn operand(&self, index: usize) -> Result<Operand<'o>, Refusal> {
        let index = self.record.operand(index).ok_or(Refusal::OperandCount)?;
        let view = self.model.file.tensor_view(index).ok_or(Refusal::OperandCount)?;
        Ok(Operand { index, view })
    }

    /// The input and the output of an operator with one of each; other counts are refused.
    #[inline(never)]
    pub fn one_to_one(&self) -> Result<(Operand<'o>, Operand<'o>), Refusal> {
        self.expect_operands(1, 1)?;
        Ok((self.operand(0)?, self.operand(1)?))
    }

    /// Refuses other operand counts than these.
    pub fn expect_operands(&self, inputs: usize, outputs: usize) -> Result<(), Refusal> {
        if self.input_count() == inputs && self.output_count() == outputs { Ok(()) } else { Err(Refusal::OperandCount) }
    }

    /// The operator's parameters; refused when they have another length or a field holds no value of its type.
    #[inline(always)]
    pub fn parameters<T: Fixed>(&self) -> Result<T, Refusal> {
        let raw = self.record.parameters.get(..T::BYTES).ok_or(Refusal::Parameter)?;
        if self.record.parameters.len() != T::BYTES {
            return Err(Refusal::Parameter);
        }
        T::read(raw, 0).ok_or(Refusal::Parameter)
    }

    /// Where a constant of exactly `bytes` bytes stands, for kernels.
    #[inline]
    pub fn constant(&self, constant: ConstantRef, bytes: usize) -> Result<Span, Refusal> {
        let offset = constant.offset as usize;
        let end = offset.checked_add(bytes).ok_or(Refusal::Constant)?;
        if constant.bytes as usize != bytes || end > self.model.file.constants().len() {
            return Err(Refusal::Constant);
        }
        Ok(Span { region: Region::Constant, offset, bytes })
    }

    /// A constant of exactly `bytes` bytes, to look into at load.
    pub fn constant_bytes(&self, constant: ConstantRef, bytes: usize) -> Result<&'o [u8], Refusal> {
        self.constant(constant, bytes).and_then(|span| self.constant_span(span))
    }

    /// The bytes of a constant that [`Operation::constant`] has found.
    #[inline]
    pub(crate) fn constant_span(&self, span: Span) -> Result<&'o [u8], Refusal> {
        let end = span.offset.checked_add(span.bytes).ok_or(Refusal::Constant)?;
        self.model.file.constants().get(span.offset..end).ok_or(Refusal::Constant)
    }
}
