//! What one instruction does to the stack and to the flow, whatever the instruction set.

/// A register by its number.
pub type Register = u8;

/// What happens to the stack pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// Bytes taken.
    Down(u32),
    /// Bytes given back.
    Up(u32),
    /// A register becomes the stack pointer plus these bytes.
    Remember(Register, u32),
    /// The stack pointer becomes a register that remembered it, plus these bytes.
    Recall(Register, i32),
    /// The stack pointer is rounded down to a multiple of these bytes.
    Align(u32),
    /// A change that cannot be told from the code.
    Unknown,
}

/// Where execution goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// With the next instruction.
    Next,
    /// There.
    Jump(u64),
    /// There or with the next instruction.
    Branch(u64),
    /// There, and then with the next instruction.
    Call(u64),
    /// Where a register says, and then with the next instruction.
    CallRegister(Register),
    /// Where a register says: a table of places in the function, or the last call of it.
    JumpRegister(Register),
    /// To a place that a table in the function names.
    Table,
    /// Back to the caller.
    Return,
    /// Nowhere.
    Stop,
}

/// A decoded instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the instruction.
    pub length: u64,
    /// What it does to the stack pointer.
    pub change: Change,
    /// Where it leads.
    pub flow: Flow,
    /// How many instructions after this one are executed only under a condition (Thumb's `it`).
    pub conditional_after: u8,
}

impl Step {
    /// An instruction that is of no interest here.
    pub fn plain(length: u64) -> Self {
        Self { length, change: Change::None, flow: Flow::Next, conditional_after: 0 }
    }

    /// With a change.
    pub fn changing(self, change: Change) -> Self {
        Self { change, ..self }
    }

    /// With a flow.
    pub fn flowing(self, flow: Flow) -> Self {
        Self { flow, ..self }
    }
}

/// An instruction set: what can be read from the code of one function, given as its first address and bytes.
pub trait InstructionSet {
    /// The instruction at an address; none where the code ends.
    fn step(&self, code: &Code<'_>, address: u64) -> Option<Step>;
    /// The offset from which the nearest load before `call` filled `register`; none where that is not certain.
    fn loaded_from(&self, code: &Code<'_>, call: u64, register: Register) -> Option<u32>;
    /// Addresses of code that instructions or constants of the function name without calling them.
    fn addresses(&self, code: &Code<'_>) -> Vec<u64>;
}

/// The code of one function.
#[derive(Debug, Clone, Copy)]
pub struct Code<'c> {
    /// Its first address.
    pub start: u64,
    /// Its bytes.
    pub bytes: &'c [u8],
    /// Constants in it, as ranges of addresses.
    pub constants: &'c [(u64, u64)],
}

impl Code<'_> {
    /// The address behind the last byte.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// A constant or half of an instruction.
    pub fn half(&self, address: u64) -> Option<u32> {
        let at = usize::try_from(address.checked_sub(self.start)?).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(u32::from(u16::from_le_bytes(bytes)))
    }

    /// A word.
    pub fn word(&self, address: u64) -> Option<u32> {
        Some(self.half(address)? | self.half(address + 2)? << 16)
    }

    /// Whether there are instructions at the address, as opposed to constants.
    pub fn is_code(&self, address: u64) -> bool {
        (self.start..self.end()).contains(&address)
            && !self.constants.iter().any(|(start, end)| (*start..*end).contains(&address))
    }
}

/// The lowest `bits` bits of `value` as a signed number.
pub fn signed(value: u32, bits: u32) -> i32 {
    (value << (32 - bits)) as i32 >> (32 - bits)
}
