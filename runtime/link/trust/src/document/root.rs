//! Root: who speaks for the roles.

use minicbor::{Decode, Encode};

/// Bit of [`Root::resets`]: generations of assignments count from the start again.
pub const RESETS_ASSIGNMENTS: u8 = 1;
/// Bit of [`Root::resets`]: timestamps and the latest time seen start again.
pub const RESETS_TIME: u8 = 2;

/// The keys of one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleKeys<'a> {
    /// Signatures that are needed.
    #[n(0)]
    pub threshold: u8,
    /// Ed25519 public keys of 32 bytes, one after the other.
    #[cbor(b(1), with = "minicbor::bytes")]
    pub keys: &'a [u8],
}

/// Who speaks for the roles of a fleet. Signed by enough keys of its own root role and, but for the first, of its
/// predecessor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Root<'a> {
    /// Number, one more than its predecessor's.
    #[n(0)]
    pub version: u32,
    /// Name of the fleet, at most 32 bytes.
    #[b(1)]
    pub fleet: &'a str,
    /// When it was made, in seconds since 1970.
    #[n(2)]
    pub issued: u64,
    /// When installations must wait for its successor, in seconds since 1970. What runs goes on running.
    #[n(3)]
    pub expires: u64,
    /// Keys of the root role.
    #[b(4)]
    pub root: RoleKeys<'a>,
    /// Keys of the release role.
    #[b(5)]
    pub release: RoleKeys<'a>,
    /// Keys of the director role.
    #[b(6)]
    pub director: RoleKeys<'a>,
    /// Keys of the timestamp role.
    #[b(7)]
    pub timestamp: RoleKeys<'a>,
    /// Which counters start anew, for when a stolen online key pushed them to their end.
    #[n(8)]
    pub resets: Option<u8>,
    /// A new floor of security, lower ones included: the only way down.
    #[n(9)]
    pub security_floor: Option<u32>,
}
