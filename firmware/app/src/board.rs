//! What an application needs of a board.

/// A board as applications see it. One thread owns it.
pub trait Board {
    /// Counter of the finest clock there is, never running backwards. On emulated boards it advances by a fixed amount
    /// with each instruction; its unit is the board's affair.
    fn ticks(&mut self) -> u64;

    /// Sends bytes on the serial line, waiting while it is full.
    fn write(&mut self, bytes: &[u8]);

    /// Fills the unused stack with a pattern, for [`Board::stack_used_bytes`].
    fn paint_stack(&mut self);

    /// Bytes of stack used since it was painted, below the frame that painted it.
    fn stack_used_bytes(&mut self) -> u32;

    /// Executes a loop of `rounds` rounds (at least one) and returns how many instructions its rounds are; what leads
    /// in and out is the same for every number of rounds. Shows that the clock counts instructions.
    fn known_loop(&mut self, rounds: u32) -> u64;

    /// Ends the image: an emulator stops with the verdict's code, a real board waits for its reset.
    fn exit(&mut self, verdict: Verdict) -> !;
}

/// How an image ends; the number is the emulator's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// Everything ran and every output is right.
    Right = 0,
    /// An output differs from its golden vector.
    Differs = 1,
    /// The bytes are no model that this image can run.
    Refused = 2,
    /// The model needs more memory than the board has left.
    NoMemory = 3,
    /// A run ended in an error.
    Stopped = 4,
    /// The processor took a fault or the image panicked.
    Fault = 5,
}

impl Verdict {
    /// The exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }
}
