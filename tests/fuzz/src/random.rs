//! A seeded generator of pseudo-random numbers: the same seed gives the same run.

/// Marsaglia's xorshift with 64 bits of state, shifts 13, 7, 17.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator; any seed is good.
    pub fn new(seed: u64) -> Self {
        // The state must not be zero, and small seeds should not start alike.
        Self((seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The upper half is the better one; the modulo's bias does not matter here.
        (self.bits() >> 32).checked_rem(end as u64).map_or(0, |number| number as usize)
    }

    /// True once in `chances` calls, on average.
    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// One of several things.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn repeats_with_the_seed_and_stays_below() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..1000).map(|_| random.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let counts = draw(3).into_iter().fold([0; 10], |mut counts, number| {
            counts[number] += 1;
            counts
        });
        assert!(counts.iter().all(|count| (50..200).contains(count)), "{counts:?}");
        assert_eq!(Random::new(4).below(0), 0);
    }
}
