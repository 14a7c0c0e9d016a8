//! Bytes of the serial line, gathered into commands.

/// Longest command without its end. Source: `EE_CMD_SIZE` in `benchmark/api/internally_implemented.h` of
/// mlcommons/tiny.
pub const COMMAND_BYTES: usize = 80;

/// What ends a command. Source: `EE_CMD_TERMINATOR`, as above.
const END: u8 = b'%';

/// A command being received.
pub struct Line {
    bytes: [u8; COMMAND_BYTES],
    used: usize,
    is_complete: bool,
}

impl Line {
    /// Nothing received.
    pub const fn new() -> Self {
        Self { bytes: [0; COMMAND_BYTES], used: 0, is_complete: false }
    }

    /// Takes a byte; true when it ended a command, which [`Line::command`] then gives until the next byte.
    pub fn take(&mut self, byte: u8) -> bool {
        if self.is_complete {
            (self.used, self.is_complete) = (0, false);
        }
        if byte == END {
            self.is_complete = true;
            return true;
        }
        if let Some(slot) = self.bytes.get_mut(self.used) {
            *slot = byte;
        }
        // Counts on beyond the buffer, so that a command that was too long is known as one.
        self.used = self.used.saturating_add(1);
        false
    }

    /// The command without its end and without white space around it; none when it was longer than the buffer.
    pub fn command(&self) -> Option<&[u8]> {
        self.bytes.get(..self.used).map(<[u8]>::trim_ascii)
    }
}
