//! Reverse zero-compressing consistent overhead byte stuffing.
//!
//! Read from its end, a message is a control byte and what it stands for, again and again: 0x01 to 0x7F is a map of
//! seven bytes of which the set bits are zeros, 0x80 to 0xFE is a zero in front of 7 to 133 bytes without one, 0xFF is 134
//! bytes without one. Source: <https://github.com/Dirbaio/rzcobs>.

/// The message in `data`; none when it is cut short or holds a zero.
pub fn decode(data: &[u8]) -> Option<Vec<u8>> {
    let mut message = Vec::with_capacity(data.len());
    let mut rest = data.iter().rev().copied();
    while let Some(control) = rest.next() {
        match control {
            0 => return None,
            0x01..=0x7F => {
                for bit in (0..7).rev() {
                    message.push(if control >> bit & 1 == 1 { 0 } else { rest.next()? });
                }
            }
            0x80..=0xFE => {
                message.push(0);
                for _ in 0..usize::from(control & 0x7F) + 7 {
                    message.push(rest.next()?);
                }
            }
            0xFF => {
                for _ in 0..134 {
                    message.push(rest.next()?);
                }
            }
        }
    }
    message.reverse();
    Some(message)
}
