//! The bodies of signed documents: CBOR maps with small integers as keys.
//!
//! A key that a reader does not know is skipped, so fields can be added; a field that must not be skipped comes with a
//! higher revision in the envelope. Keys are never used again for something else.

mod assignment;
mod release;
mod root;
mod timestamp;

pub use assignment::{Assignment, Target};
pub use release::{Packing, Packings, Release, Texts};
pub use root::{RESETS_ASSIGNMENTS, RESETS_TIME, RoleKeys, Root};
pub use timestamp::Timestamp;

use crate::{Role, TrustError};
use minicbor::{Decode, Decoder};

/// Reads a body; every byte of it must belong to it.
pub(crate) fn decode<'a, T: Decode<'a, ()>>(body: &'a [u8], role: Role) -> Result<T, TrustError> {
    let mut decoder = Decoder::new(body);
    let value = decoder.decode().map_err(|_| TrustError::BadBody(role))?;
    if decoder.position() != body.len() {
        return Err(TrustError::BadBody(role));
    }
    Ok(value)
}
