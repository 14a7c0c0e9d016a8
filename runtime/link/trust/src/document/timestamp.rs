//! Timestamp: what is current.

use minicbor::{Decode, Encode};

/// What is current, for a short time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Timestamp {
    /// Number, rising.
    #[n(0)]
    pub version: u64,
    /// When it was made, in seconds since 1970: time for devices that have no clock.
    #[n(1)]
    pub issued: u64,
    /// When it says nothing any more.
    #[n(2)]
    pub expires: u64,
    /// Version of the root that goes with it.
    #[n(3)]
    pub root_version: u32,
    /// Assignments of lower generations no longer stand.
    #[n(4)]
    pub assignments_from: u64,
}
