//! Fault registers and stack guard of Cortex-M. Sources: Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals,
//! system control block and memory protection unit.

use crate::faults::Fault;
use crate::start::{guard_start_address, stack_limit};
use core::arch::asm;
use core::ptr;

const HANDLER_CONTROL: usize = 0xE000_ED24;
const CONFIGURABLE_STATUS: usize = 0xE000_ED28;
const HARD_FAULT_STATUS: usize = 0xE000_ED2C;
const MEMORY_ADDRESS: usize = 0xE000_ED34;
const BUS_ADDRESS: usize = 0xE000_ED38;

/// Bits of the status register, most telling first, and what they mean.
const CAUSES: [(u32, &str); 13] = [
    (1 << 20, "stack-overflow"),
    (1 << 0, "no-execute"),
    (1 << 1, "no-access"),
    (1 << 8, "no-execute"),
    (1 << 9, "bad-access"),
    (1 << 10, "bad-access-earlier"),
    (1 << 16, "undefined-instruction"),
    (1 << 17, "no-thumb"),
    (1 << 18, "bad-return"),
    (1 << 19, "no-coprocessor"),
    (1 << 24, "misaligned"),
    (1 << 25, "division-by-zero"),
    (1 << 4 | 1 << 12, "stack-access"),
];

/// The memory and the bus address are valid; an exception's frame could not be stored.
const MEMORY_ADDRESS_VALID: u32 = 1 << 7;
const BUS_ADDRESS_VALID: u32 = 1 << 15;
const STORING_FAILED: u32 = 1 << 20 | 1 << 12 | 1 << 4;

/// Armv6-M has none of the status registers; the addresses are not read there.
const HAS_STATUS: bool = cfg!(not(processor = "v6m"));

fn read(address: usize) -> u32 {
    // SAFETY: registers that every Cortex-M beyond Armv6-M has; reading them does nothing else.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance(address)) }
}

fn status() -> u32 {
    if HAS_STATUS { read(CONFIGURABLE_STATUS) } else { 0 }
}

/// Number of the exception that is being handled.
fn exception() -> u32 {
    let number: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, ipsr", out(reg) number, options(nomem, nostack)) };
    number
}

/// The watchdog warns by the non-maskable interrupt before it resets.
pub fn is_watchdog_warning() -> bool {
    exception() == 2
}

/// The processor could not store where it was: what stands in the frame's place is something else.
pub(super) fn is_storing_failed() -> bool {
    status() & STORING_FAILED != 0
}

/// What happened, from the registers there are.
pub fn fault() -> Fault {
    let exception = match exception() {
        2 => "nmi",
        3 => "hard-fault",
        4 => "memory-fault",
        5 => "bus-fault",
        6 => "usage-fault",
        7 => "secure-fault",
        _ => "exception",
    };
    if exception == "nmi" {
        return Fault { exception, cause: "watchdog", registers: [("", 0); 3] };
    }
    if !HAS_STATUS {
        return Fault { exception, cause: "unknown", registers: [("", 0); 3] };
    }
    let status = status();
    let address = match status & (MEMORY_ADDRESS_VALID | BUS_ADDRESS_VALID) {
        0 => None,
        valid if valid & MEMORY_ADDRESS_VALID != 0 => Some(("mmfar", read(MEMORY_ADDRESS))),
        _ => Some(("bfar", read(BUS_ADDRESS))),
    };
    let is_in_guard =
        address.is_some_and(|(_, address)| (guard_start_address()..stack_limit()).contains(&(address as usize)));
    let named = CAUSES.iter().find(|(bits, _)| status & bits != 0).map_or("unknown", |(_, name)| name);
    let cause = if is_in_guard { "stack-overflow" } else { named };
    let registers = [("cfsr", status), ("hfsr", read(HARD_FAULT_STATUS)), address.unwrap_or(("", 0))];
    Fault { exception, cause, registers }
}

/// Gives each kind of fault its exception, and makes a stack that overflows one: by the stack pointer's limit.
#[cfg(processor = "v8m")]
pub fn guard_stack() {
    enable_faults();
    // SAFETY: the limit is below the stack pointer.
    unsafe { asm!("msr msplim, {}", in(reg) stack_limit(), options(nomem, nostack)) };
}

/// Gives each kind of fault its exception where there are several, and makes a stack that overflows one: by a region of
/// the memory protection unit that no access is allowed to, where there is a unit.
#[cfg(not(processor = "v8m"))]
pub fn guard_stack() {
    const UNIT_TYPE: usize = 0xE000_ED90;
    const UNIT_CONTROL: usize = 0xE000_ED94;
    const REGION_NUMBER: usize = 0xE000_ED98;
    const REGION_BASE: usize = 0xE000_ED9C;
    const REGION_SIZE: usize = 0xE000_EDA0;
    enable_faults();
    // Bits 8 to 15: regions. The register reads as zero where there is no unit.
    if read(UNIT_TYPE) & 0xFF00 == 0 {
        return;
    }
    let bytes = stack_limit().wrapping_sub(guard_start_address()) as u32;
    super::write(REGION_NUMBER, 0);
    super::write(REGION_BASE, guard_start_address() as u32);
    // Never executable, no access, two to the power of (size + 1) bytes, enabled.
    super::write(REGION_SIZE, 1 << 28 | bytes.trailing_zeros().wrapping_sub(1) << 1 | 1);
    // Elsewhere the default map holds for privileged code, which is all there is.
    super::write(UNIT_CONTROL, 0b101);
    // SAFETY: barriers.
    unsafe { asm!("dsb", "isb", options(nostack)) };
}

fn enable_faults() {
    if HAS_STATUS {
        super::write(HANDLER_CONTROL, read(HANDLER_CONTROL) | 0b111 << 16);
    }
}
