//! The signing half: keys, and documents made with them. Devices verify with `mote-trust`.

mod explain;
mod key_file;
mod model;
mod sign;

pub use explain::explain;
pub use key_file::{KeyError, SecretKey, public_from_text, public_to_text};
pub use model::{Packed, ReleaseError, ReleaseFacts, chunk_table, release};
pub use mote_trust as trust;
pub use sign::{Keys, RootFacts, SignError, add_signatures, assignment, root, sign, timestamp};
