//! The watchdog of Arm's Cortex-M system design kit. Source: its Technical Reference Manual, APB watchdog.
//!
//! It counts down twice: the first end raises the non-maskable interrupt, in which the image reports where it was, the
//! second resets the board. QEMU's RISC-V machine has none.

use crate::generated::WATCHDOG;
use core::ptr;
use mote_firmware::NoWatchdog;

const LOAD: usize = 0x0;
/// Bit 0: count and interrupt; bit 1: reset.
const CONTROL: usize = 0x8;
/// A write starts the count anew.
const CLEAR: usize = 0xC;
/// Other registers can be written after the key, until anything else is written.
const LOCK: usize = 0xC00;
const KEY: u32 = 0x1ACC_E551;

fn write(base: usize, offset: usize, value: u32) {
    // SAFETY: target.toml names the device's address.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(base.wrapping_add(offset)), value) }
}

/// Starts the count.
pub fn start(timeout_microseconds: u32) -> Result<(), NoWatchdog> {
    let (base, clock_hz) = WATCHDOG.ok_or(NoWatchdog)?;
    let ticks = u64::from(timeout_microseconds).wrapping_mul(u64::from(clock_hz)) / 1_000_000;
    let ticks = u32::try_from(ticks).map_err(|_| NoWatchdog)?;
    write(base, LOCK, KEY);
    write(base, LOAD, ticks.max(1));
    write(base, CLEAR, 1);
    write(base, CONTROL, 0b11);
    write(base, LOCK, 0);
    Ok(())
}

/// Starts the count anew; before [`start`] it does nothing, as the device then does not count.
pub fn feed() {
    if let Some((base, _)) = WATCHDOG {
        write(base, LOCK, KEY);
        write(base, CLEAR, 1);
        write(base, LOCK, 0);
    }
}
