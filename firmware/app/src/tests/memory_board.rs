//! A board in memory, for the applications' tests.

use crate::{Board, NoWatchdog, RamFlash, ResetCause, Verdict};
use embedded_hal::digital::{ErrorType as PinError, OutputPin};
use embedded_io::{ErrorType, Read, ReadReady, Write};
use std::boxed::Box;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::vec::Vec;

/// Its clock counts readings, its serial line is two buffers, its watchdog counts readings too.
pub struct MemoryBoard {
    pub ticks: u64,
    pub serial: MemorySerial,
    pub pin: MemoryPin,
    pub flash: RamFlash<'static>,
    pub reset_cause: ResetCause,
    pub watchdog: Option<Watchdog>,
}

/// What a board's watchdog saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watchdog {
    pub timeout_microseconds: u32,
    pub feeds: u32,
}

#[derive(Default)]
pub struct MemorySerial {
    /// What the other end has sent. A read gives at most `piece_bytes` at a time, nothing once it is empty.
    pub received: VecDeque<u8>,
    pub piece_bytes: usize,
    pub sent: Vec<u8>,
}

/// A pin that keeps its changes.
#[derive(Default)]
pub struct MemoryPin(pub Vec<bool>);

impl Default for MemoryBoard {
    fn default() -> Self {
        let memory = Box::leak(Box::new([0u8; 2 * RamFlash::SECTOR_BYTES + 5]));
        Self {
            ticks: 0,
            serial: MemorySerial { piece_bytes: usize::MAX, ..MemorySerial::default() },
            pin: MemoryPin::default(),
            flash: RamFlash::new(memory),
            reset_cause: ResetCause::PowerOn,
            watchdog: None,
        }
    }
}

impl ErrorType for MemorySerial {
    type Error = Infallible;
}

impl Read for MemorySerial {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let count = self.received.len().min(buffer.len()).min(self.piece_bytes);
        buffer.iter_mut().zip(self.received.drain(..count)).for_each(|(slot, byte)| *slot = byte);
        Ok(count)
    }
}

impl ReadReady for MemorySerial {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.received.is_empty())
    }
}

impl Write for MemorySerial {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        // Seven at a time, so that a caller that forgets the rest is caught.
        let taken = &bytes[..bytes.len().min(7)];
        self.sent.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl PinError for MemoryPin {
    type Error = Infallible;
}

impl OutputPin for MemoryPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.push(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.push(true);
        Ok(())
    }
}

impl Board for MemoryBoard {
    type Serial = MemorySerial;
    type Pin = MemoryPin;
    type Flash = RamFlash<'static>;

    fn name(&self) -> &'static str {
        "memory"
    }

    fn ticks(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    fn ticks_per_second(&self) -> u32 {
        1_000_000
    }

    fn serial(&mut self) -> &mut MemorySerial {
        &mut self.serial
    }

    fn pin(&mut self) -> &mut MemoryPin {
        &mut self.pin
    }

    fn flash(&mut self) -> &mut RamFlash<'static> {
        &mut self.flash
    }

    fn start_watchdog(&mut self, timeout_microseconds: u32) -> Result<(), NoWatchdog> {
        let watchdog = self.watchdog.as_mut().ok_or(NoWatchdog)?;
        watchdog.timeout_microseconds = timeout_microseconds;
        Ok(())
    }

    fn feed_watchdog(&mut self) {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.feeds += 1;
        }
    }

    fn reset_cause(&self) -> ResetCause {
        self.reset_cause
    }

    fn reset(&mut self) -> ! {
        panic!("reset")
    }

    fn paint_stack(&mut self) {}

    fn stack_used_bytes(&mut self) -> u32 {
        0
    }

    fn known_loop(&mut self, rounds: u32) -> u64 {
        self.ticks += u64::from(rounds) * 2;
        u64::from(rounds) * 2
    }

    fn exit(&mut self, verdict: Verdict) -> ! {
        panic!("{verdict:?}")
    }
}
