//! A small mutation fuzzer for the stable toolchain, and the targets it shares with libFuzzer.
//!
//! A target takes any bytes and must come back: with a [`Signature`] of what happened, never
//! with a panic. The fuzzer keeps inputs whose signature is new, which leads it through the
//! checks one refusal at a time without needing the compiler's help.

pub mod corpus;
pub mod driver;
pub mod mutate;
pub mod onnx_parts;
pub mod panics;
pub mod parts;
pub mod random;
pub mod seeds;
pub mod targets;

use random::Random;

/// A short tag of what a target did with an input; a new one makes the input worth keeping.
pub type Signature = u64;

/// What a target did with one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The input was accepted, as opposed to refused with an error.
    pub accepted: bool,
    /// What happened, as a tag.
    pub signature: Signature,
}

impl Verdict {
    /// Accepted, with a tag of what was done.
    pub fn accepted(what: &impl std::hash::Hash) -> Self {
        Self { accepted: true, signature: tag(what) }
    }

    /// Refused, with a tag of the reason.
    pub fn refused(why: &impl std::hash::Hash) -> Self {
        Self { accepted: false, signature: tag(why).rotate_left(1) }
    }
}

fn tag(value: &impl std::hash::Hash) -> Signature {
    use std::hash::Hasher;
    // Fixed keys: the same input gives the same tag in every run.
    #[allow(deprecated)]
    let mut hasher = std::hash::SipHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Something to throw bytes at.
pub trait Target: Sync {
    /// Name on the command line and of the corpus folder.
    fn name(&self) -> &'static str;

    /// Inputs to start from, besides those in the corpus folder.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Feeds one input; must not panic, whatever the bytes.
    fn run(&self, input: &[u8]) -> Verdict;

    /// Changes an input in a way that suits its structure; by default like any bytes.
    /// `other` is another input of the pool, to take pieces from.
    fn mutate(&self, input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
        mutate::bytes(input, other, random);
    }
}
