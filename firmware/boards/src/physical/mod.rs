//! What real boards need beside the processor: their serial ports, what their boot code looks for, their cycle counter.
//!
//! `targets/<name>/target.toml` chooses (see build.rs). The nRF's port was also seen to run
//! in QEMU, as the micro:bit's; nothing here has ever run on hardware. No clock is set up: a chip runs at the clock it wakes with.

mod boot;
#[cfg(all(physical, any(processor = "v7m", processor = "v8m")))]
pub mod cycles;
#[cfg(uart = "nrf-uart")]
#[path = "nrf_uart.rs"]
pub mod port;
#[cfg(uart = "stm32-usart")]
#[path = "stm32_usart.rs"]
pub mod port;
#[cfg(any(uart = "semihosting", all(physical, processor = "riscv")))]
pub mod semihosting;

#[cfg(uart = "semihosting")]
pub use semihosting as port;
