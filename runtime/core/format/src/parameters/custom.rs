//! Parameters of an operator that an application brings: its name, and options that only its code understands.
//!
//! The bytes are the name's length (one byte), the name, and the options to the end.

/// Longest name of a custom operator, in bytes.
pub const MAX_CUSTOM_NAME_BYTES: usize = 63;

/// Most options of a custom operator, in bytes. A bound of the importer: a reader takes what the record holds.
pub const MAX_CUSTOM_OPTION_BYTES: usize = 4096;

/// Most operands of a custom operator, inputs and outputs together.
pub const MAX_CUSTOM_OPERANDS: usize = 32;

/// Parameters of operators with a code from [`crate::OpCode::FIRST_CUSTOM`] on. Inputs and outputs: as the operator's
/// own code checks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomParameters<'a> {
    /// Name, which [`is_custom_name`] accepts.
    pub name: &'a str,
    /// Options as the source model stores them.
    pub options: &'a [u8],
}

/// True for 1 to [`MAX_CUSTOM_NAME_BYTES`] bytes, all of them printable ASCII.
pub const fn is_custom_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_CUSTOM_NAME_BYTES && is_printable(name.as_bytes())
}

const fn is_printable(mut bytes: &[u8]) -> bool {
    while let [first, rest @ ..] = bytes {
        if *first < b' ' || *first > b'~' {
            return false;
        }
        bytes = rest;
    }
    true
}

impl<'a> CustomParameters<'a> {
    /// Reads an operator record's parameters; none when the name is no name or does not end within them.
    pub fn read(parameters: &'a [u8]) -> Option<Self> {
        let (name, options) = Self::split(parameters)?;
        let name = core::str::from_utf8(name).ok().filter(|name| is_custom_name(name))?;
        Some(Self { name, options })
    }

    /// The bytes of name and options, the name unchecked: enough to compare it, or to get at the options again.
    #[inline]
    pub fn split(parameters: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (&name_bytes, rest) = parameters.split_first()?;
        rest.split_at_checked(name_bytes as usize)
    }

    /// The parameters' bytes, as the reader takes them.
    #[cfg(feature = "write")]
    pub fn to_bytes(&self) -> alloc::vec::Vec<u8> {
        let mut bytes = alloc::vec![self.name.len() as u8];
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.extend_from_slice(self.options);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::CustomParameters;
    use crate::OpCode;

    #[test]
    fn names_that_are_none_are_refused() {
        assert_eq!(
            CustomParameters::read(b"\x03FOO\x01\x02"),
            Some(CustomParameters { name: "FOO", options: &[1, 2] })
        );
        assert_eq!(CustomParameters::read(b"\x03FOO").map(|p| p.options), Some(&[][..]));
        let long = [b'A'; 65];
        let with_length = |length: u8| {
            let mut bytes = long;
            bytes[0] = length;
            CustomParameters::read(&bytes).is_some()
        };
        assert!(with_length(63) && !with_length(64) && !with_length(65) && !with_length(255));
        for bytes in [&b""[..], b"\x00", b"\x04FOO", b"\x02\xc3\xa9", b"\x02\xff\xfe", b"\x03F\nO", b"\x03F\0O"] {
            assert_eq!(CustomParameters::read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn codes_of_names_are_fixed() {
        // FNV-1a of "foobar" is 0xBF9CF968 (the function's published test vectors): 0xBF9C ^ 0xF968 = 0x46F4.
        assert_eq!(OpCode::custom("foobar"), OpCode(0xC6F4));
        assert!(OpCode::custom("").is_custom() && !OpCode::ARG_MAX_F32.is_custom());
    }
}
