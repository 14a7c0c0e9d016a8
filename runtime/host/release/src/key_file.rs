//! Key files: one line of text that says what it is.

use ed25519_dalek::{Signer, SigningKey};
use mote_trust::{KeyId, PUBLIC_KEY_BYTES, Role, Signature};
use std::io::Write;
use std::path::Path;

const SECRET_PREFIX: &str = "mote-secret-key-1";
const PUBLIC_PREFIX: &str = "mote-public-key-1";

/// Why a key file is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Reading or writing failed.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Not a key file.
    #[error("{0} is not a {1} key file: it should hold one line, `mote-{1}-key-1 ROLE HEX`")]
    NotAKey(String, &'static str),
    /// Others may read the secret.
    #[error(
        "{0} may be read by others (mode {1:o}): make it private with `chmod 600 {0}`, and replace the key if it was"
    )]
    NotPrivate(String, u32),
    /// No random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    NoRandom(String),
}

/// A secret key with the role it is for.
pub struct SecretKey {
    role: Role,
    key: SigningKey,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({} {:02x?})", self.role.name(), self.id().0)
    }
}

impl SecretKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// It gives none.
    pub fn generate(role: Role) -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| KeyError::NoRandom(error.to_string()))?;
        Ok(Self::from_seed(role, seed))
    }

    /// The key that RFC 8032 derives from 32 secret bytes.
    pub fn from_seed(role: Role, seed: [u8; 32]) -> Self {
        Self { role, key: SigningKey::from_bytes(&seed) }
    }

    /// Its role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its public key.
    pub fn public(&self) -> [u8; PUBLIC_KEY_BYTES] {
        self.key.verifying_key().to_bytes()
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.public())
    }

    /// Signs bytes that begin with a document's head.
    pub(crate) fn sign(&self, signed: &[u8]) -> Signature {
        Signature { key: self.id(), bytes: self.key.sign(signed).to_bytes() }
    }

    /// Writes the key to a new file that only its owner may read. An existing file is never overwritten.
    ///
    /// # Errors
    /// The file is there already, or cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let fail = |error| KeyError::File(path.display().to_string(), error);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(fail)?;
        let line = format!("{SECRET_PREFIX} {} {}\n", self.role.name(), hex(&self.key.to_bytes()));
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// It is none, or others than its owner may read it.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let name = path.display().to_string();
        let fail = |error| KeyError::File(name.clone(), error);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map_err(fail)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyError::NotPrivate(name, mode));
            }
        }
        let text = std::fs::read_to_string(path).map_err(fail)?;
        let (role, seed) = parse(&text, SECRET_PREFIX).ok_or(KeyError::NotAKey(name, "secret"))?;
        Ok(Self::from_seed(role, seed))
    }
}

/// A public key as the line of a key file.
pub fn public_to_text(role: Role, key: &[u8; PUBLIC_KEY_BYTES]) -> String {
    format!("{PUBLIC_PREFIX} {} {}\n", role.name(), hex(key))
}

/// The public key in the text of a key file; a secret key's file will do, it holds its public key as well.
pub fn public_from_text(text: &str) -> Option<(Role, [u8; PUBLIC_KEY_BYTES])> {
    let from_secret = || {
        let (role, seed) = parse(text, SECRET_PREFIX)?;
        Some((role, SecretKey::from_seed(role, seed).public()))
    };
    parse(text, PUBLIC_PREFIX).or_else(from_secret)
}

fn parse(text: &str, prefix: &str) -> Option<(Role, [u8; 32])> {
    let mut words = text.split_ascii_whitespace();
    if words.next()? != prefix {
        return None;
    }
    let name = words.next()?;
    let role = Role::ALL.into_iter().find(|role| role.name() == name)?;
    let digits = words.next().filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok()?;
    }
    words.next().is_none().then_some((role, bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
