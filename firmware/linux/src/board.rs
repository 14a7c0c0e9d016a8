//! A process as a board: standard input and output are the serial line, memory plays the flash.
#![expect(unsafe_code, reason = "board support: the stack below the stack pointer is painted")]

use crate::processor;
use core::ptr;
use mote_firmware::embedded_hal::digital::{self, OutputPin};
use mote_firmware::embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use mote_firmware::{Board, NoWatchdog, RamFlash, ResetCause, Verdict};
use std::convert::Infallible;
use std::io;
use std::time::Instant;

#[cfg(target_arch = "x86_64")]
const NAME: &str = "linux-x86_64";
#[cfg(target_arch = "aarch64")]
const NAME: &str = "linux-aarch64";
#[cfg(target_arch = "riscv64")]
const NAME: &str = "linux-riscv64";

/// What unused stack is filled with.
const PAINT: u64 = 0x5EED_CAFE_5EED_CAFE;

/// Bytes that are painted: far more than the engine needs, far less than a process's stack.
const PAINTED_BYTES: usize = 256 * 1024;

/// Bytes below the painting frame that stay unpainted, for the painting itself.
const PAINT_MARGIN_BYTES: usize = 1024;

/// Memory that plays the flash, in bytes.
const FLASH_BYTES: usize = 64 * 1024;

/// This process.
pub struct LinuxBoard {
    /// Number of the next mark; none when the clock is the kernel's.
    marks: Option<usize>,
    started: Instant,
    painted_from: usize,
    serial: Serial,
    pin: Pin,
    flash: RamFlash<'static>,
}

impl LinuxBoard {
    /// `counted`: readings of the clock are marks for the counting plugin.
    pub fn new(counted: bool) -> Self {
        Self {
            marks: counted.then_some(0),
            started: Instant::now(),
            painted_from: 0,
            serial: Serial,
            pin: Pin,
            flash: RamFlash::new(vec![0xFF; FLASH_BYTES].leak()),
        }
    }
}

impl Board for LinuxBoard {
    type Serial = Serial;
    type Pin = Pin;
    type Flash = RamFlash<'static>;

    fn name(&self) -> &'static str {
        NAME
    }

    #[inline(never)]
    fn ticks(&mut self) -> u64 {
        let Some(number) = self.marks else {
            return u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        };
        self.marks = Some(number + 1);
        processor::mark(number);
        number as u64
    }

    fn ticks_per_second(&self) -> u32 {
        1_000_000_000
    }

    fn serial(&mut self) -> &mut Serial {
        &mut self.serial
    }

    fn pin(&mut self) -> &mut Pin {
        &mut self.pin
    }

    fn flash(&mut self) -> &mut RamFlash<'static> {
        &mut self.flash
    }

    fn start_watchdog(&mut self, _timeout_microseconds: u32) -> Result<(), NoWatchdog> {
        Err(NoWatchdog)
    }

    fn feed_watchdog(&mut self) {}

    fn reset_cause(&self) -> ResetCause {
        ResetCause::Unknown
    }

    /// A process does not come back: it ends as a stopped run.
    fn reset(&mut self) -> ! {
        self.exit(Verdict::Stopped)
    }

    #[inline(never)]
    fn paint_stack(&mut self) {
        let top = processor::stack_pointer();
        let mut at = top - PAINT_MARGIN_BYTES;
        while at > top - PAINTED_BYTES {
            at -= 8;
            // SAFETY: the stack pointer is aligned to 16 bytes, nothing is in use below the margin, and a process's stack
            // grows down to its limit of megabytes.
            unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut::<u64>(at), PAINT) };
        }
        self.painted_from = top;
    }

    #[inline(never)]
    fn stack_used_bytes(&mut self) -> u32 {
        let mut at = self.painted_from - PAINTED_BYTES;
        // SAFETY: painted before; reading only.
        while at < self.painted_from && unsafe { ptr::read_volatile(ptr::with_exposed_provenance::<u64>(at)) } == PAINT
        {
            at += 8;
        }
        (self.painted_from - at) as u32
    }

    fn known_loop(&mut self, rounds: u32) -> u64 {
        processor::known_loop(rounds);
        u64::from(rounds) * processor::INSTRUCTIONS_PER_ROUND
    }

    fn exit(&mut self, verdict: Verdict) -> ! {
        let _ = io::Write::flush(&mut io::stdout());
        std::process::exit(verdict.code().into())
    }
}

/// Standard input and output.
pub struct Serial;

impl ErrorType for Serial {
    type Error = ErrorKind;
}

impl Read for Serial {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        io::Read::read(&mut io::stdin(), buffer).map_err(|_| ErrorKind::Other)
    }
}

impl ReadReady for Serial {
    /// Standard input cannot be asked; a reader waits.
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        Ok(true)
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        io::Write::write(&mut io::stdout(), bytes).map_err(|_| ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        io::Write::flush(&mut io::stdout()).map_err(|_| ErrorKind::Other)
    }
}

/// No pin.
pub struct Pin;

impl digital::ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
