//! The cycle counter of Armv7-M and Armv8-M processors. Source: Armv7-M Architecture Reference Manual, C1.6.5 (DEMCR)
//! and C1.8 (DWT).

use core::ptr;

const TRACE_ENABLE: usize = 0xE000_EDFC;
const CONTROL: usize = 0xE000_1000;
const COUNT: usize = 0xE000_1004;

/// The last reading, and how often the counter has begun anew. It has 32 bits: readings must not be further apart than
/// its period, nine seconds at 480 MHz.
static mut LAST: u32 = 0;
static mut PERIODS: u32 = 0;

fn read(address: usize) -> u32 {
    // SAFETY: registers that these processors have.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance(address)) }
}

fn write(address: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(address), value) }
}

/// Starts the counter from 0.
pub fn start_clock() {
    write(TRACE_ENABLE, read(TRACE_ENABLE) | 1 << 24);
    write(COUNT, 0);
    write(CONTROL, read(CONTROL) | 1);
}

/// Cycles of the processor since the start.
pub fn ticks() -> u64 {
    let count = read(COUNT);
    // SAFETY: one thread reads the clock; interrupts do not.
    unsafe {
        let (last, periods) = (&raw mut LAST, &raw mut PERIODS);
        if count < ptr::read(last) {
            ptr::write(periods, ptr::read(periods).wrapping_add(1));
        }
        ptr::write(last, count);
        u64::from(ptr::read(periods)) << 32 | u64::from(count)
    }
}
