//! Models: parsing into the caller's storage, and what can be asked of them.

use crate::log::{Log, Refused, Reporter, conclude};
use crate::pointers::{self, Extent, answer};
use crate::status::{self, Status};
use crate::storage::{ModelSlot, ModelStorage, Place};
use crate::tensor::Tensor;
use core::ffi::c_char;
use mote_engine::{Model, OperatorEntry, OperatorSet, Reason, operators as engine_operators};

/// Checks `file` (a model.mote file; longer is fine, as flash slots are) completely and puts the model into `model`.
/// Links every operator; `mote_model_parse_with` does not.
///
/// # Safety
/// `file` is readable for `file_bytes` and unchanged as long as the model is used; `model` is writable, and no session
/// of an earlier model in it is used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_parse(file: *const u8, file_bytes: usize, model: *mut ModelStorage) -> Status {
    #[cfg(feature = "std")]
    let set = engine_operators::native();
    #[cfg(not(feature = "std"))]
    let set = engine_operators::generic();
    // SAFETY: the caller's promises are those of `parse`.
    conclude(unsafe { parse(file, file_bytes, set, None, model) }, None)
}

/// As `mote_model_parse` with a list of operators (addresses of the objects declared below, and those that
/// `mote_custom_operator` gives): a program that parses with this function alone links the operators on its lists and
/// no others.
///
/// # Safety
/// As `mote_model_parse`; `operators` holds `operator_count` such addresses and stays as it is as long as the model is
/// used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_parse_with(
    file: *const u8,
    file_bytes: usize,
    operators: *const *const OperatorEntry,
    operator_count: usize,
    model: *mut ModelStorage,
) -> Status {
    // SAFETY: the caller's promises are those of `parse_listed`.
    conclude(unsafe { parse_listed(file, file_bytes, operators, operator_count, None, model) }, None)
}

/// As `mote_model_parse_with`, and tells `log` (or nobody, if it is null) of a refusal. The model keeps a copy of it for
/// its sessions.
///
/// # Safety
/// As `mote_model_parse_with`; the log's function can be called with its pointer as long as the model or a session of it
/// is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_parse_logged(
    file: *const u8,
    file_bytes: usize,
    operators: *const *const OperatorEntry,
    operator_count: usize,
    log: *const Log,
    model: *mut ModelStorage,
) -> Status {
    // SAFETY: the caller's promise.
    let log = match unsafe { Reporter::of(log) } {
        Ok(log) => log,
        Err(status) => return status,
    };
    // SAFETY: the caller's promises are those of `parse_listed`.
    conclude(unsafe { parse_listed(file, file_bytes, operators, operator_count, log, model) }, log)
}

/// # Safety
/// As [`mote_model_parse_with`].
unsafe fn parse_listed(
    file: *const u8,
    file_bytes: usize,
    operators: *const *const OperatorEntry,
    operator_count: usize,
    log: Option<Reporter>,
    storage: *mut ModelStorage,
) -> Result<(), Refused> {
    // SAFETY: readable and unchanged by the caller's promise.
    let addresses = unsafe { pointers::slice(operators, operator_count)? };
    for &address in addresses {
        pointers::check(address, 1)?;
    }
    let start = addresses.as_ptr().cast::<&'static OperatorEntry>();
    // SAFETY: a reference has a pointer's layout; no address is null or misaligned; the objects are the library's own,
    // immutable and of its lifetime, or prepared by `mote_custom_operator` and unchanged as long as the model, as the list.
    let set = unsafe { core::slice::from_raw_parts(start, addresses.len()) };
    // SAFETY: the caller's promises are those of `parse`.
    unsafe { parse(file, file_bytes, set, log, storage) }
}

/// # Safety
/// As [`mote_model_parse`].
unsafe fn parse(
    file: *const u8,
    file_bytes: usize,
    set: OperatorSet<'static>,
    log: Option<Reporter>,
    storage: *mut ModelStorage,
) -> Result<(), Refused> {
    pointers::check(storage, 1)?;
    pointers::check(file, file_bytes)?;
    if Extent::new(file, file_bytes).meets(Extent::new(storage, size_of::<ModelStorage>())) {
        return Err(status::ERROR_SHARED_MEMORY.into());
    }
    // SAFETY: readable and unchanged by the caller's promise.
    let bytes = unsafe { pointers::slice(file, file_bytes)? };
    let parsed = Model::parse(bytes, set).map_err(|error| {
        let index = |index: Option<u16>| index.map_or(-1, i32::from);
        let detail = match error.reason {
            Reason::MissingOperator(code) => u32::from(code.0),
            _ => 0,
        };
        let place = Place { operator_index: index(error.operator), tensor_index: index(error.tensor), detail };
        (Refused { status: status::of_model(&error), place }, error.custom_operator)
    });
    // SAFETY: writable and no longer used by a session, by the caller's promise.
    unsafe { ModelSlot::fill(storage, log, parsed) }
}

/// Where the last parse into `model` found the fault.
///
/// # Safety
/// `model` was given to a parse; `place` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_error_place(model: *const ModelStorage, place: *mut Place) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { ModelSlot::place(model) }.and_then(|found| unsafe {
        // SAFETY: writable by the caller's promise.
        pointers::write(place, found)
    }))
}

/// Writes the name of the custom operator that the last parse into `model` refused or did not find, with a null
/// character behind it: at most 64 characters. `MOTE_ERROR_NOT_READY` when no custom operator was at fault,
/// `MOTE_ERROR_LENGTH` when `name_bytes` is too small.
///
/// # Safety
/// `model` was given to a parse; `name` is writable for `name_bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_error_operator(
    model: *const ModelStorage,
    name: *mut c_char,
    name_bytes: usize,
) -> Status {
    // SAFETY: the caller's promise.
    answer(unsafe { ModelSlot::custom_name(model) }.and_then(|found| {
        let found = found.bytes();
        // SAFETY: writable by the caller's promise; used by nobody else here.
        let place = unsafe { pointers::slice_mut(name.cast::<u8>(), name_bytes)? };
        let (text, rest) = place.split_at_mut_checked(found.len()).ok_or(status::ERROR_LENGTH)?;
        *rest.first_mut().ok_or(status::ERROR_LENGTH)? = 0;
        text.iter_mut().zip(found).for_each(|(slot, &byte)| *slot = byte);
        Ok(())
    }))
}

/// Bytes of arena and of state buffer that a session needs.
///
/// # Safety
/// `model` is zero or was filled; the other pointers are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_memory(
    model: *const ModelStorage,
    arena_bytes: *mut usize,
    state_bytes: *mut usize,
) -> Status {
    // SAFETY: the caller's promise.
    let model = unsafe { ModelSlot::model(model) };
    answer(model.and_then(|model| {
        // SAFETY: writable by the caller's promise.
        unsafe { pointers::write(arena_bytes, model.header().arena_bytes as usize)? };
        // SAFETY: as above.
        unsafe { pointers::write(state_bytes, model.header().state_bytes as usize) }
    }))
}

/// Number of inputs and of outputs.
///
/// # Safety
/// `model` is zero or was filled; the other pointers are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_ports(model: *const ModelStorage, inputs: *mut u32, outputs: *mut u32) -> Status {
    // SAFETY: the caller's promise.
    let model = unsafe { ModelSlot::model(model) };
    answer(model.and_then(|model| {
        // SAFETY: writable by the caller's promise.
        unsafe { pointers::write(inputs, model.input_count() as u32)? };
        // SAFETY: as above.
        unsafe { pointers::write(outputs, model.output_count() as u32) }
    }))
}

/// Shape, type and quantisation of input `index`.
///
/// # Safety
/// `model` is zero or was filled; `tensor` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_input(model: *const ModelStorage, index: u32, tensor: *mut Tensor) -> Status {
    // SAFETY: the caller's promise.
    let model = unsafe { ModelSlot::model(model) };
    answer(model.and_then(|model| {
        let record = model.input(index as usize).ok_or(status::ERROR_NO_SUCH_PORT)?;
        // SAFETY: writable by the caller's promise.
        unsafe { pointers::write(tensor, record.into()) }
    }))
}

/// Shape, type and quantisation of output `index`.
///
/// # Safety
/// `model` is zero or was filled; `tensor` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_model_output(model: *const ModelStorage, index: u32, tensor: *mut Tensor) -> Status {
    // SAFETY: the caller's promise.
    let model = unsafe { ModelSlot::model(model) };
    answer(model.and_then(|model| {
        let record = model.output(index as usize).ok_or(status::ERROR_NO_SUCH_PORT)?;
        // SAFETY: writable by the caller's promise.
        unsafe { pointers::write(tensor, record.into()) }
    }))
}
