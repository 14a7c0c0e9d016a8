//! Handles: a slot and its generation, so that a stale one is known for what it is.

use super::HostError;
use crate::status;
use std::sync::{Arc, PoisonError, RwLock};
use std::vec::Vec;

/// Names an object of a [`Table`]. Never 0, and never the same twice in the life of a process. Positive as `i64`, which
/// is what Java has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(u64);

const SLOT_BITS: u32 = 31;
const LAST_GENERATION: u32 = u32::MAX >> 1;

impl Handle {
    /// The handle as a number, to hand to other languages.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The handle of a number that came back. Any number may: lookups find out.
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    fn new(slot: usize, generation: u32) -> Self {
        Self((u64::from(generation) << SLOT_BITS) | slot as u64)
    }

    fn slot(self) -> usize {
        (self.0 & ((1 << SLOT_BITS) - 1)) as usize
    }

    fn generation(self) -> u64 {
        self.0 >> SLOT_BITS
    }
}

struct Slot<T> {
    /// Counts the objects that were here, from 1.
    generation: u32,
    value: Option<Arc<T>>,
}

/// Objects by handle, shared by all threads.
pub struct Table<T> {
    slots: RwLock<Slots<T>>,
}

struct Slots<T> {
    all: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Table<T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self { slots: RwLock::new(Slots { all: Vec::new(), free: Vec::new() }) }
    }

    /// Keeps `value`.
    ///
    /// # Errors
    /// [`status::ERROR_OUT_OF_MEMORY`] when two thousand million are open.
    pub fn insert(&self, value: T) -> Result<Handle, HostError> {
        // Nothing inside can panic half-way: a poisoned lock still guards a whole table.
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let value = Some(Arc::new(value));
        if let Some(index) = slots.free.pop()
            && let Some(slot) = slots.all.get_mut(index as usize)
        {
            slot.generation += 1;
            slot.value = value;
            return Ok(Handle::new(index as usize, slot.generation));
        }
        let index = slots.all.len();
        if index >= 1 << SLOT_BITS {
            return Err(status::ERROR_OUT_OF_MEMORY.into());
        }
        slots.all.push(Slot { generation: 1, value });
        Ok(Handle::new(index, 1))
    }

    /// The object of `handle`, if it is open.
    pub fn get(&self, handle: Handle) -> Option<Arc<T>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.all.get(handle.slot())?;
        slot.value.as_ref().filter(|_| u64::from(slot.generation) == handle.generation()).cloned()
    }

    /// Forgets the object of `handle`; true when it was open.
    pub fn remove(&self, handle: Handle) -> bool {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.all.get_mut(handle.slot()) else { return false };
        if u64::from(slot.generation) != handle.generation() {
            return false;
        }
        let taken = slot.value.take();
        // A slot that has used up its generations is left alone, so that no handle ever comes again.
        let reusable = slot.generation < LAST_GENERATION;
        if taken.is_some() && reusable {
            slots.free.push(handle.slot() as u32);
        }
        drop(slots);
        // The object itself goes here, outside the lock: freeing an arena takes time.
        taken.is_some()
    }

    /// Number of open objects.
    pub fn len(&self) -> usize {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.all.iter().filter(|slot| slot.value.is_some()).count()
    }

    /// True when nothing is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::new()
    }
}
