//! Numbers and bytes as text, without the formatting machinery of the core library (about 5 kB).

use crate::Board;

/// Digits of the largest u32.
const DECIMAL_DIGITS: usize = 10;

/// Digits of the largest u64, and a point.
const LONG_DIGITS: usize = 21;

/// Writes text pieces to a board. Each method returns the printer, so that a line is one chain.
pub struct Printer<'b, B: Board>(pub &'b mut B);

impl<B: Board> Printer<'_, B> {
    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write(bytes);
        self
    }

    /// Text as it is.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.write(text.as_bytes());
        self
    }

    /// A space and a number in decimal.
    pub fn decimal(&mut self, value: u32) -> &mut Self {
        let mut digits = [b' '; DECIMAL_DIGITS + 1];
        let mut rest = value;
        let mut used = 1usize;
        for slot in digits.iter_mut().rev() {
            *slot = b'0'.wrapping_add((rest % 10) as u8);
            rest /= 10;
            used = used.wrapping_add(1);
            if rest == 0 {
                break;
            }
        }
        // What is in front of the digits: spaces, of which one is kept.
        self.0.write(digits.get(digits.len().wrapping_sub(used)..).unwrap_or(&digits));
        self
    }

    /// A number in decimal, without a space.
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.fixed(value, 0)
    }

    /// `value` divided by ten to the power of `decimals` (at most 19), in decimal, without a space.
    pub fn fixed(&mut self, value: u64, decimals: usize) -> &mut Self {
        let mut digits = [b'0'; LONG_DIGITS];
        let (mut rest, mut used, mut place) = (value, 0usize, 0usize);
        for slot in digits.iter_mut().rev() {
            used = used.wrapping_add(1);
            if place == decimals && decimals > 0 && used == decimals.wrapping_add(1) {
                *slot = b'.';
                continue;
            }
            *slot = b'0'.wrapping_add((rest % 10) as u8);
            rest /= 10;
            place = place.wrapping_add(1);
            if rest == 0 && place > decimals {
                break;
            }
        }
        self.raw(digits.get(digits.len().wrapping_sub(used)..).unwrap_or(&digits))
    }

    /// A space and a number in 16 hexadecimal digits.
    pub fn hexadecimal(&mut self, value: u64) -> &mut Self {
        self.text(" ").bytes(&value.to_be_bytes())
    }

    /// Bytes in hexadecimal, two digits each, no space.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let digit = |nibble: u8| {
            if nibble < 10 { b'0'.wrapping_add(nibble) } else { b'a'.wrapping_add(nibble.wrapping_sub(10)) }
        };
        for &byte in bytes {
            self.0.write(&[digit(byte >> 4), digit(byte & 15)]);
        }
        self
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.0.write(b"\n");
    }
}
