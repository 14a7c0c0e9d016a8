//! The few instructions that differ between processors: a loop of known length, the stack pointer, and the mark.
//!
//! A mark is the system call getpriority with a first argument that no kernel knows, which does nothing but fail. The
//! counting plugin sees it, with the number of instructions executed so far.
#![expect(unsafe_code, reason = "board support: registers and a system call")]

use core::arch::asm;

/// Instructions of one round of [`known_loop`].
pub const INSTRUCTIONS_PER_ROUND: u64 = 2;

/// First argument of a mark, "Mote" in ASCII. `tests/xtask/src/linux/count.c` knows it too.
const MARK: usize = 0x4D6F_7465;

/// getpriority. Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
#[cfg(target_arch = "x86_64")]
const GETPRIORITY: usize = 140;
#[cfg(not(target_arch = "x86_64"))]
const GETPRIORITY: usize = 141;

/// Tells the plugin that this is mark number `number`.
#[inline(always)]
pub fn mark(number: usize) {
    // SAFETY: the call has no effect; the registers it changes are named.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", inout("rax") GETPRIORITY => _, in("rdi") MARK, in("rsi") number,
            out("rcx") _, out("r11") _, options(nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc 0", in("x8") GETPRIORITY, inout("x0") MARK => _, in("x1") number, options(nostack));
        #[cfg(target_arch = "riscv64")]
        asm!("ecall", in("a7") GETPRIORITY, inout("a0") MARK => _, in("a1") number, options(nostack));
    }
}

/// The stack pointer.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "riscv64")]
        asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// Two instructions a round.
#[inline(never)]
pub fn known_loop(rounds: u32) {
    // SAFETY: counts a register down.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("2:", "dec {count:e}", "jnz 2b", count = inout(reg) rounds.max(1) => _, options(nomem, nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("2:", "subs {count:w}, {count:w}, #1", "b.ne 2b", count = inout(reg) rounds.max(1) => _,
            options(nomem, nostack));
        #[cfg(target_arch = "riscv64")]
        asm!("2:", "addi {count}, {count}, -1", "bnez {count}, 2b", count = inout(reg) u64::from(rounds.max(1)) => _,
            options(nomem, nostack));
    }
}
