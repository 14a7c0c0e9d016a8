//! From reset to `image_main`, what the compiler may not see through, and the panic handler
//! that must not be in the image.

use core::panic::PanicInfo;
use core::ptr;

/// Base address and length of the model (0) and of the input (1): written by a debugger or
/// a boot loader before reset, so the compiler can assume nothing about them.
#[unsafe(no_mangle)]
#[used]
static mut OPAQUE_RANGES: [(usize, usize); 2] = [(0x0008_0000, 0), (0x000C_0000, 0)];

/// Where results go.
#[unsafe(no_mangle)]
#[used]
static mut PUBLISHED: u32 = 0;

/// The bytes of one of the two ranges.
pub fn opaque_range(index: usize) -> &'static [u8] {
    let ranges = (&raw const OPAQUE_RANGES).cast::<(usize, usize)>();
    // SAFETY: the index is 0 or 1 at every call; whoever writes a range vouches for its
    // memory, which stays readable and unchanged.
    unsafe {
        let (base, length) = ptr::read_volatile(ranges.wrapping_add(index & 1));
        core::slice::from_raw_parts(ptr::with_exposed_provenance(base.max(1)), length)
    }
}

/// Makes a value visible outside.
pub fn publish(value: u32) {
    // SAFETY: one thread, and nobody holds a reference to it.
    unsafe { ptr::write_volatile(&raw mut PUBLISHED, value) }
}

/// Publishes the verdict and stays there.
pub fn finish(verdict: u32) -> ! {
    publish(verdict);
    loop {
        core::hint::spin_loop();
    }
}

/// Sets memory up, then runs the image.
///
/// # Safety
/// Only the start code of the processor may call it, once.
unsafe extern "C" fn set_up() -> ! {
    unsafe extern "C" {
        static mut data_start: u32;
        static mut data_end: u32;
        static data_source: u32;
        static mut bss_start: u32;
        static mut bss_end: u32;
    }
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
    crate::image_main()
}

#[cfg(target_arch = "arm")]
mod processor {
    unsafe extern "C" {
        static stack_top: u32;
    }

    /// The two words a Cortex-M reads at reset.
    #[repr(C)]
    struct Vectors {
        stack: *const u32,
        reset: unsafe extern "C" fn() -> !,
    }

    // SAFETY: never written.
    unsafe impl Sync for Vectors {}

    #[used]
    #[unsafe(link_section = ".vectors")]
    static VECTORS: Vectors = Vectors { stack: &raw const stack_top, reset };

    /// # Safety
    /// For the processor only.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn reset() -> ! {
        // SAFETY: this is the reset.
        unsafe { super::set_up() }
    }
}

#[cfg(target_arch = "riscv32")]
mod processor {
    use core::arch::global_asm;

    global_asm!(
        ".section .text.reset, \"ax\"",
        ".global reset",
        ".type reset, @function",
        "reset:",
        "la sp, stack_top",
        "tail {set_up}",
        ".size reset, . - reset",
        set_up = sym super::set_up,
    );
}

/// The mark of the panic handler: it is in the image exactly when the handler is, even if
/// the handler's code has been merged into its callers.
#[unsafe(no_mangle)]
static mut MOTE_PANIC_HANDLER_MARK: usize = 0;

/// Uses the place of the panic, as an ordinary handler does: else the optimiser removes the
/// places, and the checker could not tell whose panic it is.
#[panic_handler]
#[inline(never)]
fn handle_panic(information: &PanicInfo<'_>) -> ! {
    let place = information.location().map_or(1, |place| ptr::from_ref(place).expose_provenance());
    // SAFETY: nothing else runs after a panic.
    unsafe { ptr::write_volatile(&raw mut MOTE_PANIC_HANDLER_MARK, place) }
    loop {
        core::hint::spin_loop();
    }
}
