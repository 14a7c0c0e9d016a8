//! Faults on purpose, for the check of their reports. Each is a function of its own, whose name the report must lead to.

use crate::processor;
use core::ptr;

/// No memory and no device of any emulated machine.
const NOWHERE: usize = 0xF812_3460;

/// Provokes the fault that a letter names; comes back when there is none of that name.
pub fn fault(letter: u8) {
    match letter {
        b'r' => read_nowhere(),
        b'u' => undefined_instruction(),
        b'j' => jump_nowhere(),
        b's' => {
            core::hint::black_box(overflow_stack(0));
        }
        _ => {}
    }
}

#[inline(never)]
fn read_nowhere() {
    // SAFETY: it is not safe, which is the point; the processor stops the read.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance::<u32>(NOWHERE)) };
}

#[inline(never)]
fn undefined_instruction() {
    processor::undefined_instruction();
}

#[inline(never)]
fn jump_nowhere() {
    // SAFETY: as above; the processor does not execute what is not there.
    let nowhere: extern "C" fn() = unsafe { core::mem::transmute(NOWHERE | 1) };
    nowhere();
    // Not the last thing done here, so that the call is a call and leaves a return address.
    core::hint::black_box(());
}

/// A frame that no address can be left of, so that the compiler makes no loop of it.
#[inline(never)]
fn overflow_stack(depth: u32) -> u32 {
    if depth == u32::MAX {
        return depth;
    }
    let mut frame = [depth; 8];
    let frame = core::hint::black_box(&mut frame);
    overflow_stack(depth.wrapping_add(1)).wrapping_add(frame.first().copied().unwrap_or(0))
}
