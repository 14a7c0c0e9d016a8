//! USART2 of ST's STM32F4 series on PA2 and PA3, where Nucleo boards have their debugger's serial line: 115200 baud at
//! the 16 MHz that the chip wakes with. Source: ST RM0390, reset and clock control, GPIO, USART; UM1724 for the pins.

use crate::generated::UART_ADDRESS;
use core::ptr;

const PORT_CLOCKS: usize = 0x4002_3830;
const PERIPHERAL_CLOCKS: usize = 0x4002_3840;
const PORT_A_MODES: usize = 0x4002_0000;
const PORT_A_FUNCTIONS: usize = 0x4002_0020;

const STATE: usize = 0x00;
const DATA: usize = 0x04;
const BAUD_RATE: usize = 0x08;
const CONTROL: usize = 0x0C;

/// 16 MHz over 115200, rounded.
const DIVIDER: u32 = 139;

fn read(address: usize) -> u32 {
    // SAFETY: registers of the chip that target.toml names.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance(address)) }
}

fn write(address: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(address), value) }
}

fn change(address: usize, mask: u32, value: u32) {
    write(address, read(address) & !mask | value);
}

fn port(offset: usize) -> usize {
    UART_ADDRESS.wrapping_add(offset)
}

pub fn start() {
    change(PORT_CLOCKS, 0, 1);
    change(PERIPHERAL_CLOCKS, 0, 1 << 17);
    // PA2 and PA3: alternate function 7.
    change(PORT_A_MODES, 0b1111 << 4, 0b1010 << 4);
    change(PORT_A_FUNCTIONS, 0xFF << 8, 0x77 << 8);
    write(port(BAUD_RATE), DIVIDER);
    // USART, transmitter and receiver on.
    write(port(CONTROL), 1 << 13 | 1 << 3 | 1 << 2);
}

pub fn is_writable() -> bool {
    read(port(STATE)) & 1 << 7 != 0
}

pub fn is_readable() -> bool {
    read(port(STATE)) & 1 << 5 != 0
}

pub fn put(byte: u8) {
    write(port(DATA), u32::from(byte));
}

pub fn take() -> u8 {
    read(port(DATA)) as u8
}
