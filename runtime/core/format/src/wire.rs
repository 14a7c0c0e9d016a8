//! The wire format of postcard, field by field: operator records are read at load and at every step of a run, and a
//! reader that knows their few fields needs a fraction of the instructions and flash of one that knows any type.

/// Bytes yet to be read.
pub(crate) struct Wire<'a>(pub &'a [u8]);

impl<'a> Wire<'a> {
    /// One byte.
    #[inline(always)]
    pub fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    /// A number below 2^16.
    #[inline(always)]
    pub fn u16(&mut self) -> Option<u16> {
        self.number(16).map(|number| number as u16)
    }

    /// A number below 2^32.
    #[inline(always)]
    pub fn u32(&mut self) -> Option<u32> {
        self.number(32)
    }

    /// A length, and as many bytes.
    #[inline(always)]
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number(32)? as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Numbers below 128 are one byte, and most are.
    #[inline(never)]
    fn number(&mut self, bits: u32) -> Option<u32> {
        match self.byte()? {
            small @ 0..0x80 => Some(small.into()),
            first => self.long_number(first, bits),
        }
    }

    /// The rest of a number: seven bits a byte, lowest first, the last byte below 128 and within `bits`.
    #[inline(never)]
    fn long_number(&mut self, first: u8, bits: u32) -> Option<u32> {
        let mut number = u32::from(first & 0x7F);
        for shift in [7, 14, 21, 28] {
            let byte = self.byte()?;
            let part = u32::from(byte & 0x7F);
            // Zero bits left is one byte too many, whatever is in it.
            let bits_left = bits.checked_sub(shift).filter(|&left| left > 0)?;
            if part >> bits_left.min(7) != 0 {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Wire;
    use crate::{OperatorRecord, StateRun};

    fn number(bytes: &[u8], bits: u32) -> Option<(u32, &[u8])> {
        let mut wire = Wire(bytes);
        wire.number(bits).map(|number| (number, wire.0))
    }

    /// Every first three bytes, with ends that matter: what postcard reads, this reads, and nothing else.
    #[test]
    fn numbers_are_read_as_postcard_reads_them() {
        let step = if cfg!(miri) { 257 } else { 1 };
        for low in (0..=u16::MAX).step_by(step) {
            let [a, b] = low.to_le_bytes();
            for tail in [[0, 0, 0], [3, 9, 9], [4, 0, 0], [0x7F, 1, 2], [0x80, 0x80, 0x0F], [0xFF, 0xFF, 0x10]] {
                let bytes = [a, b, tail[0], tail[1], tail[2]];
                let expected = postcard::take_from_bytes::<u16>(&bytes).ok().map(|(value, rest)| (value.into(), rest));
                assert_eq!(number(&bytes, 16), expected, "{bytes:x?} as u16");
                assert_eq!(number(&bytes, 32), postcard::take_from_bytes::<u32>(&bytes).ok(), "{bytes:x?} as u32");
                let cut = &bytes[..2];
                assert_eq!(number(cut, 32), postcard::take_from_bytes::<u32>(cut).ok(), "{cut:x?} as u32");
            }
        }
    }

    #[test]
    fn records_are_read_as_postcard_writes_them() {
        let long = [7u8; 300];
        let records = [
            OperatorRecord { code: 5, input_count: 1, operands: &[1, 0, 2, 0], parameters: &[] },
            OperatorRecord { code: 0x8123, input_count: 150, operands: &long, parameters: &long[..299] },
        ];
        for record in records {
            let mut buffer = [0; 700];
            let bytes = postcard::to_slice(&record, &mut buffer).expect("room enough");
            let mut wire = Wire(bytes);
            assert_eq!(wire.u16(), Some(record.code));
            assert_eq!(wire.byte(), Some(record.input_count));
            assert_eq!(wire.bytes(), Some(record.operands));
            assert_eq!(wire.bytes(), Some(record.parameters));
            assert!(wire.0.is_empty());
        }
        let run = StateRun { bytes: 1_000_000, data: &[3] };
        let mut buffer = [0; 16];
        let mut wire = Wire(postcard::to_slice(&run, &mut buffer).expect("room enough"));
        assert_eq!((wire.u32(), wire.bytes()), (Some(1_000_000), Some(&[3u8][..])));
    }
}
