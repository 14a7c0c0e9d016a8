//! Why the image started. The emulated machines have no register that tells, so a word outside everything that start
//! code sets up says what a reset would mean; memory keeps it when the board resets and loses it with the power.

use core::ptr;
use mote_firmware::ResetCause;

unsafe extern "C" {
    #[link_name = "retained_start"]
    static mut RETAINED: u32;
}

/// In the upper bytes of the word when it has been written since power came on.
const MARK: u32 = 0x4D6F_7400;

/// What a reset from now on means.
pub fn expect(cause: ResetCause) {
    // SAFETY: the linker script keeps the word apart from everything else; one thread writes it.
    unsafe { ptr::write_volatile(&raw mut RETAINED, MARK | cause as u32) }
}

/// What the last reset was, once at the start. A reset that nobody announces from now on is the pin's (or the
/// emulator's `system_reset`); once the watchdog runs, an unannounced reset counts as the watchdog's.
pub fn start() -> ResetCause {
    // SAFETY: as above.
    let word = unsafe { ptr::read_volatile(&raw const RETAINED) };
    expect(ResetCause::Pin);
    match word ^ MARK {
        1 => ResetCause::Pin,
        2 => ResetCause::Watchdog,
        3 => ResetCause::Software,
        4 => ResetCause::Fault,
        _ => ResetCause::PowerOn,
    }
}
