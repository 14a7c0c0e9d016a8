//! Which interface this is.

/// Version of this interface: a program compiled with another `MOTE_API_VERSION` must not use the library.
pub const API_VERSION: u32 = 1;

/// Version of the interface the library was built with, to compare with `MOTE_API_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn mote_api_version() -> u32 {
    API_VERSION
}
