//! The stack that the measuring image needs, computed, beside what it was seen to use.

use crate::image::Image;
use crate::image::stack;
use mote_target::Target;

/// Functions of the measuring image below which the stack is painted and looked at again.
const SET_UP: &str = "mote_firmware::bench::set_up";
const RUN: &str = "mote_firmware::bench::run";
/// The function that paints; its own frame is above the paint.
const PAINT: &str = "paint_stack";
/// The handler of the timer that counts, which can interrupt anything.
const HANDLER: &str = "clock_period";

/// Bytes right below the painting frame that are never painted, in `firmware/boards/src/lib.rs`.
const UNPAINTED_BYTES: u64 = 128;

/// What an exception pushes, with the word that aligns it: 8 registers, and 18 words of the floating-point unit where
/// there is one. Source: Armv7-M Architecture Reference Manual, B1.5.6, "Exception entry behavior".
const EXCEPTION_BYTES: u64 = 8 * 4 + 4;
const FLOATING_POINT_BYTES: u64 = 18 * 4;

/// Bounds in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackBounds {
    /// Parse, check and bind, with the interrupt.
    pub setup_bytes: u64,
    /// One inference, with the interrupt.
    pub run_bytes: u64,
    /// Part of both that the timer's interrupt may add; none where nothing interrupts.
    pub interrupt_bytes: u64,
    /// Frame of the function that paints.
    painting_bytes: u64,
    /// Calls of the deepest inference, with the depth at each.
    pub run_chain: Vec<(u32, String)>,
}

impl StackBounds {
    /// Computes them from the measuring image.
    ///
    /// # Errors
    /// A sentence: a recursion, or code whose stack cannot be told.
    pub fn of(bench: &Image, board: &Target) -> Result<Self, String> {
        let calls = stack::calls(bench);
        let setup = calls.bound_of(SET_UP).map_err(|reason| format!("stack bound of set-up: {reason}"))?;
        let run = calls.bound_of(RUN).map_err(|reason| format!("stack bound of a run: {reason}"))?;
        let handler = calls.function(HANDLER).map(|handler| calls.bound(handler)).transpose()?;
        let floating_point = if board.triple.ends_with("hf") { FLOATING_POINT_BYTES } else { 0 };
        let interrupt_bytes = handler.map_or(0, |handler| u64::from(handler.bytes) + EXCEPTION_BYTES + floating_point);
        let painting = calls.names.iter().find(|(_, name)| name.ends_with(PAINT)).map(|(address, _)| *address);
        let painting = painting.and_then(|address| calls.frames.get(&address)?.as_ref().ok());
        Ok(Self {
            setup_bytes: u64::from(setup.bytes) + interrupt_bytes,
            run_bytes: u64::from(run.bytes) + interrupt_bytes,
            interrupt_bytes,
            painting_bytes: painting.ok_or("no function that paints the stack")?.bytes.into(),
            run_chain: run.chain,
        })
    }

    /// What is wrong with bounds beside painted stack: a sentence for each that is too small.
    pub fn compare(&self, setup_painted: u64, run_painted: u64) -> Vec<String> {
        let pairs = [("set-up", setup_painted, self.setup_bytes), ("run", run_painted, self.run_bytes)];
        let broken = pairs.iter().filter(|(_, painted, bound)| {
            // Painted stack counts from below the painting frame, the bound from the same caller's frame.
            let used = if *painted > UNPAINTED_BYTES { painted + self.painting_bytes } else { 0 };
            used > *bound
        });
        broken.map(|(what, painted, bound)| format!("stack of {what}: {painted} painted, {bound} computed")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::StackBounds;

    #[test]
    fn a_bound_below_the_paint_is_caught() {
        let bounds = StackBounds { setup_bytes: 1000, run_bytes: 600, painting_bytes: 16, ..StackBounds::default() };
        assert!(bounds.compare(984, 584).is_empty());
        assert_eq!(bounds.compare(985, 584), ["stack of set-up: 985 painted, 1000 computed"]);
        assert_eq!(bounds.compare(0, 601), ["stack of run: 601 painted, 600 computed"]);
        // Less than what is never painted tells nothing.
        assert!(StackBounds::default().compare(128, 128).is_empty());
    }
}
