//! What a cut does to the operation it hits.

/// What happens to the word that is being written or erased when power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// Nothing yet.
    Untouched,
    /// Some of its bits have changed.
    RandomBits,
    /// It cannot be read any more until it is erased: error correction finds two wrong bits.
    Unreadable,
    /// It reads as if complete once the power is back, and as torn the time after.
    Unstable,
}

impl Tear {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Untouched, Self::RandomBits, Self::Unreadable, Self::Unstable];
}

/// When power goes, seen from one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Before it: nothing has changed.
    Before,
    /// Just after it: the program never hears of it.
    After,
    /// Inside: the first `words` words are done, the next one is torn, the others are as they were.
    Inside {
        /// Words that are complete.
        words: usize,
        /// What the next one looks like.
        tear: Tear,
    },
    /// Inside an erase that works on all words at once: bits go up in no order.
    Fading {
        /// Of 256 bits that were 0, how many are 1 by now.
        share: u8,
    },
}
