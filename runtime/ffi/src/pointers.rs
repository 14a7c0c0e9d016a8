//! Pointers from C to references, checked as far as a pointer can be.

use crate::status;

/// `count` elements at `pointer`.
///
/// # Errors
/// Null (with elements to read), misaligned, or wrapping around the address space.
///
/// # Safety
/// The elements are readable and nobody writes them for the lifetime.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, count: usize) -> Result<&'a [T], i32> {
    if count == 0 {
        return Ok(&[]);
    }
    check(pointer, count)?;
    // SAFETY: not null, aligned, within the address space; readable and unwritten by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, count) })
}

/// As [`slice`], to write.
///
/// # Errors
/// As [`slice`].
///
/// # Safety
/// The elements are readable, writable, and nobody else uses them for the lifetime.
pub(crate) unsafe fn slice_mut<'a, T>(pointer: *mut T, count: usize) -> Result<&'a mut [T], i32> {
    if count == 0 {
        return Ok(&mut []);
    }
    check(pointer, count)?;
    // SAFETY: not null, aligned, within the address space; used by nobody else by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, count) })
}

/// Writes one value for the caller.
///
/// # Errors
/// Null or misaligned.
///
/// # Safety
/// The place is writable.
pub(crate) unsafe fn write<T>(pointer: *mut T, value: T) -> Result<(), i32> {
    check(pointer, 1)?;
    // SAFETY: not null and aligned; writable by the caller's promise.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Whether `count` elements can be at `pointer`.
pub(crate) fn check<T>(pointer: *const T, count: usize) -> Result<(), i32> {
    if pointer.is_null() {
        return Err(status::ERROR_NULL);
    }
    if !pointer.is_aligned() {
        return Err(status::ERROR_ALIGNMENT);
    }
    let bytes = count.checked_mul(size_of::<T>()).filter(|&bytes| isize::try_from(bytes).is_ok());
    bytes.and_then(|bytes| pointer.addr().checked_add(bytes)).map(drop).ok_or(status::ERROR_LENGTH)
}

/// Addresses of some bytes, to compare with others.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    start: usize,
    bytes: usize,
}

impl Extent {
    pub(crate) fn new<T>(pointer: *const T, bytes: usize) -> Self {
        Self { start: pointer.addr(), bytes }
    }

    /// Whether both have a byte in common.
    pub(crate) fn meets(self, other: Self) -> bool {
        let end = |extent: Self| extent.start.saturating_add(extent.bytes);
        self.bytes > 0 && other.bytes > 0 && self.start < end(other) && other.start < end(self)
    }
}

/// `Ok` as 0, an error as its status.
pub(crate) fn answer(result: Result<(), i32>) -> i32 {
    result.err().unwrap_or(status::OK)
}
