//! Cortex-M: vectors, reset, the system timer as clock, and the way out to the emulator.
//!
//! Under an emulator that gives each instruction the same time, the system timer counts instructions. It has 24 bits;
//! its interrupt counts the periods. The handler is exactly [`HANDLER_INSTRUCTIONS`] long, so that whoever reads the
//! clock can take the handler's own instructions off.

#[path = "cortex_m_faults.rs"]
mod cortex_m_faults;

use crate::faults::Entry;
use core::arch::{asm, global_asm};
use core::ptr;
pub use cortex_m_faults::{fault, guard_stack, is_watchdog_warning};

/// Instructions of one round of [`known_loop`].
pub const INSTRUCTIONS_PER_ROUND: u64 = 2;

/// Instructions of the timer's handler. `cargo xtask boards` knows the number too.
#[allow(dead_code)]
pub const HANDLER_INSTRUCTIONS: u64 = 5;

/// Full periods of the system timer since it was started.
#[unsafe(no_mangle)]
static mut MOTE_CLOCK_PERIODS: u32 = 0;

// The first 16 vectors; devices' interrupts are never enabled. Every fault is reported and ends the image: what the
// processor stored (program counter and link, the sixth and seventh word) is read if the stack pointer is in the stack,
// then the whole stack serves the report.
// Reset grants access to the floating-point and vector unit (CPACR), which reads as zero where there is none.
global_asm!(
    ".section .vectors, \"a\"",
    ".global VECTORS",
    "VECTORS:",
    ".word stack_top",
    ".word reset",
    ".rept 13",
    ".word fault",
    ".endr",
    ".word clock_period",
    ".section .text.reset, \"ax\"",
    ".global reset",
    ".type reset, %function",
    ".thumb_func",
    "reset:",
    "ldr r0, =0xE000ED88",
    "ldr r1, =0x00F00000",
    "ldr r2, [r0]",
    "orrs r2, r1",
    "str r2, [r0]",
    "dsb",
    "isb",
    "bl {set_up}",
    ".size reset, . - reset",
    ".type fault, %function",
    ".thumb_func",
    "fault:",
    "mov r0, sp",
    "movs r1, #0",
    "movs r2, #0",
    "ldr r3, =stack_limit",
    "cmp r0, r3",
    "blo 1f",
    "ldr r3, =stack_top - 32",
    "cmp r0, r3",
    "bhi 1f",
    "ldr r1, [r0, #24]",
    "ldr r2, [r0, #20]",
    "1:",
    "ldr r3, =stack_top",
    "mov sp, r3",
    "bl {fault}",
    ".size fault, . - fault",
    ".type clock_period, %function",
    ".thumb_func",
    "clock_period:",
    "ldr r0, =MOTE_CLOCK_PERIODS",
    "ldr r1, [r0]",
    "adds r1, #1",
    "str r1, [r0]",
    "bx lr",
    ".size clock_period, . - clock_period",
    ".ltorg",
    set_up = sym crate::start::set_up,
    fault = sym fault_taken,
);

/// The system timer's control, reload and current value. Source: Armv7-M Architecture Reference Manual, B3.3.
#[cfg_attr(all(physical, not(processor = "v6m")), allow(dead_code))]
const CONTROL: usize = 0xE000_E010;
#[cfg_attr(all(physical, not(processor = "v6m")), allow(dead_code))]
const RELOAD: usize = 0xE000_E014;
#[cfg_attr(all(physical, not(processor = "v6m")), allow(dead_code))]
const CURRENT: usize = 0xE000_E018;

/// Ticks after the end of a period in which its interrupt may still be on its way.
#[cfg_attr(all(physical, not(processor = "v6m")), allow(dead_code))]
const UNSETTLED_TICKS: u32 = 64;

fn write(address: usize, value: u32) {
    // SAFETY: the addresses of this module, which every Cortex-M has.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(address), value) }
}

/// Starts the timer on the processor's clock, with its interrupt.
#[cfg_attr(all(physical, not(processor = "v6m")), allow(dead_code))]
pub fn start_clock() {
    write(RELOAD, 0x00FF_FFFF);
    write(CURRENT, 0);
    write(CONTROL, 0b111);
}

/// Ticks since the start.
#[cfg_attr(all(physical, not(processor = "v6m")), allow(dead_code))]
#[inline(always)]
pub fn ticks() -> u64 {
    loop {
        // SAFETY: the handler writes the number in between at worst, which the second reading notices.
        unsafe {
            let before = ptr::read_volatile(&raw const MOTE_CLOCK_PERIODS);
            let value = ptr::read_volatile(ptr::with_exposed_provenance::<u32>(CURRENT));
            let after = ptr::read_volatile(&raw const MOTE_CLOCK_PERIODS);
            let within = value.wrapping_neg() & 0x00FF_FFFF;
            if before == after && within >= UNSETTLED_TICKS {
                return u64::from(after) << 24 | u64::from(within);
            }
        }
    }
}

/// The stack pointer.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// Two instructions a round.
#[inline(never)]
pub fn known_loop(rounds: u32) {
    // SAFETY: counts a register down.
    unsafe {
        asm!("2:", "subs {count}, #1", "bne 2b", count = inout(reg) rounds.max(1) => _, options(nomem, nostack));
    }
}

extern "C" fn fault_taken(stack_pointer: u32, program_counter: u32, link: u32) -> ! {
    let stored =
        |value: u32| if program_counter == 0 || cortex_m_faults::is_storing_failed() { None } else { Some(value) };
    crate::faults::taken(&Entry { stack_pointer, program_counter: stored(program_counter), link: stored(link) })
}

/// An instruction that no processor has.
pub fn undefined_instruction() {
    // SAFETY: it is a fault on purpose.
    unsafe { asm!("udf #0", options(nomem, nostack)) };
}

/// Resets the board. Source: Armv7-M Architecture Reference Manual, B3.2.6, AIRCR.
pub fn reset() -> ! {
    write(0xE000_ED0C, 0x05FA_0004);
    loop {
        core::hint::spin_loop();
    }
}

/// Ends the emulator with an exit code, by Arm's semihosting call SYS_EXIT_EXTENDED; on a board without a debugger the
/// breakpoint is a fault, which ends here as well.
pub fn exit(code: u8) -> ! {
    // "Application exit" and the code. Source: Arm's Semihosting for AArch32 and AArch64, SYS_EXIT_EXTENDED.
    let block = [0x2_0026u32, u32::from(code)];
    // SAFETY: the call reads the block; it does not come back under an emulator.
    unsafe {
        asm!("bkpt 0xAB", in("r0") 0x20, in("r1") &raw const block, options(nostack, readonly));
    }
    loop {
        core::hint::spin_loop();
    }
}
