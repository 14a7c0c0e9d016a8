//! Text and end of the image by the debugger: for boards whose serial port has no driver here, started by
//! `mote flash --run` or `probe-rs run`. Without a debugger the first line is a fault.
//!
//! Source: Arm, Semihosting for AArch32 and AArch64; RISC-V International, Semihosting (the same calls, entered by
//! `ebreak` between two shifts that do nothing).
#![cfg_attr(not(uart = "semihosting"), allow(dead_code))]

use core::arch::asm;
use core::ptr;

const WRITE_TEXT: usize = 0x04;
#[cfg(target_arch = "riscv32")]
const EXIT_EXTENDED: usize = 0x20;
#[cfg(target_arch = "riscv32")]
const APPLICATION_EXIT: u32 = 0x2_0026;

/// Longest piece of text of one call, with the zero at its end: a call stops the processor for milliseconds.
const LINE_BYTES: usize = 128;

/// The line so far and its length.
static mut LINE: [u8; LINE_BYTES] = [0; LINE_BYTES];
static mut LENGTH: usize = 0;

/// # Safety
/// `argument` is what the call takes.
unsafe fn call(number: usize, argument: usize) {
    // SAFETY: the caller's; the debugger changes nothing but the result.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("bkpt 0xAB", inout("r0") number => _, in("r1") argument, options(nostack));
        #[cfg(target_arch = "riscv32")]
        asm!(".balign 16", ".option push", ".option norvc", "slli x0, x0, 0x1f", "ebreak", "srai x0, x0, 7",
            ".option pop", inout("a0") number => _, in("a1") argument, options(nostack));
    }
}

pub fn start() {}

pub fn is_writable() -> bool {
    true
}

/// Nothing comes in this way.
pub fn is_readable() -> bool {
    false
}

/// Collects a line and hands it over at its end.
pub fn put(byte: u8) {
    // SAFETY: one thread, and faults end the image: nobody else is in here.
    unsafe {
        let (line, length) = (&raw mut LINE, &raw mut LENGTH);
        let at = ptr::read(length);
        if let Some(slot) = (*line).get_mut(at) {
            *slot = byte;
        }
        let next = at.wrapping_add(1);
        ptr::write(length, next);
        if byte != b'\n' && next < LINE_BYTES - 1 {
            return;
        }
        if let Some(end) = (*line).get_mut(next) {
            *end = 0;
        }
        call(WRITE_TEXT, line.expose_provenance());
        ptr::write(length, 0);
    }
}

pub fn take() -> u8 {
    0
}

/// Tells the debugger the image's exit code.
#[cfg(target_arch = "riscv32")]
pub fn exit(code: u8) {
    let block = [APPLICATION_EXIT, u32::from(code)];
    // SAFETY: the call reads the block.
    unsafe { call(EXIT_EXTENDED, (&raw const block).expose_provenance()) };
}
