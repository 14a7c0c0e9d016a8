//! Whether a device may run what it is told to run.

use crate::document::{Assignment, Packing, Release, Target, decode};
use crate::{Digest, Envelope, Role, TrustError, Trusted};

/// Counters a device keeps beside its state, in the same record. They only ever rise, but for a new root's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Root version under which `generation` counts.
    pub era: u32,
    /// Generation of the newest assignment that was taken.
    pub generation: u64,
    /// Root version under which `floor` counts.
    pub floor_era: u32,
    /// Lowest security epoch that may run.
    pub floor: u32,
}

impl Counters {
    /// The generation that counts under this root: 0 when it has let them start anew.
    pub fn generation(&self, trusted: &Trusted) -> u64 {
        if self.era < trusted.era() { 0 } else { self.generation }
    }

    /// The floor that counts under this root.
    pub fn floor(&self, trusted: &Trusted) -> u32 {
        let (era, floor) = trusted.root_floor();
        if self.floor_era < era { floor } else { self.floor }
    }

    /// The counters once an assignment is taken.
    #[must_use]
    pub fn with_generation(&self, trusted: &Trusted, generation: u64) -> Self {
        let (floor_era, _) = trusted.root_floor();
        Self { era: trusted.era(), generation, floor_era, floor: self.floor(trusted) }
    }

    /// The counters once a release of this epoch is confirmed.
    #[must_use]
    pub fn with_confirmed(&self, trusted: &Trusted, security_epoch: u32) -> Self {
        let (floor_era, _) = trusted.root_floor();
        Self { floor_era, floor: self.floor(trusted).max(security_epoch), ..*self }
    }
}

/// What a device is and has.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// Its name.
    pub name: &'a str,
    /// Groups it belongs to.
    pub groups: &'a [&'a str],
    /// Its hardware.
    pub hardware: &'a str,
    /// Major version of the model format its engine reads.
    pub format_major: u16,
    /// Codes of the operators its engine has; none: every operator.
    pub operators: Option<&'a [u16]>,
    /// Packings it runs, best first.
    pub packings: &'a [u8],
    /// Memory for arenas and state.
    pub arena_bytes: u32,
    /// Room for a file in the smaller slot.
    pub slot_bytes: u32,
    /// Erase unit of the slots' flash.
    pub erase_bytes: u32,
    /// Longest chunk it can hold in memory.
    pub chunk_bytes: u32,
}

/// An assignment that holds for this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Generation.
    pub generation: u64,
    /// Digest of the release.
    pub release: Digest,
    /// Inferences beside the old model.
    pub shadow_inferences: u32,
    /// Seconds of probation.
    pub probation_seconds: u32,
    /// Of 1000 compared inferences, how many may differ.
    pub shadow_disagreement_permille: Option<u16>,
    /// Most time in thousandths of the old model's.
    pub latency_permille: Option<u32>,
}

impl Trusted {
    /// Checks an assignment. `now`: see [`Trusted::time`].
    ///
    /// # Errors
    /// Why it is not taken; [`TrustError::Replayed`] also for one that was taken before.
    pub fn assignment(
        &self,
        bytes: &[u8],
        device: &Device<'_>,
        counters: &Counters,
        now: u64,
    ) -> Result<Assigned, TrustError> {
        let envelope = Envelope::read(bytes, Role::Director)?;
        self.key_set(Role::Director).verify(&envelope)?;
        let body: Assignment<'_> = decode(envelope.body(), Role::Director)?;
        if body.fleet != self.fleet() {
            return Err(TrustError::WrongFleet);
        }
        let is_for_it = match body.target {
            Target::Device(name) => name == device.name,
            Target::Group(name) => device.groups.contains(&name),
        };
        if !is_for_it {
            return Err(TrustError::WrongDevice);
        }
        if body.generation <= counters.generation(self) {
            return Err(TrustError::Replayed);
        }
        self.is_current(now)?;
        if body.generation < self.assignments_from() {
            return Err(TrustError::Withdrawn);
        }
        if body.not_after <= now {
            return Err(TrustError::Expired);
        }
        Ok(Assigned {
            generation: body.generation,
            release: body.release,
            shadow_inferences: body.shadow_inferences.unwrap_or(0),
            probation_seconds: body.probation_seconds.unwrap_or(0),
            shadow_disagreement_permille: body.shadow_disagreement_permille,
            latency_permille: body.latency_permille,
        })
    }

    /// Checks that a release is the wanted one and may run on this device, and picks the packing.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn release<'a>(
        &self,
        bytes: &'a [u8],
        wanted: &Digest,
        device: &Device<'_>,
        counters: &Counters,
    ) -> Result<(Release<'a>, Packing), TrustError> {
        let envelope = Envelope::read(bytes, Role::Release)?;
        // Cheaper than a signature, and bytes that were not asked for deserve no more.
        if envelope.digest() != *wanted {
            return Err(TrustError::WrongRelease);
        }
        self.key_set(Role::Release).verify(&envelope)?;
        let body: Release<'a> = decode(envelope.body(), Role::Release)?;
        if !body.hardware.iter().any(|hardware| hardware == device.hardware) {
            return Err(TrustError::WrongHardware);
        }
        let floor = counters.floor(self);
        if body.security_epoch < floor {
            return Err(TrustError::BelowFloor(floor));
        }
        if body.format_major != device.format_major {
            return Err(TrustError::Engine(body.format_major));
        }
        let has = |code: &u16| device.operators.is_none_or(|operators| operators.contains(code));
        if let Some(code) = body.operator_codes().find(|code| !has(code)) {
            return Err(TrustError::Operator(code));
        }
        let packing = pick(&body, device)?;
        Ok((body, packing))
    }
}

/// The device's best packing that the release has, if it fits.
fn pick(release: &Release<'_>, device: &Device<'_>) -> Result<Packing, TrustError> {
    let find = |code: &u8| release.packings.iter().find(|packing| packing.packing == *code);
    let packing = device.packings.iter().find_map(find).ok_or(TrustError::NoPacking)?;
    let memory = packing.arena_bytes.saturating_add(packing.state_bytes);
    if memory > device.arena_bytes {
        return Err(TrustError::ArenaTooSmall(memory));
    }
    let count = packing.chunk_count().ok_or(TrustError::ChunkBytes(packing.chunk_bytes))?;
    let table_bytes = count.checked_mul(32).ok_or(TrustError::SlotTooSmall(packing.file_bytes))?;
    let unit = device.erase_bytes.max(1);
    // The table of chunks lies behind the file, on erase units of its own.
    let room = |bytes: u32| bytes.checked_next_multiple_of(unit);
    let needed = room(packing.file_bytes).zip(room(table_bytes)).and_then(|(file, table)| file.checked_add(table));
    if needed.is_none_or(|needed| needed > device.slot_bytes) {
        return Err(TrustError::SlotTooSmall(needed.unwrap_or(u32::MAX)));
    }
    let chunk = packing.chunk_bytes;
    let is_aligned = chunk.checked_rem(unit) == Some(0) || unit.checked_rem(chunk) == Some(0);
    if !is_aligned || chunk > device.chunk_bytes || chunk < 64 || chunk.checked_rem(32) != Some(0) {
        return Err(TrustError::ChunkBytes(chunk));
    }
    Ok(packing)
}
