//! Direct buffers of Java as memory.

use crate::failure::Failure;
use jni::Env;
use jni::objects::JByteBuffer;
use mote_ffi::host::HostError;
use mote_ffi::status;

/// A part of a direct buffer. The memory stays as long as Java holds the buffer, which it does during the call.
#[derive(Clone, Copy)]
pub struct Lent {
    /// First byte.
    pub start: *mut u8,
    /// Length.
    pub bytes: usize,
}

/// The `bytes` from `position` on of `buffer`.
///
/// # Errors
/// No buffer, one that is not direct, a part outside it.
pub fn lent(env: &mut Env<'_>, buffer: &JByteBuffer<'_>, position: i32, bytes: i32) -> Result<Lent, Failure> {
    if buffer.is_null() {
        return Err(HostError::new(status::ERROR_NULL, "the buffer is null").into());
    }
    let not_direct =
        || HostError::new(status::ERROR_ALIGNMENT, "the buffer is not direct: make it with ByteBuffer.allocateDirect");
    let capacity = env.get_direct_buffer_capacity(buffer).map_err(|_| not_direct())?;
    let outside = || {
        let words = format!("{bytes} bytes at {position} lie outside a buffer of {capacity}");
        HostError::new(status::ERROR_LENGTH, words)
    };
    let (position, bytes) =
        (usize::try_from(position).map_err(|_| outside())?, usize::try_from(bytes).map_err(|_| outside())?);
    if position.checked_add(bytes).is_none_or(|end| end > capacity) {
        return Err(outside().into());
    }
    let start = env.get_direct_buffer_address(buffer).map_err(|_| not_direct())?;
    Ok(Lent { start: start.wrapping_add(position), bytes })
}
