//! Assignment: which device runs which release.

use crate::Digest;
use minicbor::{Decode, Encode};

/// Whom an assignment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Target<'a> {
    /// The device of this name.
    #[n(0)]
    Device(#[b(0)] &'a str),
    /// Every device of this group.
    #[n(1)]
    Group(#[b(0)] &'a str),
}

/// Which release a device shall run. Not a command: the newest one holds until there is a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assignment<'a> {
    /// Name of the fleet.
    #[b(0)]
    pub fleet: &'a str,
    /// Number, strictly rising over the fleet's life.
    #[n(1)]
    pub generation: u64,
    /// Whom it is for.
    #[b(2)]
    pub target: Target<'a>,
    /// Digest of the release's signed bytes.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub release: Digest,
    /// When it may no longer be begun, in seconds since 1970.
    #[n(4)]
    pub not_after: u64,
    /// Wave of the rollout it belongs to.
    #[n(5)]
    pub wave: Option<u32>,
    /// Inferences to run beside the old model before switching; none: 0.
    #[n(6)]
    pub shadow_inferences: Option<u32>,
    /// Seconds in use without a fault before it is confirmed; none: 0.
    #[n(7)]
    pub probation_seconds: Option<u32>,
    /// Of 1000 compared inferences, how many may differ from the old model; none: any.
    #[n(8)]
    pub shadow_disagreement_permille: Option<u16>,
    /// Most time of an inference in thousandths of the old model's; none: any.
    #[n(9)]
    pub latency_permille: Option<u32>,
}
