//! The frame around every signed document.

use crate::{Digest, KeyId, TrustError, sha256};

/// First bytes of every signed document.
pub const ENVELOPE_MAGIC: [u8; 8] = *b"MOTEDOC1";
/// Newest revision this reader understands.
pub const REVISION: u8 = 1;
/// Most signatures on a document.
pub const MAX_SIGNATURES: usize = 8;
/// Magic, role, revision, length of the body.
const HEAD_BYTES: usize = 12;
const SIGNATURE_BYTES: usize = 8 + 64;

/// Who speaks. A key signs for a role, and what it signs names the role, so no document passes for another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// Says who speaks for the roles. Offline, several people.
    Root = 1,
    /// Says what a model is. Offline.
    Release = 2,
    /// Says which device runs which release. Online.
    Director = 3,
    /// Says what is current. Online, for a short time.
    Timestamp = 4,
}

impl Role {
    /// All roles, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Root, Self::Release, Self::Director, Self::Timestamp];

    /// Longest body, in bytes: what a device must be able to hold.
    pub const fn max_body_bytes(self) -> usize {
        match self {
            Self::Root | Self::Release => 2048,
            Self::Director => 512,
            Self::Timestamp => 256,
        }
    }

    /// Longest document, in bytes.
    pub const fn max_bytes(self) -> usize {
        HEAD_BYTES + self.max_body_bytes() + 1 + MAX_SIGNATURES * SIGNATURE_BYTES
    }

    /// Its name in commands and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Release => "release",
            Self::Director => "director",
            Self::Timestamp => "timestamp",
        }
    }
}

/// A signature with the key it claims to be by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Key.
    pub key: KeyId,
    /// Ed25519 signature of [`Envelope::signed`].
    pub bytes: [u8; 64],
}

/// A document in its frame. Its signatures are not checked yet, and its body must not be read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    role: Role,
    signed: &'a [u8],
    signatures: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Takes the frame of a document of `role` apart.
    ///
    /// # Errors
    /// It is not one, is longer than its role allows, or needs a newer reader. Signatures must be in strictly rising
    /// order of their keys, so that none counts twice.
    pub fn read(bytes: &'a [u8], role: Role) -> Result<Self, TrustError> {
        if bytes.len() > role.max_bytes() {
            return Err(TrustError::TooLong(role));
        }
        let (head, _) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(TrustError::Malformed)?;
        let [magic @ .., code, revision, low, high] = *head;
        if magic != ENVELOPE_MAGIC {
            return Err(TrustError::Malformed);
        }
        if revision > REVISION {
            return Err(TrustError::Revision(revision));
        }
        if code != role as u8 {
            return Err(TrustError::WrongRole(code));
        }
        let body_bytes = usize::from(u16::from_le_bytes([low, high]));
        if body_bytes > role.max_body_bytes() {
            return Err(TrustError::TooLong(role));
        }
        let (signed, rest) = bytes.split_at_checked(HEAD_BYTES + body_bytes).ok_or(TrustError::Malformed)?;
        let (count, signatures) = rest.split_first().ok_or(TrustError::Malformed)?;
        let count = usize::from(*count);
        if count > MAX_SIGNATURES || signatures.len() != count * SIGNATURE_BYTES {
            return Err(TrustError::Malformed);
        }
        let envelope = Self { role, signed, signatures };
        let mut last = None;
        for signature in envelope.signatures() {
            if last.is_some_and(|last| last >= signature.key) {
                return Err(TrustError::Malformed);
            }
            last = Some(signature.key);
        }
        Ok(envelope)
    }

    /// The role it is of.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The bytes that are signed: everything before the signatures, role included.
    pub fn signed(&self) -> &'a [u8] {
        self.signed
    }

    /// SHA-256 of the bytes that are signed: the document's name for others. It does not change when signatures are
    /// added.
    pub fn digest(&self) -> Digest {
        sha256(&[self.signed])
    }

    /// The signatures, unchecked.
    pub fn signatures(&self) -> impl Iterator<Item = Signature> + use<'a> {
        self.signatures.chunks_exact(SIGNATURE_BYTES).filter_map(|chunk| {
            let (key, bytes) = chunk.split_first_chunk::<8>()?;
            Some(Signature { key: KeyId(*key), bytes: *bytes.first_chunk()? })
        })
    }

    /// The body, unchecked.
    pub(crate) fn body(&self) -> &'a [u8] {
        self.signed.get(HEAD_BYTES..).unwrap_or_default()
    }

    /// The body for looking at, with no belief in it: for tools that show documents.
    ///
    /// # Errors
    /// It is not what its role says.
    pub fn unverified<T: minicbor::Decode<'a, ()>>(&self) -> Result<T, TrustError> {
        crate::document::decode(self.body(), self.role)
    }
}

/// The bytes to sign for a body.
#[cfg(feature = "write")]
impl Envelope<'_> {
    /// What is signed for a body of a role: head and body.
    pub fn to_be_signed(role: Role, body: &[u8]) -> Option<alloc::vec::Vec<u8>> {
        let length = u16::try_from(body.len()).ok().filter(|_| body.len() <= role.max_body_bytes())?;
        let mut signed = alloc::vec::Vec::with_capacity(HEAD_BYTES + body.len());
        signed.extend_from_slice(&ENVELOPE_MAGIC);
        signed.extend_from_slice(&[role as u8, REVISION]);
        signed.extend_from_slice(&length.to_le_bytes());
        signed.extend_from_slice(body);
        Some(signed)
    }

    /// A whole document; signatures in any order, one for each key.
    pub fn assemble(signed: &[u8], signatures: &[Signature]) -> alloc::vec::Vec<u8> {
        let mut sorted: alloc::vec::Vec<_> = signatures.to_vec();
        sorted.sort_by_key(|signature| signature.key);
        sorted.dedup_by_key(|signature| signature.key);
        sorted.truncate(MAX_SIGNATURES);
        let mut bytes = signed.to_vec();
        bytes.push(sorted.len() as u8);
        for signature in sorted {
            bytes.extend_from_slice(&signature.key.0);
            bytes.extend_from_slice(&signature.bytes);
        }
        bytes
    }
}
