//! RV32: reset, the counter of retired instructions as clock, and the way out of QEMU's virt machine.

use core::arch::{asm, global_asm};
use core::ptr;

/// Instructions of one round of [`known_loop`].
pub const INSTRUCTIONS_PER_ROUND: u64 = 2;

// Traps end the emulator with the verdict `Fault`.
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
    "la sp, stack_top",
    "tail {fault}",
    ".size reset, . - reset",
    set_up = sym crate::start::set_up,
    fault = sym fault_taken,
);

/// The virt machine's test device: a word written to it ends the emulator. Source: QEMU, hw/misc/sifive_test.
const TEST_DEVICE: usize = 0x0010_0000;

/// The counter runs from reset on.
pub fn start_clock() {}

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

extern "C" fn fault_taken() -> ! {
    exit(mote_firmware::Verdict::Fault.code())
}

/// Ends the emulator with an exit code.
pub fn exit(code: u8) -> ! {
    let word = match code {
        0 => 0x5555,
        _ => 0x3333 | u32::from(code) << 16,
    };
    // SAFETY: the machine's own register.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(TEST_DEVICE), word) };
    loop {
        core::hint::spin_loop();
    }
}
