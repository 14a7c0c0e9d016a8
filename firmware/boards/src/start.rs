//! From reset to the application: memory, and what happens on a panic.

use crate::ThisBoard;
use core::panic::PanicInfo;
use core::ptr;
use mote_firmware::{Board, Verdict};

unsafe extern "C" {
    static mut data_start: u32;
    static mut data_end: u32;
    static data_source: u32;
    static mut bss_start: u32;
    static mut bss_end: u32;
    static mut memory_start: u8;
    static mut memory_end: u8;
    static mut ram_flash_start: u8;
    static mut retained_start: u8;
    static mut guard_start: u8;
    #[link_name = "stack_limit"]
    static mut STACK_LIMIT: u8;
}

unsafe extern "Rust" {
    fn mote_application(board: &mut ThisBoard, memory: &'static mut [u8]) -> Verdict;
}

/// Lowest address of the stack.
pub(crate) fn stack_limit() -> usize {
    (&raw mut STACK_LIMIT).expose_provenance()
}

/// First address of the guard, which ends at the stack's limit.
pub(crate) fn guard_start_address() -> usize {
    (&raw mut guard_start).addr()
}

/// Sets memory up, then runs the application.
///
/// # Safety
/// Only the start code of the processor may call it, once.
pub(crate) unsafe extern "C" fn set_up() -> ! {
    // SAFETY: the linker script makes these ranges, aligned to words, apart from each other.
    unsafe {
        let (mut to, mut from) = (&raw mut data_start, &raw const data_source);
        while to < &raw mut data_end {
            ptr::write_volatile(to, ptr::read_volatile(from));
            (to, from) = (to.wrapping_add(1), from.wrapping_add(1));
        }
        let mut to = &raw mut bss_start;
        while to < &raw mut bss_end {
            ptr::write_volatile(to, 0);
            to = to.wrapping_add(1);
        }
    }
    // SAFETY: the range is the linker script's, apart from all others, and handed out this once.
    let mut board = unsafe { ThisBoard::start(range(&raw mut ram_flash_start, &raw mut retained_start)) };
    // SAFETY: as above; the application is the image's own.
    let verdict = unsafe { mote_application(&mut board, range(&raw mut memory_start, &raw mut memory_end)) };
    board.exit(verdict)
}

/// # Safety
/// The range is free, and handed out only once.
unsafe fn range(start: *mut u8, end: *mut u8) -> &'static mut [u8] {
    // SAFETY: as the caller promises.
    unsafe { core::slice::from_raw_parts_mut(start, end.addr().wrapping_sub(start.addr())) }
}

/// Cannot be reached: no code here or in the engine panics, which the image check proves. Were it, the emulator ends.
#[panic_handler]
fn handle_panic(_: &PanicInfo<'_>) -> ! {
    crate::processor::exit(Verdict::Fault.code())
}
