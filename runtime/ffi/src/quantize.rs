//! Real values in and out.

use crate::pointers;
use crate::session::with;
use crate::status::{self, Status};
use crate::storage::SessionStorage;
use mote_engine::{RunError, Session};

/// Stored value of `real`: round(real / scale) + zero point, half away from zero, clamped to `min`..`max`.
#[unsafe(no_mangle)]
pub extern "C" fn mote_quantize(real: f32, scale: f32, zero_point: i32, min: i32, max: i32) -> i32 {
    mote_engine::quantize(real, scale, zero_point, min, max)
}

/// Real value of a stored integer: scale * (stored - zero point).
#[unsafe(no_mangle)]
pub extern "C" fn mote_dequantize(stored: i32, scale: f32, zero_point: i32) -> f32 {
    mote_engine::dequantize(stored, scale, zero_point)
}

/// Writes input `index` from `count` real values, quantised as the tensor is; `count` must be its number of elements.
///
/// # Safety
/// `session` is zero or was filled; `reals` is readable; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_set_input(
    session: *mut SessionStorage,
    index: u32,
    reals: *const f32,
    count: usize,
) -> Status {
    if let Err(status) = pointers::check(reals, count) {
        return status;
    }
    // SAFETY: readable by the caller's promise.
    let reals = match unsafe { pointers::slice(reals, count) } {
        Ok(reals) => reals,
        Err(status) => return status,
    };
    let set =
        |opened: &mut Session<'static>| Ok(opened.input(index as usize).and_then(|mut port| port.quantise_from(reals)));
    // SAFETY: the caller's promise.
    unsafe { with(session, set) }
}

/// Reads output `index` into `count` real values; `count` must be its number of elements.
///
/// # Safety
/// `session` is zero or was filled; `reals` is writable and apart from the session's memory; one thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mote_session_get_output(
    session: *mut SessionStorage,
    index: u32,
    reals: *mut f32,
    count: usize,
) -> Status {
    if let Err(status) = pointers::check(reals, count) {
        return status;
    }
    let get = |opened: &mut Session<'static>| {
        let port = match opened.output(index as usize) {
            Ok(port) => port,
            Err(error) => return Ok(Err(error)),
        };
        let elements = port.record.shape.elements();
        if elements != count {
            return Ok(Err(RunError::Length { needed_elements: elements as u32 }));
        }
        for element in 0..elements {
            let real = port.real(element).ok_or(status::ERROR_TYPE)?;
            // SAFETY: below `count`, of which all are writable by the caller's promise.
            unsafe { reals.wrapping_add(element).write(real) };
        }
        Ok(Ok(()))
    };
    // SAFETY: the caller's promise.
    unsafe { with(session, get) }
}
