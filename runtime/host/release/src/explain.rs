//! Refusals in words.

use mote_trust::TrustError;

/// Why a document is refused, and what to do.
pub fn explain(error: TrustError) -> String {
    match error {
        TrustError::Malformed => "it is not a signed document, or is damaged: take it from its source again".into(),
        TrustError::TooLong(role) => {
            format!("it is longer than the {} bytes that {} documents may have", role.max_bytes(), role.name())
        }
        TrustError::Revision(revision) => format!("it has revision {revision}: update mote to read it"),
        TrustError::WrongRole(code) => format!("it is a document of another role ({code})"),
        TrustError::TooFewSignatures(valid) => {
            format!("only {valid} of the needed signatures are there: add others with `mote keys sign`")
        }
        TrustError::BadSignature => "one of its signatures does not hold: it was changed after it was signed".into(),
        TrustError::BadBody(role) => format!("its signatures hold, but its content is no {}", role.name()),
        TrustError::BadKeys => {
            "a role has no keys, more than five, one twice, a weak one, or a threshold above their number".into()
        }
        TrustError::WrongFleet => "it is of another fleet".into(),
        TrustError::NotTheNextRoot(wanted) => format!("the next root must have version {wanted}: none may be skipped"),
        TrustError::Replayed => "it is not newer than what is trusted already".into(),
        other => format!("{other:?}"),
    }
}
