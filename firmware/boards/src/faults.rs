//! What an image says when its processor takes a fault: one line on the serial port, without a stack to rely on and
//! without the formatting machinery of the core library.
//!
//! ```text
//! fault <exception> cause=<word> pc=<8 digits> lr=<8 digits> <register>=<8 digits> …
//! ```
//!
//! `pc` and `lr` are where the processor was: an address-to-line tool makes a source line of them. They are missing when
//! the processor could not store them, as on an Arm stack that has overflowed.

use crate::{processor, retained, uart};
use mote_firmware::{ResetCause, Verdict};

/// What the processor held when the fault was taken; each processor's module fills it in.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Stack pointer.
    pub stack_pointer: u32,
    /// Address of the instruction, where it is known.
    pub program_counter: Option<u32>,
    /// Return address of the function it is in, or of its caller.
    pub link: Option<u32>,
}

/// What registers tell of a fault.
pub struct Fault {
    /// The exception.
    pub exception: &'static str,
    /// What happened.
    pub cause: &'static str,
    /// Registers by name.
    pub registers: [(&'static str, u32); 3],
}

unsafe extern "Rust" {
    /// The image's choice, made by `application!`.
    fn mote_fault(entry: &Entry);
}

/// Ends the image: the report if the image has one, then the verdict `Fault`.
pub(crate) fn taken(entry: &Entry) -> ! {
    // SAFETY: `application!` defines it as a safe function.
    unsafe { mote_fault(entry) };
    if processor::is_watchdog_warning() {
        // The reset comes by itself; what it meets is known already.
        loop {
            core::hint::spin_loop();
        }
    }
    retained::expect(ResetCause::Fault);
    processor::exit(Verdict::Fault.code())
}

/// Prints the line.
pub fn report(entry: &Entry) {
    let Fault { exception, cause, registers } = processor::fault();
    text("\nfault ");
    text(exception);
    text(" cause=");
    text(cause);
    for (name, value) in [("pc", entry.program_counter), ("lr", entry.link)] {
        if let Some(value) = value {
            field(name, value);
        }
    }
    field("sp", entry.stack_pointer);
    registers.iter().filter(|(name, _)| !name.is_empty()).for_each(|&(name, value)| field(name, value));
    uart::write(b'\n');
}

/// For images that count every byte: no line, only the verdict.
pub fn no_report(_: &Entry) {}

fn text(text: &str) {
    text.bytes().for_each(uart::write);
}

fn field(name: &str, value: u32) {
    uart::write(b' ');
    text(name);
    uart::write(b'=');
    for shift in [28, 24, 20, 16, 12, 8, 4, 0] {
        let nibble = (value >> shift & 15) as u8;
        uart::write(if nibble < 10 { b'0'.wrapping_add(nibble) } else { b'a'.wrapping_add(nibble.wrapping_sub(10)) });
    }
}
