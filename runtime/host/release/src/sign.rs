//! Documents with signatures.

use crate::SecretKey;
use mote_trust::document::{Assignment, RoleKeys, Root, Timestamp};
use mote_trust::{Envelope, PUBLIC_KEY_BYTES, Role, TrustError};

/// Why a document was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// A key of another role.
    #[error("a {0} key cannot sign a {1} document")]
    WrongRole(&'static str, &'static str),
    /// The body is longer than devices take.
    #[error("the {0} document has {1} bytes; devices take {2}")]
    TooLong(&'static str, usize, usize),
    /// The document to sign is none.
    #[error("the document to sign is damaged: {0:?}")]
    Document(TrustError),
    /// Encoding failed.
    #[error("encoding failed: {0}")]
    Encoding(String),
}

/// Signs a body of a role with any number of keys.
///
/// # Errors
/// A key of another role, or a body that devices would not take.
pub fn sign(role: Role, body: &impl minicbor::Encode<()>, keys: &[&SecretKey]) -> Result<Vec<u8>, SignError> {
    let body = minicbor::to_vec(body).map_err(|error| SignError::Encoding(error.to_string()))?;
    let signed = Envelope::to_be_signed(role, &body).ok_or(SignError::TooLong(
        role.name(),
        body.len(),
        role.max_body_bytes(),
    ))?;
    let empty = Envelope::assemble(&signed, &[]);
    add_signatures(&empty, role, keys)
}

/// Adds signatures to a document; a second one by the same key replaces the first. How several people sign one root:
/// each passes the file on.
///
/// # Errors
/// The document is damaged, or a key is of another role.
pub fn add_signatures(document: &[u8], role: Role, keys: &[&SecretKey]) -> Result<Vec<u8>, SignError> {
    let envelope = Envelope::read(document, role).map_err(SignError::Document)?;
    let mut signatures = Vec::new();
    for key in keys {
        if key.role() != role {
            return Err(SignError::WrongRole(key.role().name(), role.name()));
        }
        signatures.push(key.sign(envelope.signed()));
    }
    signatures.extend(envelope.signatures());
    Ok(Envelope::assemble(envelope.signed(), &signatures))
}

/// Public keys of the roles of a root.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Keys by role, in the order of [`Role::ALL`].
    pub keys: [Vec<[u8; PUBLIC_KEY_BYTES]>; 4],
    /// Thresholds in the same order.
    pub thresholds: [u8; 4],
}

/// Makes a root document; `facts` gives everything but the keys.
///
/// # Errors
/// See [`sign`].
pub fn root(facts: &RootFacts<'_>, keys: &Keys, signers: &[&SecretKey]) -> Result<Vec<u8>, SignError> {
    let flat: Vec<Vec<u8>> = keys.keys.iter().map(|keys| keys.concat()).collect();
    let role = |index: usize| RoleKeys { threshold: keys.thresholds[index], keys: &flat[index] };
    let body = Root {
        version: facts.version,
        fleet: facts.fleet,
        issued: facts.issued,
        expires: facts.expires,
        root: role(0),
        release: role(1),
        director: role(2),
        timestamp: role(3),
        resets: facts.resets,
        security_floor: facts.security_floor,
    };
    sign(Role::Root, &body, signers)
}

/// What a root says besides its keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct RootFacts<'a> {
    /// Version.
    pub version: u32,
    /// Fleet.
    pub fleet: &'a str,
    /// Seconds since 1970.
    pub issued: u64,
    /// Seconds since 1970.
    pub expires: u64,
    /// See [`Root::resets`].
    pub resets: Option<u8>,
    /// See [`Root::security_floor`].
    pub security_floor: Option<u32>,
}

/// Signs an assignment.
///
/// # Errors
/// See [`sign`].
pub fn assignment(body: &Assignment<'_>, keys: &[&SecretKey]) -> Result<Vec<u8>, SignError> {
    sign(Role::Director, body, keys)
}

/// Signs a timestamp.
///
/// # Errors
/// See [`sign`].
pub fn timestamp(body: &Timestamp, keys: &[&SecretKey]) -> Result<Vec<u8>, SignError> {
    sign(Role::Timestamp, body, keys)
}
