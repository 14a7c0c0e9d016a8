//! NOR flash that can lose its power.

use crate::{Fault, Random, Tear};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Bytes of a word: the unit of writing, of error correction, and of tearing.
pub const WORD_BYTES: usize = 8;

/// One change of the flash.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Bytes written at an offset.
    Write(usize, Vec<u8>),
    /// A range erased.
    Erase(usize, usize),
}

impl Operation {
    /// Words it touches.
    pub fn words(&self) -> usize {
        match self {
            Self::Write(_, bytes) => bytes.len() / WORD_BYTES,
            Self::Erase(from, to) => (to - from) / WORD_BYTES,
        }
    }
}

/// How a cut is planned: at the operation of this number.
#[derive(Clone, Copy, Debug)]
struct Plan {
    operation: usize,
    fault: Fault,
}

/// NOR flash with error correction: a word can be written once between erases.
#[derive(Clone, Debug)]
pub struct Nor {
    bytes: Vec<u8>,
    /// Words that cannot be read until erased.
    unreadable: Vec<bool>,
    /// Words that will read as these bytes after the next reset.
    unstable: Vec<(usize, [u8; WORD_BYTES])>,
    random: Random,
    plan: Option<Plan>,
    is_off: bool,
    operations: usize,
    /// The flash before each operation, if asked for.
    history: Option<Vec<(Nor, Operation)>>,
    /// Erases of each unit.
    pub unit_erases: Vec<u32>,
    /// What the world outside has heard from the device; power cuts do not take it back.
    pub heard: Vec<u64>,
}

impl Nor {
    /// Erased flash of `bytes` bytes.
    pub fn new(bytes: usize, seed: u64) -> Self {
        Self {
            bytes: vec![0xFF; bytes],
            unreadable: vec![false; bytes / WORD_BYTES],
            unstable: Vec::new(),
            random: Random::new(seed),
            plan: None,
            is_off: false,
            operations: 0,
            history: None,
            unit_erases: vec![0; bytes / Self::ERASE_SIZE],
            heard: Vec::new(),
        }
    }

    /// Switches on: a planned cut is forgotten, unstable words show what they are.
    pub fn power_on(&mut self) {
        (self.is_off, self.plan, self.operations) = (false, None, 0);
        for (word, torn) in std::mem::take(&mut self.unstable) {
            self.bytes[word * WORD_BYTES..][..WORD_BYTES].copy_from_slice(&torn);
        }
    }

    /// Plans a cut at the operation of this number, counted from the last power-on.
    pub fn plan_cut(&mut self, operation: usize, fault: Fault) {
        self.plan = Some(Plan { operation, fault });
    }

    /// Whether power has gone.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Changes since the last power-on.
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// From now on keeps the flash before each operation.
    pub fn keep_history(&mut self) {
        self.history = Some(Vec::new());
    }

    /// The flash before each operation since [`Nor::keep_history`].
    pub fn take_history(&mut self) -> Vec<(Nor, Operation)> {
        self.history.take().unwrap_or_default()
    }

    /// Does `operation` with `fault`, and switches off.
    pub fn cut(&mut self, operation: &Operation, fault: Fault) {
        match fault {
            Fault::Before => {}
            Fault::After => self.complete(operation, operation.words()),
            Fault::Inside { words, tear } => {
                self.complete(operation, words);
                if words < operation.words() {
                    self.tear(operation, words, tear);
                }
            }
            Fault::Fading { share } => {
                if let Operation::Erase(from, to) = *operation {
                    for byte in &mut self.bytes[from..to] {
                        for bit in 0..8 {
                            if (self.random.bits() & 0xFF) < u64::from(share) {
                                *byte |= 1 << bit;
                            }
                        }
                    }
                }
            }
        }
        self.is_off = true;
    }

    /// The first `words` words of an operation.
    fn complete(&mut self, operation: &Operation, words: usize) {
        let words = words.min(operation.words());
        let length = words * WORD_BYTES;
        match operation {
            Operation::Write(offset, bytes) => {
                self.bytes[*offset..][..length].copy_from_slice(&bytes[..length]);
            }
            Operation::Erase(from, _) => {
                self.bytes[*from..][..length].fill(0xFF);
                self.unreadable[from / WORD_BYTES..][..words].fill(false);
                let erased = from / WORD_BYTES..from / WORD_BYTES + words;
                self.unstable.retain(|(word, _)| !erased.contains(word));
            }
        }
    }

    fn tear(&mut self, operation: &Operation, words: usize, tear: Tear) {
        let (Operation::Write(start, _) | Operation::Erase(start, _)) = operation;
        let word = start / WORD_BYTES + words;
        let range = word * WORD_BYTES..(word + 1) * WORD_BYTES;
        let before: [u8; WORD_BYTES] = self.bytes[range.clone()].try_into().unwrap();
        let after = match operation {
            Operation::Write(_, bytes) => bytes[words * WORD_BYTES..][..WORD_BYTES].try_into().unwrap(),
            Operation::Erase(..) => [0xFF; WORD_BYTES],
        };
        let torn = |random: &mut Random| {
            let mask = random.bits().to_le_bytes();
            std::array::from_fn(|at| (before[at] & !mask[at]) | (after[at] & mask[at]))
        };
        match tear {
            Tear::Untouched => {}
            Tear::RandomBits => {
                let torn: [u8; WORD_BYTES] = torn(&mut self.random);
                self.bytes[range].copy_from_slice(&torn);
            }
            Tear::Unreadable => self.unreadable[word] = true,
            Tear::Unstable => {
                self.bytes[range].copy_from_slice(&after);
                let torn = torn(&mut self.random);
                // Not at the power-on right after the cut, but at the one after that.
                self.unstable.push((word, torn));
            }
        }
    }

    fn operate(&mut self, operation: &Operation) -> Result<(), NorFlashErrorKind> {
        if self.is_off {
            return Err(NorFlashErrorKind::Other);
        }
        if self.history.is_some() {
            let before = Nor { history: None, ..self.clone_without_history() };
            self.history.as_mut().unwrap().push((before, operation.clone()));
        }
        self.operations += 1;
        if let Some(plan) = self.plan.filter(|plan| plan.operation + 1 == self.operations) {
            self.cut(operation, plan.fault);
            return Err(NorFlashErrorKind::Other);
        }
        self.complete(operation, operation.words());
        Ok(())
    }

    fn clone_without_history(&mut self) -> Self {
        let history = self.history.take();
        let copy = self.clone();
        self.history = history;
        copy
    }

    /// Switches on right after a cut: unstable words still read well.
    pub fn power_on_after_cut(&mut self) {
        let unstable = std::mem::take(&mut self.unstable);
        self.power_on();
        self.unstable = unstable;
    }
}

impl ErrorType for Nor {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Nor {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        let range = offset as usize..offset as usize + bytes.len();
        let words = range.start / WORD_BYTES..range.end.div_ceil(WORD_BYTES);
        if self.is_off || self.unreadable[words].iter().any(|&word| word) {
            return Err(NorFlashErrorKind::Other);
        }
        bytes.copy_from_slice(&self.bytes[range]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Nor {
    const WRITE_SIZE: usize = WORD_BYTES;
    const ERASE_SIZE: usize = 512;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        for unit in from as usize / Self::ERASE_SIZE..to as usize / Self::ERASE_SIZE {
            self.unit_erases[unit] += 1;
        }
        self.operate(&Operation::Erase(from as usize, to as usize))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        let range = offset as usize..offset as usize + bytes.len();
        let words = range.start / WORD_BYTES..range.end / WORD_BYTES;
        let is_begun = self.bytes[range].iter().any(|&byte| byte != 0xFF) || self.unreadable[words].contains(&true);
        if is_begun && !self.is_off {
            // What flash with error correction says to a word that was begun before: a program must be able to go on.
            return Err(NorFlashErrorKind::Other);
        }
        self.operate(&Operation::Write(offset as usize, bytes.to_vec()))
    }
}
