//! The C interface of the engine: what `include/mote.h` declares.
//!
//! Everything lives in memory the caller owns: model and session in storage of fixed size, tensors in an arena, the
//! model's bytes where they are. There is no heap, no global variable, no enumeration in a signature (compilers
//! disagree on their size), and no callback but the log and the operators of its own that a caller may give. Every function returns a status; every
//! pointer is checked for null, and for alignment and length where those matter.
//!
//! What cannot be checked is the caller's part, stated once here and in the header:
//!
//! 1. Storage is all zeros, or was filled by the function that makes it, before any other function sees it.
//! 2. The model's bytes and its storage stay where they are, unchanged, as long as a session of the model is used; so
//!    do the session's storage, arena and state.
//! 3. A session is used by one thread at a time, and its arena and state are written only through the pointers of
//!    `mote_session_input`, and not while a function of the session runs.
//!
//! Symbols are plain C names; as Rust items they are reached through their modules.
#![cfg_attr(not(feature = "std"), no_std)]
#![expect(unsafe_code, reason = "a C interface takes pointers; each block says why it may")]

#[cfg(feature = "std")]
extern crate std;

pub mod custom;
#[cfg(feature = "std")]
pub mod host;
pub mod log;
pub mod model;
pub mod operators;
mod pointers;
pub mod quantize;
pub mod session;
pub mod status;
mod storage;
pub mod tensor;
pub mod version;

pub use storage::{MODEL_WORDS, ModelStorage, Place, SESSION_WORDS, SessionStorage};
pub use version::API_VERSION;

/// Cannot be reached: nothing in the library panics, which the image check proves.
#[cfg(all(feature = "panic-handler", not(feature = "std")))]
#[panic_handler]
fn handle_panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
