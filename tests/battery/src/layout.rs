//! Where a case's tensors and constants stand.

use crate::Random;
use mote_kernels::{Region, Span};

/// Hands out memory for one case. What does not fit is noticed at the end: the case is then no case.
pub struct Layout<'m> {
    constants: &'m mut [u8],
    constant_bytes: usize,
    arena_bytes: usize,
    state_bytes: usize,
    limit_bytes: usize,
    failed: bool,
}

impl<'m> Layout<'m> {
    /// A layout with `constants` to fill, and at most `limit_bytes` of state and arena together.
    pub(crate) fn new(constants: &'m mut [u8], limit_bytes: usize) -> Self {
        Self { constants, constant_bytes: 0, arena_bytes: 0, state_bytes: 0, limit_bytes, failed: false }
    }

    /// Bytes of constants, state and arena; none when something did not fit.
    pub(crate) fn finish(self) -> Option<(usize, usize, usize)> {
        let fits = !self.failed && self.state_bytes + self.arena_bytes <= self.limit_bytes;
        fits.then_some((self.constant_bytes, self.state_bytes, self.arena_bytes))
    }

    /// Room for `bytes` bytes in the arena behind a small gap.
    pub fn arena(&mut self, random: &mut Random, bytes: usize) -> Span {
        let offset = self.arena_bytes + random.below(8);
        self.arena_bytes = offset + bytes;
        Span { region: Region::Arena, offset, bytes }
    }

    /// Room for `bytes` bytes in the arena or, once in four times, in the state.
    pub fn tensor(&mut self, random: &mut Random, bytes: usize) -> Span {
        if !random.chance(4) {
            return self.arena(random, bytes);
        }
        let offset = self.state_bytes + random.below(8);
        self.state_bytes = offset + bytes;
        Span { region: Region::State, offset, bytes }
    }

    /// `bytes` bytes of constants behind a small gap, filled by `fill`.
    pub fn constant(&mut self, random: &mut Random, bytes: usize, fill: impl FnOnce(&mut Random, &mut [u8])) -> Span {
        let offset = self.constant_bytes + random.below(5);
        self.constant_bytes = offset + bytes;
        match self.constants.get_mut(offset..offset + bytes) {
            Some(place) => fill(random, place),
            None => self.failed = true,
        }
        Span { region: Region::Constant, offset, bytes }
    }
}
