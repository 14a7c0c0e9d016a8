//! What an application needs of a board: the ecosystem's traits for what they cover, a few methods for the rest.

use embedded_hal::digital::OutputPin;
use embedded_io::{Read, ReadReady, Write};
use embedded_storage::nor_flash::NorFlash;

/// A board as applications see it. One thread owns it.
pub trait Board {
    /// The serial line. Reading waits for at least one byte; a line with nothing at its other end never gives one.
    type Serial: Read + Write + ReadReady;
    /// The pin or lamp that is high while a measured inference runs, for a meter or an eye.
    type Pin: OutputPin;
    /// Flash for models and records, apart from the image. Offsets start at 0.
    type Flash: NorFlash;

    /// The board's name, as in `targets/`.
    fn name(&self) -> &'static str;

    /// Counter of the finest clock there is, never running backwards. On emulated boards it advances by a fixed amount
    /// with each instruction; its unit is the board's affair.
    fn ticks(&mut self) -> u64;

    /// Ticks of that clock in a second; at least one.
    fn ticks_per_second(&self) -> u32;

    /// The serial line.
    fn serial(&mut self) -> &mut Self::Serial;

    /// The timing pin.
    fn pin(&mut self) -> &mut Self::Pin;

    /// The flash.
    fn flash(&mut self) -> &mut Self::Flash;

    /// Starts the watchdog: from now on [`Board::feed_watchdog`] must be called at least every `timeout_microseconds`.
    /// A board that was not fed resets within a second such time at the latest, and then tells
    /// [`ResetCause::Watchdog`]. It cannot be stopped.
    ///
    /// # Errors
    /// The board has none, or its watchdog cannot count that long.
    fn start_watchdog(&mut self, timeout_microseconds: u32) -> Result<(), NoWatchdog>;

    /// Tells the watchdog that all is well. Does nothing before it is started.
    fn feed_watchdog(&mut self);

    /// Why the image started. The same for as long as it runs.
    fn reset_cause(&self) -> ResetCause;

    /// Starts the board anew; the image finds [`ResetCause::Software`].
    fn reset(&mut self) -> !;

    /// Fills the unused stack with a pattern, for [`Board::stack_used_bytes`].
    fn paint_stack(&mut self);

    /// Bytes of stack used since it was painted, below the frame that painted it.
    fn stack_used_bytes(&mut self) -> u32;

    /// Executes a loop of `rounds` rounds (at least one) and returns how many instructions its rounds are; what leads
    /// in and out is the same for every number of rounds. Shows that the clock counts instructions.
    fn known_loop(&mut self, rounds: u32) -> u64;

    /// Ends the image: an emulator stops with the verdict's code, a real board waits for its reset.
    fn exit(&mut self, verdict: Verdict) -> !;

    /// Sends bytes on the serial line, waiting while it is full. A line that fails loses them: there is nowhere else
    /// to say so.
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.serial().write(rest) {
                Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Microseconds since the clock started, rounded down.
    fn microseconds(&mut self) -> u64 {
        let (ticks, per_second) = (self.ticks(), u64::from(self.ticks_per_second().max(1)));
        let (seconds, rest) = (ticks.checked_div(per_second).unwrap_or(0), ticks.checked_rem(per_second).unwrap_or(0));
        let within = rest.wrapping_mul(1_000_000).checked_div(per_second).unwrap_or(0);
        seconds.wrapping_mul(1_000_000).wrapping_add(within)
    }
}

/// A board without a watchdog, or a time that its watchdog cannot count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoWatchdog;

/// Why an image started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ResetCause {
    /// Power came on.
    PowerOn = 0,
    /// The reset pin.
    Pin = 1,
    /// The watchdog was not fed.
    Watchdog = 2,
    /// [`Board::reset`].
    Software = 3,
    /// The image ended in a fault.
    Fault = 4,
    /// The board cannot tell.
    Unknown = 5,
}

impl ResetCause {
    /// A word for a line of text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PowerOn => "power-on",
            Self::Pin => "pin",
            Self::Watchdog => "watchdog",
            Self::Software => "software",
            Self::Fault => "fault",
            Self::Unknown => "unknown",
        }
    }
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
