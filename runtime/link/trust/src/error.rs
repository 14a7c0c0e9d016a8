//! Why a document is not believed.

use crate::Role;

/// Why a document is not believed. A refusal changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustError {
    /// Not a signed document, cut short, or with bytes after its end.
    Malformed,
    /// Longer than documents of this role may be.
    TooLong(Role),
    /// Needs a newer reader: its revision.
    Revision(u8),
    /// A document of another role than was asked for: the code found.
    WrongRole(u8),
    /// Signed by too few keys that this role has: how many were right.
    TooFewSignatures(u8),
    /// A signature by a known key that does not hold.
    BadSignature,
    /// The signatures hold, but the body is not what its role says.
    BadBody(Role),
    /// Its set of keys is empty, too large, repeats a key, or its threshold cannot be reached.
    BadKeys,
    /// Of another fleet.
    WrongFleet,
    /// Not the root that follows the trusted one: the version wanted.
    NotTheNextRoot(u32),
    /// The trusted root has expired: no new installations until there is a newer one.
    RootExpired,
    /// Its time is over.
    Expired,
    /// Not newer than what was seen before.
    Replayed,
    /// No timestamp is known, or the last one has expired: what is current cannot be told.
    Stale,
    /// The timestamp belongs to another root: its version.
    OtherRoot(u32),
    /// Older than the oldest assignment the timestamp lets stand.
    Withdrawn,
    /// For another device.
    WrongDevice,
    /// Not the release the assignment names.
    WrongRelease,
    /// Not for this hardware.
    WrongHardware,
    /// Below the floor of security: the floor.
    BelowFloor(u32),
    /// Needs an engine that reads another format: its major version.
    Engine(u16),
    /// Needs an operator that this device does not have: its code.
    Operator(u16),
    /// None of the release's packings runs here.
    NoPacking,
    /// Needs more arena or state than there is: bytes.
    ArenaTooSmall(u32),
    /// Does not fit into the slot: bytes.
    SlotTooSmall(u32),
    /// Its chunks do not go with the flash's erase unit.
    ChunkBytes(u32),
}
