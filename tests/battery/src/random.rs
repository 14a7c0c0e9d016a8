//! The generator behind every case.

/// Xorshift with a multiplication behind it: 32 bits wide, so that it is cheap where multiplications are narrow. The
/// same numbers everywhere. Source of the shifts: G. Marsaglia, "Xorshift RNGs", 2003.
#[derive(Clone, Debug)]
pub struct Random {
    state: u32,
}

impl Random {
    /// The generator of case number `case` of the stream called `name`.
    pub fn new(name: &str, case: u32) -> Self {
        // FNV-1a of the name, then the case mixed in.
        let hash = name.bytes().fold(0x811C_9DC5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let mut state = hash ^ case.wrapping_mul(0x9E37_79B9);
        state = (state ^ (state >> 16)).wrapping_mul(0x7FEB_352D);
        state = (state ^ (state >> 15)).wrapping_mul(0x846C_A68B);
        // Zero is the one state that never changes.
        Self { state: (state ^ (state >> 16)).max(1) }
    }

    /// The next 32 bits.
    pub fn word(&mut self) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state.wrapping_mul(0x9E37_79BB)
    }

    /// A number below `limit`; 0 when `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u64::from(self.word()) * limit as u64) >> 32) as usize
    }

    /// A number from `least` up to `most`, both included.
    pub fn within(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True once in `one_in` times.
    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    /// One of `values`; the first one's default when there are none.
    pub fn choose<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let at = self.below(values.len());
        values.get(at).copied().unwrap_or_default()
    }

    /// An int8, at an end of its range once in four times.
    pub fn int8(&mut self) -> i8 {
        if self.chance(4) { self.choose(&[i8::MIN, i8::MAX, 0]) } else { self.word() as i8 }
    }

    /// Fills `bytes` with noise, once in four times with values from the ends of the int8 range only.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        let extreme = self.chance(4);
        for chunk in bytes.chunks_mut(4) {
            let word = self.word();
            for (byte, noise) in chunk.iter_mut().zip(word.to_le_bytes()) {
                *byte = match (extreme, noise & 3) {
                    (false, _) => noise,
                    (true, 0) => 0x80,
                    (true, 1) => 0x7F,
                    (true, 2) => 0,
                    (true, _) => 0xFF,
                };
            }
        }
    }
}
