//! Sets of keys with a threshold.

use crate::{Envelope, TrustError, sha256};
use ed25519_dalek::VerifyingKey;

/// Bytes of an Ed25519 public key.
pub const PUBLIC_KEY_BYTES: usize = 32;
/// Most keys of a role.
pub const MAX_KEYS: usize = 5;

/// The first eight bytes of a public key's SHA-256. Finds a key; proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl KeyId {
    /// The id of a public key.
    pub fn of(public_key: &[u8; PUBLIC_KEY_BYTES]) -> Self {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = sha256(&[public_key]);
        Self(id)
    }
}

/// The keys of a role and how many of them must sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    threshold: u8,
    count: u8,
    keys: [[u8; PUBLIC_KEY_BYTES]; MAX_KEYS],
}

impl KeySet {
    /// A set from keys that lie one after the other.
    ///
    /// # Errors
    /// [`TrustError::BadKeys`]: none, more than [`MAX_KEYS`], one twice, one that is no point of the curve or a weak
    /// one, or a threshold of 0 or more than there are keys.
    pub fn read(threshold: u8, keys: &[u8]) -> Result<Self, TrustError> {
        let (whole, rest) = keys.as_chunks::<PUBLIC_KEY_BYTES>();
        let is_reachable = threshold >= 1 && usize::from(threshold) <= whole.len();
        if !rest.is_empty() || !is_reachable || whole.len() > MAX_KEYS {
            return Err(TrustError::BadKeys);
        }
        let mut set = Self { threshold, count: whole.len() as u8, keys: [[0; PUBLIC_KEY_BYTES]; MAX_KEYS] };
        for (index, (place, key)) in set.keys.iter_mut().zip(whole).enumerate() {
            let is_repeated = whole.iter().take(index).any(|earlier| earlier == key);
            let is_strong = VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak());
            if is_repeated || !is_strong {
                return Err(TrustError::BadKeys);
            }
            *place = *key;
        }
        Ok(set)
    }

    /// Signatures that are needed.
    pub fn threshold(&self) -> u8 {
        self.threshold
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &[u8; PUBLIC_KEY_BYTES]> {
        self.keys.iter().take(self.count.into())
    }

    /// Checks that enough keys of the set signed the document. Signatures by other keys are passed over: a root that
    /// replaces another carries both sets' signatures.
    ///
    /// # Errors
    /// [`TrustError::BadSignature`] for one by a key of the set that does not hold,
    /// [`TrustError::TooFewSignatures`] otherwise.
    pub fn verify(&self, envelope: &Envelope<'_>) -> Result<(), TrustError> {
        let mut valid = 0u8;
        for signature in envelope.signatures() {
            let Some(key) = self.keys().find(|key| KeyId::of(key) == signature.key) else { continue };
            let key = VerifyingKey::from_bytes(key).map_err(|_| TrustError::BadKeys)?;
            let bytes = ed25519_dalek::Signature::from_bytes(&signature.bytes);
            key.verify_strict(envelope.signed(), &bytes).map_err(|_| TrustError::BadSignature)?;
            valid = valid.saturating_add(1);
        }
        if self.threshold == 0 || valid < self.threshold {
            return Err(TrustError::TooFewSignatures(valid));
        }
        Ok(())
    }
}
