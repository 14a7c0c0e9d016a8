//! Operators of the application's own: found in models by name, run as functions of C.

use crate::pointers::{self, answer};
use crate::status::{self, Status};
use crate::tensor::Tensor;
use core::ffi::{CStr, c_char, c_void};
use core::mem::offset_of;
use core::ops::Range;
use core::ptr;
use mote_engine::operators::{CustomWork as EngineWork, custom_options, planned};
use mote_engine::{Fault, Memory, OpCode, Operation, OperatorEntry, Refusal, Work};
use mote_format::parameters::{CustomParameters, is_custom_name};
use mote_format::{Location, TensorRecord};

/// Words of a custom operator that are the library's.
pub const CUSTOM_WORDS: usize = 8;

/// What an operator of the application's is asked about or has to do; good during the call that gets it.
pub struct CustomCall {
    _private: [u8; 0],
}

/// What a run of a custom operator will do. Before the check it is one unit of one, without scratch.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomWork {
    /// Slices that can be made one after the other, at least 1: the grain of `mote_session_poll`.
    pub units: u32,
    /// Multiply-accumulates, or elements moved, of one unit.
    pub work_per_unit: u32,
    /// Working space in bytes; the model must have been compiled for as much.
    pub scratch_bytes: u32,
}

/// Looks at operands and options, and fills in `work`. Called when a model is parsed, and again before each slice of a
/// run, always with the same answer. Any other answer than `MOTE_OK` refuses the model.
pub type CustomCheck =
    Option<unsafe extern "C" fn(user: *mut c_void, call: *const CustomCall, work: *mut CustomWork) -> Status>;

/// Makes units `first_unit` up to, without, `end_unit` of the outputs, which share no memory with the inputs. Any other
/// answer than `MOTE_OK` ends the inference with `MOTE_ERROR_RUN_FAULT`.
pub type CustomRun =
    Option<unsafe extern "C" fn(user: *mut c_void, call: *const CustomCall, first_unit: u32, end_unit: u32) -> Status>;

/// An operator of the application's own. Outputs must depend on inputs and options alone.
#[repr(C)]
pub struct CustomOperator {
    /// Name in models: 1 to 63 printable ASCII characters.
    pub name: *const c_char,
    /// Checks operands and options.
    pub check: CustomCheck,
    /// Runs.
    pub run: CustomRun,
    /// Given to both functions; may be null.
    pub user: *mut c_void,
    /// The library's.
    pub words: [usize; CUSTOM_WORDS],
}

const _: () = {
    assert!(size_of::<OperatorEntry>() <= size_of::<[usize; CUSTOM_WORDS]>());
    assert!(align_of::<OperatorEntry>() <= align_of::<usize>());
};

/// Prepares `custom` and gives its address for lists of operators (`mote_model_parse_with`). `MOTE_ERROR_LENGTH` for a
/// name that is none.
///
/// # Safety
/// `custom` is writable, its name ends with a null character, and both stay where they are, unchanged, as long as a
/// model whose list holds the operator is used; `operator_address` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_custom_operator(
    custom: *mut CustomOperator,
    operator_address: *mut *const OperatorEntry,
) -> Status {
    // SAFETY: the caller's promises are those of `prepare`.
    answer(unsafe { prepare(custom) }.and_then(|entry| {
        // SAFETY: writable by the caller's promise.
        unsafe { pointers::write(operator_address, entry) }
    }))
}

/// # Safety
/// As [`mote_custom_operator`].
unsafe fn prepare(custom: *mut CustomOperator) -> Result<*const OperatorEntry, Status> {
    pointers::check(custom, 1)?;
    // SAFETY: not null and aligned; readable by the caller's promise.
    let (name, check, run) = unsafe { ((*custom).name, (*custom).check, (*custom).run) };
    if check.is_none() || run.is_none() {
        return Err(status::ERROR_NULL);
    }
    pointers::check(name, 1)?;
    // SAFETY: not null; ends with a null character by the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    let name = name.to_str().ok().filter(|name| is_custom_name(name)).ok_or(status::ERROR_LENGTH)?;
    let entry = OperatorEntry { code: OpCode::custom(name), check: checked, work: planned_again, run: run_units };
    // The glue comes back from the entry to the whole, by its address.
    custom.expose_provenance();
    // SAFETY: within the object; large and aligned enough as asserted above; writable by the caller's promise.
    unsafe {
        let place = (&raw mut (*custom).words).cast::<OperatorEntry>();
        place.write(entry);
        Ok(place)
    }
}

/// The application's object behind an operation.
fn object<'o>(operation: &Operation<'o>) -> Option<&'o CustomOperator> {
    let entry = ptr::from_ref(operation.entry()?).addr();
    let start = entry.checked_sub(offset_of!(CustomOperator, words))?;
    let custom = ptr::with_exposed_provenance::<CustomOperator>(start);
    // SAFETY: only entries that `prepare` has put into such an object have the functions that call this one; the object
    // stays unchanged as long as the model, by the caller's promise.
    Some(unsafe { &*custom })
}

fn checked(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let custom = object(operation).ok_or(Refusal::Name)?;
    // SAFETY: `prepare` has read it as a name.
    let name = unsafe { CStr::from_ptr(custom.name) };
    let options = custom_options(operation, name.to_bytes())?;
    work_of(operation, custom, options)
}

fn planned_again(operation: &Operation<'_>) -> Result<Work, Refusal> {
    let custom = object(operation).ok_or(Refusal::Name)?;
    work_of(operation, custom, options(operation).ok_or(Refusal::Parameter)?)
}

fn options<'o>(operation: &Operation<'o>) -> Option<&'o [u8]> {
    CustomParameters::split(operation.parameter_bytes()).map(|(_, options)| options)
}

fn work_of(operation: &Operation<'_>, custom: &CustomOperator, options: &[u8]) -> Result<Work, Refusal> {
    let call = Call { operation: *operation, options, memory: CallMemory::constants_of(operation) };
    let mut work = CustomWork { units: 1, work_per_unit: 1, scratch_bytes: 0 };
    let check = custom.check.ok_or(Refusal::Parameter)?;
    // SAFETY: the application's function, called as the header says.
    if unsafe { check(custom.user, (&raw const call).cast(), &raw mut work) } != status::OK {
        return Err(Refusal::Parameter);
    }
    let CustomWork { units, work_per_unit, scratch_bytes } = work;
    let (units, scratch_bytes) = (units as usize, scratch_bytes as usize);
    planned(operation, EngineWork { units, work_per_unit, scratch_bytes })
}

fn run_units(operation: &Operation<'_>, memory: &mut Memory<'_>, units: Range<usize>) -> Result<(), Fault> {
    let custom = object(operation).ok_or(Fault)?;
    let call =
        Call { operation: *operation, options: options(operation).ok_or(Fault)?, memory: CallMemory::of(memory) };
    let run = custom.run.ok_or(Fault)?;
    // SAFETY: the application's function, called as the header says.
    let status = unsafe { run(custom.user, (&raw const call).cast(), units.start as u32, units.end as u32) };
    if status == status::OK { Ok(()) } else { Err(Fault) }
}

/// What stands behind a `CustomCall`.
struct Call<'c> {
    operation: Operation<'c>,
    options: &'c [u8],
    memory: CallMemory,
}

impl Call<'_> {
    fn record(&self, tensor: u16) -> Result<TensorRecord, Status> {
        self.operation.model().file().tensor(tensor).map_err(|_| status::ERROR_NO_SUCH_PORT)
    }
}

/// Addresses and lengths of the memory a call may touch; nothing in a check but constants.
struct CallMemory {
    arena: Bytes,
    state: Bytes,
    constants: Bytes,
    scratch: Bytes,
}

#[derive(Clone, Copy)]
struct Bytes {
    start: *mut u8,
    count: usize,
}

impl Bytes {
    const NONE: Self = Self { start: ptr::null_mut(), count: 0 };

    fn of(bytes: &mut [u8]) -> Self {
        Self { start: bytes.as_mut_ptr(), count: bytes.len() }
    }

    /// For reading only.
    fn of_constants(bytes: &[u8]) -> Self {
        Self { start: bytes.as_ptr().cast_mut(), count: bytes.len() }
    }

    /// Address of a tensor here; null where there is no memory.
    fn tensor(self, record: &TensorRecord) -> Result<*mut c_void, Status> {
        let start = record.offset as usize;
        if self.start.is_null() {
            return Ok(ptr::null_mut());
        }
        match start.checked_add(record.bytes as usize) {
            // SAFETY: within the memory, as just checked.
            Some(end) if end <= self.count => Ok(unsafe { self.start.add(start) }.cast()),
            _ => Err(status::ERROR_LENGTH),
        }
    }
}

impl CallMemory {
    fn of(memory: &mut Memory<'_>) -> Self {
        Self {
            arena: Bytes::of(memory.arena),
            state: Bytes::of(memory.state),
            constants: Bytes::of_constants(memory.constants),
            scratch: Bytes::of(memory.scratch),
        }
    }

    fn constants_of(operation: &Operation<'_>) -> Self {
        let constants = Bytes::of_constants(operation.model().file().constants());
        Self { arena: Bytes::NONE, state: Bytes::NONE, constants, scratch: Bytes::NONE }
    }

    fn tensor(&self, record: &TensorRecord) -> Result<*mut c_void, Status> {
        match record.location {
            Location::Arena => self.arena,
            Location::State => self.state,
            Location::Constant => self.constants,
        }
        .tensor(record)
    }
}

/// # Safety
/// `call` is the pointer that a custom operator's function was given, during that call.
unsafe fn open<'c>(call: *const CustomCall) -> Result<&'c Call<'c>, Status> {
    let call = call.cast::<Call<'c>>();
    pointers::check(call, 1)?;
    // SAFETY: made by `work_of` or `run_units`, and alive, by the caller's promise.
    Ok(unsafe { &*call })
}

/// Number of inputs and of outputs; either pointer may be null.
///
/// # Safety
/// `call` is what the operator's function was given; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_custom_counts(call: *const CustomCall, inputs: *mut u32, outputs: *mut u32) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { open(call) }.and_then(|call| {
        // SAFETY: writable by the caller's promise.
        unsafe { put(inputs, call.operation.input_count() as u32)? };
        // SAFETY: as above.
        unsafe { put(outputs, call.operation.output_count() as u32) }
    }))
}

/// The options, as the source model stored them.
///
/// # Safety
/// `call` is what the operator's function was given; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_custom_options(
    call: *const CustomCall,
    options: *mut *const u8,
    option_bytes: *mut usize,
) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { open(call) }.and_then(|call| {
        // SAFETY: writable by the caller's promise.
        unsafe { put(options, call.options.as_ptr())? };
        // SAFETY: as above.
        unsafe { put(option_bytes, call.options.len()) }
    }))
}

/// Input `index`: shape, type and quantisation, and its bytes. In a check `data` becomes null for inputs that are no
/// constants. Either pointer may be null.
///
/// # Safety
/// `call` is what the operator's function was given; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_custom_input(
    call: *const CustomCall,
    index: u32,
    tensor: *mut Tensor,
    data: *mut *const c_void,
) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { open(call) }.and_then(|call| {
        let operand = call.operation.input(index as usize).map_err(|_| status::ERROR_NO_SUCH_PORT)?;
        let record = call.record(operand.index)?;
        // SAFETY: writable by the caller's promise.
        unsafe { put(data, call.memory.tensor(&record)?.cast_const())? };
        // SAFETY: as above.
        unsafe { put(tensor, record.into()) }
    }))
}

/// Output `index`: shape, type and quantisation, and its bytes, to write; in a check `data` becomes null. Either pointer
/// may be null.
///
/// # Safety
/// `call` is what the operator's function was given; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_custom_output(
    call: *const CustomCall,
    index: u32,
    tensor: *mut Tensor,
    data: *mut *mut c_void,
) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { open(call) }.and_then(|call| {
        let operand = call.operation.output(index as usize).map_err(|_| status::ERROR_NO_SUCH_PORT)?;
        let record = call.record(operand.index)?;
        // SAFETY: writable by the caller's promise.
        unsafe { put(data, call.memory.tensor(&record)?)? };
        // SAFETY: as above.
        unsafe { put(tensor, record.into()) }
    }))
}

/// Working space of a run, of at least as many bytes as the check asked for; what it holds means nothing.
///
/// # Safety
/// `call` is what the operator's function was given; the other pointers are null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_custom_scratch(
    call: *const CustomCall,
    data: *mut *mut c_void,
    bytes: *mut usize,
) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { open(call) }.and_then(|call| {
        let Bytes { start, count } = call.memory.scratch;
        // SAFETY: writable by the caller's promise.
        unsafe { put(data, start.cast())? };
        // SAFETY: as above.
        unsafe { put(bytes, count) }
    }))
}

/// Writes a value for the caller, unless the pointer is null.
///
/// # Safety
/// The place is writable, if there is one.
unsafe fn put<T>(place: *mut T, value: T) -> Result<(), Status> {
    if place.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    unsafe { pointers::write(place, value) }
}
