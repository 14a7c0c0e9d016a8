//! RV32: reset, the counter of retired instructions as clock, and the way out of QEMU's virt machine.

use crate::faults::{Entry, Fault};
use crate::start::{guard_start_address, stack_limit};
use core::arch::{asm, global_asm};
#[cfg(not(physical))]
use core::ptr;

/// The value of a control register.
macro_rules! control_register {
    ($name:literal) => {{
        let value: u32;
        // SAFETY: reads a register.
        unsafe { asm!(concat!("csrr {}, ", $name), out(reg) value, options(nomem, nostack)) };
        value
    }};
}

/// Instructions of one round of [`known_loop`].
pub const INSTRUCTIONS_PER_ROUND: u64 = 2;

// Traps are reported and end the image; the whole stack serves the report.
global_asm!(
    ".section .vectors, \"ax\"",
    ".global reset",
    ".type reset, @function",
    "reset:",
    "la sp, stack_top",
    "la t0, fault",
    "csrw mtvec, t0",
    "tail {set_up}",
    ".balign 4",
    "fault:",
    "mv a0, sp",
    "mv a1, ra",
    "la sp, stack_top",
    "tail {fault}",
    ".size reset, . - reset",
    set_up = sym crate::start::set_up,
    fault = sym fault_taken,
);

/// The virt machine's test device: a word written to it ends the emulator. Source: QEMU, hw/misc/sifive_test.
#[cfg(not(physical))]
const TEST_DEVICE: usize = 0x0010_0000;

/// A real board has no such device: its image stands still until someone resets it.
fn tell_machine(word: u32) {
    #[cfg(not(physical))]
    // SAFETY: the machine's own register.
    unsafe {
        ptr::write_volatile(ptr::with_exposed_provenance_mut(TEST_DEVICE), word)
    };
    #[cfg(physical)]
    let _ = word;
}

/// The counter runs from reset on in QEMU. Real processors may inhibit it until they are told otherwise (Hazard3).
pub fn start_clock() {
    #[cfg(physical)]
    // SAFETY: lets all counters count.
    unsafe {
        asm!("csrw mcountinhibit, zero", options(nomem, nostack))
    };
}

/// Instructions retired since reset.
#[inline(always)]
pub fn ticks() -> u64 {
    loop {
        let (high, low, again): (u32, u32, u32);
        // SAFETY: reads counters.
        unsafe {
            asm!("csrr {}, minstreth", "csrr {}, minstret", "csrr {}, minstreth",
                out(reg) high, out(reg) low, out(reg) again, options(nomem, nostack));
        }
        if high == again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// The stack pointer.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// Two instructions a round.
#[inline(never)]
pub fn known_loop(rounds: u32) {
    // SAFETY: counts a register down.
    unsafe {
        asm!("2:", "addi {count}, {count}, -1", "bnez {count}, 2b", count = inout(reg) rounds.max(1) => _,
            options(nomem, nostack));
    }
}

extern "C" fn fault_taken(stack_pointer: u32, link: u32) -> ! {
    crate::faults::taken(&Entry { stack_pointer, program_counter: Some(control_register!("mepc")), link: Some(link) })
}

/// What happened, from the cause register. Source: The RISC-V Instruction Set Manual, volume II, table of `mcause`.
pub fn fault() -> Fault {
    let (number, value) = (control_register!("mcause"), control_register!("mtval"));
    let is_in_guard = (guard_start_address()..stack_limit()).contains(&(value as usize));
    let cause = match number {
        5 | 7 if is_in_guard => "stack-overflow",
        0 => "misaligned-jump",
        1 => "no-execute",
        2 => "undefined-instruction",
        3 => "breakpoint",
        4 | 6 => "misaligned",
        5 => "bad-read",
        7 => "bad-write",
        _ => "unknown",
    };
    Fault { exception: "trap", cause, registers: [("mcause", number), ("mtval", value), ("", 0)] }
}

/// There is no watchdog here, so nothing warns.
pub fn is_watchdog_warning() -> bool {
    false
}

/// Denies every access to the guard below the stack by the first entry of physical memory protection, which is locked
/// and so holds for machine mode too. Source: as above, physical memory protection.
pub fn guard_stack() {
    let (start, bytes) = (guard_start_address(), stack_limit().wrapping_sub(guard_start_address()));
    // A range as long as a power of two and as aligned: address in words, low bits all ones below a zero.
    let address = start >> 2 | (bytes >> 3).wrapping_sub(1);
    // Locked, such a range, no access.
    let configuration = 0x80 | 0x18;
    // SAFETY: nothing may use the guard.
    unsafe {
        asm!("csrw pmpaddr0, {}", "csrw pmpcfg0, {}", in(reg) address, in(reg) configuration, options(nostack));
    }
}

/// An instruction that no processor has.
pub fn undefined_instruction() {
    // SAFETY: it is a fault on purpose.
    unsafe { asm!("unimp", options(nomem, nostack)) };
}

/// Resets the machine. Source: QEMU, hw/misc/sifive_test.
pub fn reset() -> ! {
    tell_machine(0x7777);
    loop {
        core::hint::spin_loop();
    }
}

/// Ends the emulator with an exit code.
pub fn exit(code: u8) -> ! {
    #[cfg(physical)]
    crate::physical::semihosting::exit(code);
    let word = match code {
        0 => 0x5555,
        _ => 0x3333 | u32::from(code) << 16,
    };
    tell_machine(word);
    loop {
        core::hint::spin_loop();
    }
}
