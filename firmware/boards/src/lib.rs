//! Board support for emulated boards: one module for Cortex-M, one for RISC-V, both parameterised by
//! `targets/<name>/target.toml` at build time. Not here: what an image does, which is in `firmware/app`.
#![no_std]

#[cfg_attr(target_arch = "arm", path = "cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod processor;
mod start;
mod uart;

use core::ptr;
use mote_engine::{OperatorSet, operators};
use mote_firmware::Board;
pub use mote_firmware::Verdict;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/board.rs"));
}

pub use generated::NAME;

/// The operators this image links.
pub fn operator_set() -> OperatorSet<'static> {
    include!(concat!(env!("OUT_DIR"), "/operators.rs"))
}

/// What unused stack is filled with.
const PAINT: u32 = 0x5EED_CAFE;

/// Bytes below the painting frame that stay unpainted, for the painting itself.
const PAINT_MARGIN_BYTES: usize = 128;

/// The board this image is built for.
pub struct ThisBoard {
    painted_from: usize,
}

impl ThisBoard {
    /// Starts serial line and clock.
    pub(crate) fn start() -> Self {
        uart::start();
        processor::start_clock();
        Self { painted_from: 0 }
    }
}

impl Board for ThisBoard {
    #[inline(never)]
    fn ticks(&mut self) -> u64 {
        processor::ticks()
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| uart::write(byte));
    }

    #[inline(never)]
    fn paint_stack(&mut self) {
        let top = processor::stack_pointer();
        let end = top.wrapping_sub(PAINT_MARGIN_BYTES);
        let mut at = start::stack_limit();
        while at < end {
            // SAFETY: between the stack's limit and the stack pointer nothing is in use.
            unsafe { ptr::write_volatile(ptr::with_exposed_provenance_mut::<u32>(at), PAINT) };
            at = at.wrapping_add(4);
        }
        self.painted_from = top;
    }

    #[inline(never)]
    fn stack_used_bytes(&mut self) -> u32 {
        let mut at = start::stack_limit();
        // SAFETY: as above; reading only.
        while at < self.painted_from && unsafe { ptr::read_volatile(ptr::with_exposed_provenance::<u32>(at)) } == PAINT
        {
            at = at.wrapping_add(4);
        }
        self.painted_from.wrapping_sub(at) as u32
    }

    fn known_loop(&mut self, rounds: u32) -> u64 {
        processor::known_loop(rounds);
        u64::from(rounds).wrapping_mul(processor::INSTRUCTIONS_PER_ROUND)
    }

    fn exit(&mut self, verdict: Verdict) -> ! {
        processor::exit(verdict.code())
    }
}

/// The bytes where the emulator puts the model; the file's header says how many are its own.
pub fn model_file() -> &'static [u8] {
    let start = ptr::with_exposed_provenance(core::hint::black_box(generated::MODEL_ADDRESS));
    // SAFETY: target.toml names memory that nothing else uses and nothing writes while the image runs.
    unsafe { core::slice::from_raw_parts(start, generated::MODEL_BYTES) }
}

/// Makes `$application`, a `fn(&mut ThisBoard, &'static mut [u8]) -> Verdict`, what runs after reset. It gets all
/// memory that the image leaves.
#[macro_export]
macro_rules! application {
    ($application:path) => {
        #[unsafe(no_mangle)]
        fn mote_application(board: &mut $crate::ThisBoard, memory: &'static mut [u8]) -> $crate::Verdict {
            $application(board, memory)
        }
    };
}
