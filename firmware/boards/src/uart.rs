//! The two serial ports of emulated boards, written to and polled.

use crate::generated::UART_ADDRESS;
use core::ptr;

#[cfg(uart = "cmsdk")]
mod registers {
    //! Registers are words: data at 0, state at 4 (bit 0: transmitter full), control at 8 (bit 0: transmit), divider at
    //! 16. Source: Arm Cortex-M System Design Kit Technical Reference Manual, APB UART.
    pub const CONTROL: usize = 8;
    pub const DIVIDER: usize = 16;
}

fn register(offset: usize) -> usize {
    UART_ADDRESS.wrapping_add(offset)
}

#[cfg(uart = "cmsdk")]
fn write_register(offset: usize, value: u32) {
    // SAFETY: target.toml names the port's address.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(register(offset)), value) }
}

/// Switches the transmitter on.
#[cfg(uart = "cmsdk")]
pub fn start() {
    write_register(registers::DIVIDER, 16);
    write_register(registers::CONTROL, 1);
}

/// Sends a byte, waiting while the port is full.
#[cfg(uart = "cmsdk")]
pub fn write(byte: u8) {
    // SAFETY: as above.
    while unsafe { ptr::read_volatile(ptr::with_exposed_provenance::<u32>(register(4))) } & 1 != 0 {}
    write_register(0, u32::from(byte));
}

/// The 16550 transmits without being asked to.
#[cfg(uart = "ns16550")]
pub fn start() {}

/// Sends a byte, waiting while the port is full (bit 5 of the line status, register 5).
#[cfg(uart = "ns16550")]
pub fn write(byte: u8) {
    // SAFETY: target.toml names the port's address.
    unsafe {
        while ptr::read_volatile(ptr::with_exposed_provenance::<u8>(register(5))) & 0x20 == 0 {}
        ptr::write_volatile(ptr::with_exposed_provenance_mut::<u8>(register(0)), byte);
    }
}
