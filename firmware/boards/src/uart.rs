//! The two serial ports of emulated boards, polled: registers here, the ecosystem's traits below.

#[cfg(any(uart = "cmsdk", uart = "ns16550"))]
use crate::generated::UART_ADDRESS;
use core::convert::Infallible;
#[cfg(any(uart = "cmsdk", uart = "ns16550"))]
use core::ptr;
use mote_firmware::embedded_io::{ErrorType, Read, ReadReady, Write};

/// Arm's CMSDK UART. Registers are words. Source: Arm Cortex-M System Design Kit Technical Reference Manual, APB UART.
#[cfg(uart = "cmsdk")]
mod port {
    use super::{ptr, register};

    const DATA: usize = 0;
    /// Bit 0: transmitter full; bit 1: receiver full.
    const STATE: usize = 4;
    /// Bit 0: transmit; bit 1: receive.
    const CONTROL: usize = 8;
    const DIVIDER: usize = 16;

    fn read(offset: usize) -> u32 {
        // SAFETY: target.toml names the port's address.
        unsafe { ptr::read_volatile(ptr::with_exposed_provenance(register(offset))) }
    }

    fn write(offset: usize, value: u32) {
        // SAFETY: as above.
        unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(register(offset)), value) }
    }

    pub fn start() {
        write(DIVIDER, 16);
        write(CONTROL, 0b11);
    }

    pub fn is_writable() -> bool {
        read(STATE) & 1 == 0
    }

    pub fn is_readable() -> bool {
        read(STATE) & 2 != 0
    }

    pub fn put(byte: u8) {
        write(DATA, u32::from(byte));
    }

    pub fn take() -> u8 {
        read(DATA) as u8
    }
}

/// The 16550 of PCs. Registers are bytes. Source: National Semiconductor PC16550D, register descriptions.
#[cfg(uart = "ns16550")]
mod port {
    use super::{ptr, register};

    const DATA: usize = 0;
    /// Bit 0: a byte received; bit 5: transmitter empty.
    const STATE: usize = 5;

    fn read(offset: usize) -> u8 {
        // SAFETY: target.toml names the port's address.
        unsafe { ptr::read_volatile(ptr::with_exposed_provenance(register(offset))) }
    }

    /// The port works without being asked to. Its queues stay off: switching them on would lose what has come already.
    pub fn start() {}

    pub fn is_writable() -> bool {
        read(STATE) & 0x20 != 0
    }

    pub fn is_readable() -> bool {
        read(STATE) & 1 != 0
    }

    pub fn put(byte: u8) {
        // SAFETY: as above.
        unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut(register(DATA)), byte) }
    }

    pub fn take() -> u8 {
        read(DATA)
    }
}

/// The ports of real boards.
#[cfg(any(uart = "nrf-uart", uart = "stm32-usart", uart = "semihosting"))]
use crate::physical::port;

#[cfg(any(uart = "cmsdk", uart = "ns16550"))]
fn register(offset: usize) -> usize {
    UART_ADDRESS.wrapping_add(offset)
}

/// Switches transmitter and receiver on.
pub fn start() {
    port::start();
}

/// Sends a byte, waiting while the port is full.
pub fn write(byte: u8) {
    while !port::is_writable() {}
    port::put(byte);
}

/// Rounds of waiting between two looks at a port that has nothing: an emulator that is asked all the time does not come
/// to receive anything.
const POLL_PAUSE_ROUNDS: u32 = 64;

/// The board's serial port.
pub struct Serial(());

impl Serial {
    /// The one port, started before.
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

impl ErrorType for Serial {
    type Error = Infallible;
}

impl Read for Serial {
    /// Waits for a byte, then takes all that are there.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let mut count = 0usize;
        for slot in buffer {
            if count > 0 && !port::is_readable() {
                break;
            }
            while !port::is_readable() {
                (0..POLL_PAUSE_ROUNDS).for_each(|_| core::hint::spin_loop());
            }
            *slot = port::take();
            count = count.wrapping_add(1);
        }
        Ok(count)
    }
}

impl ReadReady for Serial {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(port::is_readable())
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        bytes.iter().for_each(|&byte| write(byte));
        Ok(bytes.len())
    }

    /// Nothing is held back.
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
