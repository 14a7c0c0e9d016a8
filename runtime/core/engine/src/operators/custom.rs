//! Operators that an application brings: what it writes, and the glue to model records.
//!
//! A model file names them. An application writes the code as a [`CustomOperator`], makes an entry of it with
//! [`OperatorEntry::custom`], and puts the entry into its operator set beside the engine's own. A name that the set
//! lacks is an error at load. Names are compared at load only; a run finds the entry by its code, a number made from the
//! name ([`OpCode::custom`]). Two names of one set may thus not share a code (one chance in 32,768): the second would be
//! missing, and has to be renamed.

use super::OperatorEntry;
use crate::model::Model;
use crate::operation::{Operation, Overlap, Refusal, Work};
use core::ops::Range;
use mote_format::OpCode;
use mote_format::parameters::{CustomParameters, MAX_CUSTOM_OPERANDS, is_custom_name};
use mote_kernels::{Fault, Memory, Region, Span};

/// An operator of an application's own.
///
/// Its outputs must depend on its inputs and options alone, so that a model gives the same bits everywhere; what is to
/// be kept from one inference to the next belongs into state tensors of the model. Neither function may panic where the
/// firmware must not.
///
/// ```
/// use core::ops::Range;
/// use mote_engine::operators::{self, CustomMemory, CustomOperator, CustomWork};
/// use mote_engine::{ElementType, Fault, Model, Operation, OperatorEntry, OperatorSet, Reason, Refusal};
///
/// /// |a − b| of two int8 tensors of one shape and quantisation, scaled by a power of two: the option byte.
/// struct AbsoluteDifference;
///
/// impl CustomOperator for AbsoluteDifference {
///     const NAME: &'static str = "ABSOLUTE_DIFFERENCE";
///
///     fn check(operation: &Operation<'_>, options: &[u8]) -> Result<CustomWork, Refusal> {
///         operation.expect_operands(2, 1)?;
///         let (a, b, y) = (operation.input(0)?, operation.input(1)?, operation.output(0)?);
///         if [a, b, y].iter().any(|operand| operand.element_type() != ElementType::I8) {
///             return Err(Refusal::ElementType);
///         }
///         if a.shape() != b.shape() || a.shape() != y.shape() {
///             return Err(Refusal::Shape);
///         }
///         if !matches!(options, [0..=7]) {
///             return Err(Refusal::Parameter);
///         }
///         Ok(CustomWork { work_per_unit: y.elements() as u32, ..CustomWork::default() })
///     }
///
///     fn run(
///         _: &Operation<'_>,
///         options: &[u8],
///         memory: &mut CustomMemory<'_, '_>,
///         _units: Range<usize>,
///     ) -> Result<(), Fault> {
///         let shift = *options.first().ok_or(Fault)?;
///         let bytes = memory.bytes(0)?;
///         let (a, b) = (bytes.input(0)?, bytes.input(1)?);
///         for ((y, &a), &b) in bytes.output.iter_mut().zip(a).zip(b) {
///             let difference = (i32::from(a as i8) - i32::from(b as i8)).abs() << (shift & 7);
///             *y = (difference - 128).min(127) as u8;
///         }
///         Ok(())
///     }
/// }
///
/// static ABSOLUTE_DIFFERENCE: OperatorEntry = OperatorEntry::custom::<AbsoluteDifference>();
/// static SET: OperatorSet<'static> = &[&operators::FULLY_CONNECTED_I8, &ABSOLUTE_DIFFERENCE];
///
/// # use mote_format::parameters::CustomParameters;
/// # use mote_format::write::{ModelToWrite, OperatorToWrite, write_model};
/// # use mote_format::*;
/// # fn tensor(offset: u32, first_step: u16, last_step: u16) -> TensorRecord {
/// #     TensorRecord {
/// #         offset, bytes: 4, first_step, last_step, location: Location::Arena, element_type: ElementType::I8,
/// #         ring_rows: 0, view_of: NOT_A_VIEW, scale: 0.5, zero_point: -128, shape: Shape::new(&[1, 4]).unwrap(),
/// #     }
/// # }
/// # let header = Header {
/// #     minor: MINOR, file_bytes: 0, arena_bytes: 12, scratch_bytes: 0, state_bytes: 0, tensor_count: 0,
/// #     operator_count: 0, packing: Packing::Portable, numerics: Numerics::Tflm, input_count: 0, output_count: 0,
/// #     section_count: 0,
/// # };
/// # let parameters = CustomParameters { name: "ABSOLUTE_DIFFERENCE", options: &[1] }.to_bytes();
/// # let code = OpCode::custom("ABSOLUTE_DIFFERENCE");
/// # let file = write_model(&ModelToWrite {
/// #     header, tensors: vec![tensor(0, 0, 1), tensor(4, 0, 1), tensor(8, 1, 2)], inputs: vec![0, 1],
/// #     outputs: vec![2], operators: vec![OperatorToWrite { code, inputs: vec![0, 1], outputs: vec![2], parameters }],
/// #     constants: vec![], state: vec![], passport: vec![], names: None,
/// # });
/// // `file` is a model of one such operator on tensors of four elements, with the option byte 1.
/// let model = Model::parse(&file, SET).expect("the set has its operator");
/// let mut arena = [0; 12];
/// let mut session = mote_engine::Session::new(&model, &mut arena, &mut []).expect("enough memory");
/// session.input(0).unwrap().copy_from(&[0, 5, 127, 1]).unwrap();
/// session.input(1).unwrap().copy_from(&[0, 2, 129, 2]).unwrap();
/// session.run().expect("runs");
/// assert_eq!(session.output(0).unwrap().bytes, [128, 134, 127, 130]);
///
/// // A set without it refuses the model and says what is missing.
/// let error = Model::parse(&file, operators::generic()).expect_err("generic() has no such operator");
/// assert!(matches!(error.reason, Reason::MissingOperator(_)));
/// assert!(error.to_string().contains("custom operator 'ABSOLUTE_DIFFERENCE' is not in this operator set"));
/// ```
pub trait CustomOperator {
    /// Name in model files: 1 to 63 bytes of printable ASCII.
    const NAME: &'static str;

    /// Looks at shapes, types, quantisation and options, and says what a run will do. Called when the model is loaded,
    /// and again before each slice of a run, so it should be cheap; the answer must be the same each time.
    ///
    /// # Errors
    /// What does not fit. The model is refused then.
    fn check(operation: &Operation<'_>, options: &[u8]) -> Result<CustomWork, Refusal>;

    /// Makes the units `units` of its outputs. Operands and options are those that `check` accepted.
    ///
    /// # Errors
    /// The inference cannot go on; it ends with the operator's index.
    fn run(
        operation: &Operation<'_>,
        options: &[u8],
        memory: &mut CustomMemory<'_, '_>,
        units: Range<usize>,
    ) -> Result<(), Fault>;
}

/// What a run of a custom operator will do. An output never shares memory with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomWork {
    /// Slices that can be made one after the other, at least 1: the grain of [`crate::Session::poll`].
    pub units: usize,
    /// Multiply-accumulates, or elements moved, of one unit; at least 1.
    pub work_per_unit: u32,
    /// Working space in bytes. The model must have been compiled for as much.
    pub scratch_bytes: usize,
}

impl Default for CustomWork {
    /// One unit of unknown work, without scratch.
    fn default() -> Self {
        Self { units: 1, work_per_unit: 1, scratch_bytes: 0 }
    }
}

impl OperatorEntry {
    /// The entry of a custom operator, for operator sets. A name that is none does not compile.
    pub const fn custom<T: CustomOperator>() -> Self {
        const { assert!(is_custom_name(T::NAME), "a custom operator's name is 1 to 63 bytes of printable ASCII") };
        Self { code: OpCode::custom(T::NAME), check: check::<T>, work: work::<T>, run: run::<T> }
    }
}

fn check<T: CustomOperator>(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let options = custom_options(operation, T::NAME.as_bytes())?;
    planned(operation, T::check(operation, options)?)
}

fn work<T: CustomOperator>(operation: &Operation<'_>) -> Result<Work, Refusal> {
    planned(operation, T::check(operation, options(operation)?)?)
}

fn run<T: CustomOperator>(
    operation: &Operation<'_>,
    memory: &mut Memory<'_>,
    units: Range<usize>,
) -> Result<(), Fault> {
    let options = options(operation).map_err(|_| Fault)?;
    T::run(operation, options, &mut CustomMemory { operation, memory }, units)
}

fn options<'o>(operation: &Operation<'o>) -> Result<&'o [u8], Refusal> {
    CustomParameters::split(operation.record.parameters).map(|(_, options)| options).ok_or(Refusal::Parameter)
}

impl<'o> Operation<'o> {
    /// Name of a custom operator; none for others. For tools: code knows its own name.
    pub fn custom_name(&self) -> Option<&'o str> {
        self.record.custom_name()
    }

    /// The entry that runs it: where an application's own entry is part of something larger.
    pub fn entry(&self) -> Option<&'o OperatorEntry> {
        self.model.entry(self.record.code)
    }

    /// The model it belongs to.
    pub fn model(&self) -> &'o Model<'o> {
        self.model
    }

    /// Its parameters as the record holds them.
    pub fn parameter_bytes(&self) -> &'o [u8] {
        self.record.parameters
    }
}

/// A custom operator's work as the engine plans it.
///
/// # Errors
/// More scratch than the model was compiled for.
pub fn planned(operation: &Operation<'_>, work: CustomWork) -> Result<Work, Refusal> {
    let CustomWork { units, work_per_unit, scratch_bytes } = work;
    if scratch_bytes > operation.model.header().scratch_bytes as usize {
        return Err(Refusal::Scratch);
    }
    Ok(Work { units, work_per_unit, scratch_bytes, overlap: Overlap::None })
}

/// Options of an operator that must be the custom operator `name`, and all that holds for the operands of any: they
/// are whole tensors, aligned for their elements (up to four bytes) within their region, at least one of them an output,
/// and no output is an input as well. For entries that are made otherwise than by [`OperatorEntry::custom`].
///
/// # Errors
/// What does not hold.
pub fn custom_options<'o>(operation: &Operation<'o>, name: &[u8]) -> Result<&'o [u8], Refusal> {
    let record = &operation.record;
    let (found, options) = CustomParameters::split(record.parameters).ok_or(Refusal::Parameter)?;
    if found != name {
        return Err(Refusal::Name);
    }
    if record.operand_count() > MAX_CUSTOM_OPERANDS || operation.output_count() == 0 {
        return Err(Refusal::OperandCount);
    }
    for index in 0..record.operand_count() {
        let id = record.operand(index).ok_or(Refusal::OperandCount)?;
        let tensor = operation.model.file.tensor(id).map_err(|_| Refusal::OperandCount)?;
        let alignment_mask = tensor.element_type.bytes().min(4).wrapping_sub(1);
        let is_output = index >= operation.input_count();
        let shared = is_output && (0..operation.input_count()).any(|input| record.operand(input) == Some(id));
        if tensor.ring_rows != 0 || tensor.offset as usize & alignment_mask != 0 || shared {
            return Err(Refusal::Placement);
        }
    }
    Ok(options)
}

/// The memory of a custom operator's run.
pub struct CustomMemory<'r, 'm> {
    operation: &'r Operation<'r>,
    memory: &'r mut Memory<'m>,
}

impl CustomMemory<'_, '_> {
    /// Output `output` and scratch to write, with all inputs to read.
    ///
    /// # Errors
    /// No such output.
    pub fn bytes(&mut self, output: usize) -> Result<CustomBytes<'_>, Fault> {
        let operation = self.operation;
        let span = operation.output(output).map_err(|_| Fault)?.span();
        let end = span.offset.checked_add(span.bytes).ok_or(Fault)?;
        let Memory { arena, scratch, state, constants } = &mut *self.memory;
        let mut regions = Regions { arena: &[], state: &[], constants, hole: span.region, low: &[], high: &[], end };
        let whole: &mut [u8] = match span.region {
            Region::Arena => {
                regions.state = state;
                arena
            }
            Region::State => {
                regions.arena = arena;
                state
            }
            Region::Constant => return Err(Fault),
        };
        let (front, high) = whole.split_at_mut_checked(end).ok_or(Fault)?;
        let (low, bytes) = front.split_at_mut_checked(span.offset).ok_or(Fault)?;
        (regions.low, regions.high) = (low, high);
        Ok(CustomBytes { operation, regions, output: bytes, scratch })
    }
}

/// All memory but one output.
struct Regions<'b> {
    arena: &'b [u8],
    state: &'b [u8],
    constants: &'b [u8],
    /// The region that the output stands in; its bytes before and from `end` on behind the output.
    hole: Region,
    low: &'b [u8],
    high: &'b [u8],
    end: usize,
}

/// One output and the scratch of a custom operator, to write, and its inputs. Elements are little-endian, row-major.
pub struct CustomBytes<'b> {
    operation: &'b Operation<'b>,
    regions: Regions<'b>,
    /// The output's bytes. Before the run they hold nothing of meaning.
    pub output: &'b mut [u8],
    /// At least as many bytes as `check` asked for.
    pub scratch: &'b mut [u8],
}

impl<'b> CustomBytes<'b> {
    /// The bytes of input `index`.
    ///
    /// # Errors
    /// No such input.
    pub fn input(&self, index: usize) -> Result<&'b [u8], Fault> {
        let Span { region, offset, bytes } = self.operation.input(index).map_err(|_| Fault)?.span();
        let regions = &self.regions;
        let (place, start) = match region {
            _ if region == regions.hole && offset >= regions.end => (regions.high, offset.wrapping_sub(regions.end)),
            _ if region == regions.hole => (regions.low, offset),
            Region::Arena => (regions.arena, offset),
            Region::State => (regions.state, offset),
            Region::Constant => (regions.constants, offset),
        };
        place.get(start..start.checked_add(bytes).ok_or(Fault)?).ok_or(Fault)
    }
}
