//! The UART of Nordic's nRF51 series, which the nRF52 series kept beside its UARTE at the same address.
//!
//! Transmit on P0.24 and receive on P0.25 (micro:bit), or P0.06 and P0.08 (nRF52840 DK), 115200 baud. Source: nRF51
//! Series Reference Manual, UART; nRF52840 Product Specification, UART.

use crate::generated::UART_ADDRESS;
use core::ptr;

const START_RECEIVE: usize = 0x000;
const START_TRANSMIT: usize = 0x008;
const RECEIVED: usize = 0x108;
const TRANSMITTED: usize = 0x11C;
const ENABLE: usize = 0x500;
const TRANSMIT_PIN: usize = 0x50C;
const RECEIVE_PIN: usize = 0x514;
const RECEIVE_DATA: usize = 0x518;
const TRANSMIT_DATA: usize = 0x51C;
const BAUD_RATE: usize = 0x524;

const ENABLED: u32 = 4;
const BAUD_115200: u32 = 0x01D7_E000;

#[cfg(processor = "v6m")]
const PINS: (u32, u32) = (24, 25);
#[cfg(not(processor = "v6m"))]
const PINS: (u32, u32) = (6, 8);

fn read(offset: usize) -> u32 {
    // SAFETY: target.toml names the port's address.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance(UART_ADDRESS.wrapping_add(offset))) }
}

fn write(offset: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(UART_ADDRESS.wrapping_add(offset)), value) }
}

pub fn start() {
    write(TRANSMIT_PIN, PINS.0);
    write(RECEIVE_PIN, PINS.1);
    write(BAUD_RATE, BAUD_115200);
    write(ENABLE, ENABLED);
    write(START_TRANSMIT, 1);
    write(START_RECEIVE, 1);
}

/// A byte is sent to its end before the next: the event tells when.
pub fn is_writable() -> bool {
    true
}

pub fn is_readable() -> bool {
    read(RECEIVED) != 0
}

pub fn put(byte: u8) {
    write(TRANSMITTED, 0);
    write(TRANSMIT_DATA, u32::from(byte));
    while read(TRANSMITTED) == 0 {}
}

/// The event first: a byte that comes in between sets it again.
pub fn take() -> u8 {
    write(RECEIVED, 0);
    read(RECEIVE_DATA) as u8
}
