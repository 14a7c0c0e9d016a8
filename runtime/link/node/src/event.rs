//! What a node is told, and what it says.

use crate::state::Outcome;
use mote_slots::{SlotIndex, StorageError};
use mote_trust::{Device, Digest, Trusted};

/// Why the device started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetCause {
    /// Power came, or sank below what the processor needs.
    Power,
    /// The program stopped: watchdog, fault, panic.
    Fault,
    /// Somebody asked for it.
    Requested,
}

/// What the node needs to know of the world to judge an event.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What is believed.
    pub trusted: &'a Trusted,
    /// What the device is.
    pub device: &'a Device<'a>,
    /// The time, from [`Trusted::time`]: seconds since 1970.
    pub now_seconds: u64,
    /// Time since the device started, in milliseconds.
    pub uptime_milliseconds: u64,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The device's assignment arrived, newly or again.
    Assignment(&'a [u8]),
    /// The release document that was asked for arrived.
    Release(&'a [u8]),
    /// Bytes of the table of chunks, from this byte of it on.
    Table(u32, &'a [u8]),
    /// The chunk of this number.
    Chunk(u32, &'a [u8]),
    /// What was asked for did not come in time.
    Timeout,
    /// What was asked for does not exist any more.
    Gone,
    /// The owner lets the installation begin: window, consent, power, temperature.
    Permitted,
    /// The trial may start: nothing runs on the memory it needs.
    Begin,
    /// The owner calls the update off.
    Abort,
    /// The golden vectors ran on the new model in its slot.
    SelfTest {
        /// All outputs were right.
        passed: bool,
    },
    /// The new model ran beside the old one on live inputs.
    Shadow {
        /// Inferences compared.
        compared: u32,
        /// Those whose answers differ.
        differing: u32,
        /// Time of the new model in thousandths of the old one's.
        latency_permille: u32,
    },
    /// Time passed.
    Tick,
    /// The new model failed in use, without a reset.
    Fault,
    /// The outcome was taken over by something durable.
    Delivered(u64),
}

/// What to do next. Always the same for the same state; doing it twice does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Wait for an assignment.
    Nothing,
    /// Tell this outcome, and say [`Event::Delivered`] when something durable has it.
    Tell(Outcome),
    /// Fetch the release document of this digest, not before this time of the device's life (the caller adds jitter).
    FetchRelease(Digest, u64),
    /// Fetch `bytes` bytes of the table of chunks from `offset` on, not before a time.
    FetchTable {
        /// First byte.
        offset: u32,
        /// How many.
        bytes: u32,
        /// Milliseconds since the device started.
        not_before: u64,
    },
    /// Fetch a chunk, not before a time.
    FetchChunk {
        /// Number.
        index: u32,
        /// Its length.
        bytes: u32,
        /// Milliseconds since the device started.
        not_before: u64,
    },
    /// Ask the owner whether the verified model may be tried now.
    AskPermission,
    /// Make room for the trial, and say [`Event::Begin`].
    BeginTrial,
    /// Run the golden vectors of the model in this slot.
    RunSelfTest(SlotIndex),
    /// Run the new model beside the old one for so many inferences.
    RunShadow {
        /// Slot of the new model.
        slot: SlotIndex,
        /// How many.
        inferences: u32,
    },
    /// Serve the new model and say [`Event::Tick`] at this time of the device's life.
    Probation {
        /// Slot of the new model.
        slot: SlotIndex,
        /// Milliseconds since the device started.
        until: u64,
    },
}

/// What answers inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// The model built into the image, or none.
    BuiltIn,
    /// The model in this slot, with its length.
    Slot(SlotIndex, u32),
}

/// Why an event was not taken. The state is as before, but for retries that were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeError {
    /// It does not go with the state: nothing was asked for, or something else.
    Unexpected,
    /// The document is refused, and the assignment was not taken: the device goes on with what it has.
    Refused(mote_trust::TrustError),
    /// An update is on trial, or an outcome is not delivered: offer the assignment again afterwards.
    Busy,
    /// Bytes that are not what they should be; they will be asked for again.
    Damaged,
    /// The flash failed; ask for the next action and go on, or start again.
    Storage(StorageError),
}

impl From<StorageError> for NodeError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}
