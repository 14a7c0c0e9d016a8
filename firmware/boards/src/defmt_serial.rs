//! defmt on the serial line that text goes to as well.
//!
//! A frame stands between two zero bytes; neither text nor a frame (rzCOBS) contains one. `mote monitor --elf` takes
//! the two apart again.

use crate::{generated, processor, uart};
use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

/// What stands before and behind a frame.
const DELIMITER: u8 = 0;

#[defmt::global_logger]
struct SerialLogger;

/// The encoder of the frame under way, with what to restore behind it.
struct Frame {
    encoder: defmt::Encoder,
    microseconds: u64,
    restore: critical_section::RestoreState,
}

static mut FRAME: Frame =
    Frame { encoder: defmt::Encoder::new(), microseconds: 0, restore: critical_section::RestoreState::invalid() };

/// Frames begun and not ended. More than one only where a log line is written while another is being made; those inner
/// ones are lost, as there is one line.
static DEPTH: AtomicU32 = AtomicU32::new(0);

// SAFETY: `acquire` holds interrupts off until the last `release`, and there is one processor: nobody else is in between.
unsafe impl defmt::Logger for SerialLogger {
    fn acquire() {
        // Read before interrupts are off: the clock needs its own.
        let microseconds = microseconds();
        // SAFETY: released in `release`, which defmt calls once for each `acquire`.
        let restore = unsafe { critical_section::acquire() };
        let depth = DEPTH.load(Ordering::Relaxed);
        DEPTH.store(depth.wrapping_add(1), Ordering::Relaxed);
        if depth > 0 {
            return;
        }
        uart::write(DELIMITER);
        // SAFETY: interrupts are off and no frame is under way.
        unsafe {
            let frame = &mut *(&raw mut FRAME);
            (frame.microseconds, frame.restore) = (microseconds, restore);
            frame.encoder.start_frame(send);
        }
    }

    unsafe fn flush() {
        // The line has no buffer.
    }

    unsafe fn release() {
        let depth = DEPTH.load(Ordering::Relaxed).wrapping_sub(1);
        DEPTH.store(depth, Ordering::Relaxed);
        if depth > 0 {
            return;
        }
        // SAFETY: defmt calls this behind `acquire`, which turned interrupts off.
        unsafe {
            let frame = &mut *(&raw mut FRAME);
            frame.encoder.end_frame(send);
            critical_section::release(frame.restore);
        }
    }

    unsafe fn write(bytes: &[u8]) {
        if DEPTH.load(Ordering::Relaxed) == 1 {
            // SAFETY: between `acquire` and `release`.
            unsafe { (*(&raw mut FRAME)).encoder.write(bytes, send) }
        }
    }
}

fn send(bytes: &[u8]) {
    bytes.iter().for_each(|&byte| uart::write(byte));
}

fn microseconds() -> u64 {
    let per_second = u64::from(generated::CLOCK_HZ.max(1));
    let ticks = processor::ticks();
    let (seconds, rest) = (ticks.checked_div(per_second).unwrap_or(0), ticks.checked_rem(per_second).unwrap_or(0));
    let within = rest.wrapping_mul(1_000_000).checked_div(per_second).unwrap_or(0);
    seconds.wrapping_mul(1_000_000).wrapping_add(within)
}

defmt::timestamp!("{=u64:us}", {
    // SAFETY: evaluated between `acquire` and `release`.
    unsafe { (*(&raw const FRAME)).microseconds }
});

/// One processor: interrupts off is alone.
struct InterruptsOff;

critical_section::set_impl!(InterruptsOff);

// SAFETY: between the two calls no interrupt is taken, and there is one processor.
unsafe impl critical_section::Impl for InterruptsOff {
    #[cfg(target_arch = "arm")]
    unsafe fn acquire() -> critical_section::RawRestoreState {
        let before: u32;
        // SAFETY: reads and sets the processor's interrupt mask.
        unsafe { asm!("mrs {}, PRIMASK", "cpsid i", out(reg) before, options(nostack, preserves_flags)) };
        before
    }

    #[cfg(target_arch = "arm")]
    unsafe fn release(before: critical_section::RawRestoreState) {
        // SAFETY: restores what `acquire` read.
        unsafe { asm!("msr PRIMASK, {}", in(reg) before, options(nostack, preserves_flags)) };
    }

    #[cfg(target_arch = "riscv32")]
    unsafe fn acquire() -> critical_section::RawRestoreState {
        let before: u32;
        // SAFETY: reads and clears the machine's interrupt enable, bit 3.
        unsafe { asm!("csrrci {}, mstatus, 8", out(reg) before, options(nostack)) };
        before & 8
    }

    #[cfg(target_arch = "riscv32")]
    unsafe fn release(before: critical_section::RawRestoreState) {
        // SAFETY: sets what `acquire` read.
        unsafe { asm!("csrs mstatus, {}", in(reg) before, options(nostack)) };
    }
}
