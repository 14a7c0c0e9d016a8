//! Board support for emulated boards: one module for Cortex-M, one for RISC-V, both parameterised by
//! `targets/<name>/target.toml` at build time. Not here: what an image does, which is in `firmware/app`.
#![no_std]

#[cfg(feature = "defmt")]
mod defmt_serial;
pub mod faults;
mod lamp;
#[cfg(any(processor = "v7m", processor = "v8m"))]
#[path = "cortex_m_memory.rs"]
mod memory;
mod physical;
#[cfg_attr(target_arch = "arm", path = "cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod processor;
pub mod provoke;
mod retained;
mod start;
mod uart;
mod watchdog;

use core::ptr;
pub use lamp::Lamp;
use mote_engine::{OperatorSet, operators};
pub use mote_firmware::Verdict;
use mote_firmware::{Board, NoWatchdog, RamFlash, ResetCause};
#[cfg(all(physical, any(processor = "v7m", processor = "v8m")))]
use physical::cycles as clock;
#[cfg(not(all(physical, any(processor = "v7m", processor = "v8m"))))]
use processor as clock;
pub use uart::Serial;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/board.rs"));
}

pub use generated::NAME;

/// The operators this image links.
pub fn operator_set() -> OperatorSet<'static> {
    include!(concat!(env!("OUT_DIR"), "/operators.rs"))
}

/// What unused stack is filled with.
const PAINT: u32 = 0x5EED_CAFE;

/// Bytes below the painting frame that stay unpainted, for the painting itself.
const PAINT_MARGIN_BYTES: usize = 128;

/// The board this image is built for. Its flash is RAM that plays one (see [`RamFlash`]); it outlives a reset, and its
/// content before the first erase is whatever memory held.
pub struct ThisBoard {
    painted_from: usize,
    serial: Serial,
    lamp: Lamp,
    flash: RamFlash<'static>,
    reset_cause: ResetCause,
}

impl ThisBoard {
    /// Starts serial line, clock and the guard below the stack.
    pub(crate) fn start(flash: &'static mut [u8]) -> Self {
        uart::start();
        clock::start_clock();
        processor::guard_stack();
        let (serial, lamp, flash) = (Serial::new(), Lamp::new(), RamFlash::new(flash));
        Self { painted_from: 0, serial, lamp, flash, reset_cause: retained::start() }
    }
}

impl Board for ThisBoard {
    type Serial = Serial;
    type Pin = Lamp;
    type Flash = RamFlash<'static>;

    fn name(&self) -> &'static str {
        NAME
    }

    #[inline(never)]
    fn ticks(&mut self) -> u64 {
        clock::ticks()
    }

    fn ticks_per_second(&self) -> u32 {
        generated::CLOCK_HZ
    }

    fn serial(&mut self) -> &mut Serial {
        &mut self.serial
    }

    fn pin(&mut self) -> &mut Lamp {
        &mut self.lamp
    }

    fn flash(&mut self) -> &mut RamFlash<'static> {
        &mut self.flash
    }

    fn start_watchdog(&mut self, timeout_microseconds: u32) -> Result<(), NoWatchdog> {
        watchdog::start(timeout_microseconds)?;
        retained::expect(ResetCause::Watchdog);
        Ok(())
    }

    fn feed_watchdog(&mut self) {
        watchdog::feed();
    }

    fn reset_cause(&self) -> ResetCause {
        self.reset_cause
    }

    fn reset(&mut self) -> ! {
        retained::expect(ResetCause::Software);
        processor::reset()
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| uart::write(byte));
    }

    #[inline(never)]
    fn paint_stack(&mut self) {
        let top = processor::stack_pointer();
        let end = top.wrapping_sub(PAINT_MARGIN_BYTES);
        let mut at = start::stack_limit();
        while at < end {
            // SAFETY: between the stack's limit and the stack pointer nothing is in use.
            unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut::<u32>(at), PAINT) };
            at = at.wrapping_add(4);
        }
        self.painted_from = top;
    }

    #[inline(never)]
    fn stack_used_bytes(&mut self) -> u32 {
        let mut at = start::stack_limit();
        // SAFETY: as above; reading only.
        while at < self.painted_from && unsafe { ptr::read_volatile(ptr::with_exposed_provenance::<u32>(at)) } == PAINT
        {
            at = at.wrapping_add(4);
        }
        self.painted_from.wrapping_sub(at) as u32
    }

    fn known_loop(&mut self, rounds: u32) -> u64 {
        processor::known_loop(rounds);
        u64::from(rounds).wrapping_mul(processor::INSTRUCTIONS_PER_ROUND)
    }

    fn exit(&mut self, verdict: Verdict) -> ! {
        processor::exit(verdict.code())
    }
}

/// The bytes where the emulator puts the model; the file's header says how many are its own.
pub fn model_file() -> &'static [u8] {
    let start = ptr::with_exposed_provenance(core::hint::black_box(generated::MODEL_ADDRESS));
    // SAFETY: target.toml names memory that nothing else uses and nothing writes while the image runs.
    unsafe { core::slice::from_raw_parts(start, generated::MODEL_BYTES) }
}

/// Makes `$application`, a `fn(&mut ThisBoard, &'static mut [u8]) -> Verdict`, what runs after reset. It gets all
/// memory that the image leaves. A fault is reported by [`faults::report`], or by `$report`, a `fn(&faults::Entry)`.
#[macro_export]
macro_rules! application {
    ($application:path) => {
        $crate::application!($application, $crate::faults::report);
    };
    ($application:path, $report:path) => {
        #[unsafe(no_mangle)]
        fn mote_application(board: &mut $crate::ThisBoard, memory: &'static mut [u8]) -> $crate::Verdict {
            $application(board, memory)
        }

        #[unsafe(no_mangle)]
        fn mote_fault(entry: &$crate::faults::Entry) {
            $report(entry);
        }
    };
}
