//! The buffer that `db` commands fill.

use super::command::Complaint;

/// A sample being received, in caller-owned memory.
pub struct Sample<'m> {
    memory: &'m mut [u8],
    expected_bytes: usize,
    received_bytes: usize,
}

impl<'m> Sample<'m> {
    /// A buffer as large as `memory`, expecting nothing.
    pub fn new(memory: &'m mut [u8]) -> Self {
        Self { memory, expected_bytes: 0, received_bytes: 0 }
    }

    /// Largest sample it takes.
    pub fn capacity_bytes(&self) -> usize {
        self.memory.len()
    }

    /// Expects a new sample of `bytes` bytes. On refusal (more than the capacity) it expects nothing.
    pub fn expect(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.memory.len();
        (self.expected_bytes, self.received_bytes) = (if fits { bytes } else { 0 }, 0);
        fits
    }

    /// Appends bytes given as hexadecimal digits, two each; those beyond the expected length are dropped, as the
    /// reference does. Returns whether the sample is complete.
    ///
    /// # Errors
    /// What is wrong; nothing was appended then.
    pub fn append<'l>(&mut self, digits: &'l [u8]) -> Result<bool, Complaint<'l>> {
        let (pairs, []) = digits.as_chunks::<2>() else {
            return Err(Complaint::new("Insufficent number of hex digits"));
        };
        if let Some(pair) = pairs.iter().find(|pair| byte(pair).is_none()) {
            return Err(Complaint { text: "Invalid hex digit ", word: pair });
        }
        if self.received_bytes >= self.expected_bytes {
            return Err(Complaint::new("Command 'db load' must come first"));
        }
        let free = self.memory.get_mut(self.received_bytes..self.expected_bytes).unwrap_or_default();
        let mut taken = 0usize;
        for (slot, value) in free.iter_mut().zip(pairs.iter().filter_map(byte)) {
            *slot = value;
            taken = taken.wrapping_add(1);
        }
        self.received_bytes = self.received_bytes.wrapping_add(taken);
        Ok(self.received_bytes == self.expected_bytes)
    }

    /// What has been received.
    pub fn received(&self) -> &[u8] {
        self.memory.get(..self.received_bytes).unwrap_or_default()
    }

    /// The sample, once it is complete.
    pub fn complete(&self) -> Option<&[u8]> {
        let is_complete = self.expected_bytes > 0 && self.received_bytes == self.expected_bytes;
        if is_complete { Some(self.received()) } else { None }
    }
}

/// Two hexadecimal digits of either case.
fn byte(pair: &[u8; 2]) -> Option<u8> {
    let [high, low] = pair.map(digit);
    Some(high? << 4 | low?)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => character.checked_sub(b'0'),
        b'a'..=b'f' => character.checked_sub(b'a' - 10),
        b'A'..=b'F' => character.checked_sub(b'A' - 10),
        _ => None,
    }
}
