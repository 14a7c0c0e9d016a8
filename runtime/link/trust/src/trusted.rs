//! The keys and times a device believes in, and how they change.

use crate::document::{RESETS_ASSIGNMENTS, RESETS_TIME, RoleKeys, Root, Timestamp, decode};
use crate::{Envelope, KeySet, MAX_KEYS, PUBLIC_KEY_BYTES, Role, TrustError};

/// Longest name of a fleet, in bytes.
const MAX_FLEET_BYTES: usize = 32;
/// Version of the stored bytes.
const LAYOUT: u8 = 1;
const FIXED_BYTES: usize = 2 + MAX_FLEET_BYTES + 6 * 8 + 5 * 4;
const KEY_SET_BYTES: usize = 2 + MAX_KEYS * PUBLIC_KEY_BYTES;
/// Bytes of a stored [`Trusted`].
pub const TRUSTED_BYTES: usize = FIXED_BYTES + 4 * KEY_SET_BYTES;

/// What a device believes in. Plain data, to be written down whole before anything is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trusted {
    fleet: [u8; MAX_FLEET_BYTES],
    fleet_bytes: u8,
    root_version: u32,
    root_expires: u64,
    keys: [KeySet; 4],
    /// Version of the root that last let generations start anew.
    era: u32,
    /// Version of the root that last set the floor, and the floor.
    floor_era: u32,
    floor: u32,
    /// The last timestamp; version 0 when there is none.
    timestamp: Timestamp,
    /// The latest signed time seen.
    latest_time: u64,
}

impl Trusted {
    /// Belief in a first root that reached the device in a way nobody could interfere with: built into the image, or
    /// written when the device was made.
    ///
    /// # Errors
    /// Not a root, or not signed by enough of its own keys.
    pub fn new(root: &[u8]) -> Result<Self, TrustError> {
        let envelope = Envelope::read(root, Role::Root)?;
        // Nothing vouches for the first root but the way it came; its signatures show that its keys are in use.
        let body: Root<'_> = decode(envelope.body(), Role::Root)?;
        let keys = key_sets(&body)?;
        let [own, ..] = keys;
        own.verify(&envelope)?;
        let (fleet, fleet_bytes) = fleet_name(body.fleet)?;
        Ok(Self {
            fleet,
            fleet_bytes,
            root_version: body.version,
            root_expires: body.expires,
            keys,
            era: body.version,
            floor_era: body.version,
            floor: body.security_floor.unwrap_or(0),
            timestamp: Timestamp::default(),
            latest_time: body.issued,
        })
    }

    /// Belief after the next root.
    ///
    /// # Errors
    /// Not signed by enough keys of this root and of its own; not the very next version; of another fleet. An expired
    /// root is taken, as there may be one after it, but then no assignment is.
    pub fn next_root(&self, root: &[u8]) -> Result<Self, TrustError> {
        let envelope = Envelope::read(root, Role::Root)?;
        self.key_set(Role::Root).verify(&envelope)?;
        let body: Root<'_> = decode(envelope.body(), Role::Root)?;
        let wanted = self.root_version.checked_add(1).ok_or(TrustError::Replayed)?;
        if body.version <= self.root_version {
            return Err(TrustError::Replayed);
        }
        if body.version != wanted {
            return Err(TrustError::NotTheNextRoot(wanted));
        }
        if fleet_name(body.fleet)? != (self.fleet, self.fleet_bytes) {
            return Err(TrustError::WrongFleet);
        }
        let keys = key_sets(&body)?;
        let [own, ..] = keys;
        own.verify(&envelope)?;
        let mut next = Self { root_version: body.version, root_expires: body.expires, keys, ..*self };
        let resets = body.resets.unwrap_or(0);
        if resets & RESETS_ASSIGNMENTS != 0 {
            next.era = body.version;
        }
        if resets & RESETS_TIME != 0 {
            next.timestamp = Timestamp::default();
            next.latest_time = body.issued;
        } else {
            next.latest_time = next.latest_time.max(body.issued);
        }
        if let Some(floor) = body.security_floor {
            (next.floor_era, next.floor) = (body.version, floor);
        }
        Ok(next)
    }

    /// Belief after a timestamp. `now`: see [`Trusted::time`].
    ///
    /// # Errors
    /// Not signed, expired, not newer than the last one (a repeated delivery is no fault, but changes nothing), or of
    /// another root: then the next root must be fetched first.
    pub fn next_timestamp(&self, timestamp: &[u8], now: u64) -> Result<Self, TrustError> {
        let envelope = Envelope::read(timestamp, Role::Timestamp)?;
        self.key_set(Role::Timestamp).verify(&envelope)?;
        let body: Timestamp = decode(envelope.body(), Role::Timestamp)?;
        if body.version <= self.timestamp.version || body.assignments_from < self.timestamp.assignments_from {
            return Err(TrustError::Replayed);
        }
        if body.root_version != self.root_version {
            return Err(TrustError::OtherRoot(body.root_version));
        }
        if body.expires <= now.max(body.issued) {
            return Err(TrustError::Expired);
        }
        Ok(Self { timestamp: body, latest_time: self.latest_time.max(body.issued), ..*self })
    }

    /// The time, as far as it is known: the latest signed time, `since_then_seconds` later (how long ago the device saw
    /// it, if it has been on since; else 0), or its own clock if that is ahead. Never runs backwards.
    pub fn time(&self, since_then_seconds: u64, clock: Option<u64>) -> u64 {
        self.latest_time.saturating_add(since_then_seconds).max(clock.unwrap_or(0))
    }

    /// The fleet's name.
    pub fn fleet(&self) -> &str {
        let name = self.fleet.get(..usize::from(self.fleet_bytes)).unwrap_or_default();
        core::str::from_utf8(name).unwrap_or_default()
    }

    /// Version of the root.
    pub fn root_version(&self) -> u32 {
        self.root_version
    }

    /// Version of the last timestamp; 0 when there is none.
    pub fn timestamp_version(&self) -> u64 {
        self.timestamp.version
    }

    /// Whether new installations must wait, and why. What runs goes on running.
    ///
    /// # Errors
    /// [`TrustError::RootExpired`] or [`TrustError::Stale`].
    pub fn is_current(&self, now: u64) -> Result<(), TrustError> {
        if self.root_expires <= now {
            return Err(TrustError::RootExpired);
        }
        let is_stale = self.timestamp.version == 0 || self.timestamp.expires <= now;
        // The root has moved on since: what it withdrew must be heard from the new timestamp.
        if is_stale || self.timestamp.root_version != self.root_version {
            return Err(TrustError::Stale);
        }
        Ok(())
    }

    /// The frame of a document that enough keys of its role signed. Nothing else about it is checked.
    ///
    /// # Errors
    /// It is no such document.
    pub fn signed<'a>(&self, bytes: &'a [u8], role: Role) -> Result<Envelope<'a>, TrustError> {
        let envelope = Envelope::read(bytes, role)?;
        self.key_set(role).verify(&envelope)?;
        Ok(envelope)
    }

    /// The keys of a role.
    pub fn key_set(&self, role: Role) -> &KeySet {
        let [root, release, director, timestamp] = &self.keys;
        match role {
            Role::Root => root,
            Role::Release => release,
            Role::Director => director,
            Role::Timestamp => timestamp,
        }
    }

    pub(crate) fn era(&self) -> u32 {
        self.era
    }

    pub(crate) fn root_floor(&self) -> (u32, u32) {
        (self.floor_era, self.floor)
    }

    pub(crate) fn assignments_from(&self) -> u64 {
        self.timestamp.assignments_from
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> [u8; TRUSTED_BYTES] {
        let mut bytes = [0; TRUSTED_BYTES];
        let numbers = [self.root_expires, self.timestamp.version, self.timestamp.issued, self.timestamp.expires];
        let more = [self.timestamp.assignments_from, self.latest_time];
        let small = [self.root_version, self.timestamp.root_version, self.era, self.floor_era, self.floor];
        let head = [LAYOUT, self.fleet_bytes].into_iter().chain(self.fleet);
        let numbers = numbers.into_iter().chain(more).flat_map(u64::to_le_bytes);
        let small = small.into_iter().flat_map(u32::to_le_bytes);
        let sets = self.keys.iter().flat_map(|set| {
            let keys = set.keys().flatten().copied().chain(core::iter::repeat(0));
            [set.threshold(), set.keys().count() as u8].into_iter().chain(keys.take(MAX_KEYS * PUBLIC_KEY_BYTES))
        });
        for (place, byte) in bytes.iter_mut().zip(head.chain(numbers).chain(small).chain(sets)) {
            *place = byte;
        }
        bytes
    }

    /// What was stored; none if the bytes are not what [`Trusted::to_bytes`] gives. Stored bytes are the device's own
    /// and believed, but damage must not be: whoever stores them keeps a checksum.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes;
        let ([layout, fleet_bytes], rest) = rest.split_first_chunk::<2>()?;
        let (fleet, rest) = rest.split_first_chunk::<MAX_FLEET_BYTES>()?;
        let (numbers, rest) = rest.split_first_chunk::<48>()?;
        let (small, rest) = rest.split_first_chunk::<20>()?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let (small, _) = small.as_chunks::<4>();
        let &[root_expires, version, issued, expires, assignments_from, latest_time] = numbers else { return None };
        let &[root_version, timestamp_root, era, floor_era, floor] = small else { return None };
        if *layout != LAYOUT || usize::from(*fleet_bytes) > MAX_FLEET_BYTES {
            return None;
        }
        let mut keys = [KeySet::default(); 4];
        for (place, set) in keys.iter_mut().zip(rest.chunks_exact(KEY_SET_BYTES)) {
            let ([threshold, count], set) = set.split_first_chunk::<2>()?;
            let bytes = usize::from(*count).checked_mul(PUBLIC_KEY_BYTES)?;
            *place = KeySet::read(*threshold, set.get(..bytes)?).ok()?;
        }
        let [.., last] = &keys;
        if last.threshold() == 0 {
            return None;
        }
        Some(Self {
            fleet: *fleet,
            fleet_bytes: *fleet_bytes,
            root_version: u32::from_le_bytes(root_version),
            root_expires: u64::from_le_bytes(root_expires),
            keys,
            era: u32::from_le_bytes(era),
            floor_era: u32::from_le_bytes(floor_era),
            floor: u32::from_le_bytes(floor),
            timestamp: Timestamp {
                version: u64::from_le_bytes(version),
                issued: u64::from_le_bytes(issued),
                expires: u64::from_le_bytes(expires),
                root_version: u32::from_le_bytes(timestamp_root),
                assignments_from: u64::from_le_bytes(assignments_from),
            },
            latest_time: u64::from_le_bytes(latest_time),
        })
    }
}

fn key_sets(root: &Root<'_>) -> Result<[KeySet; 4], TrustError> {
    let read = |keys: RoleKeys<'_>| KeySet::read(keys.threshold, keys.keys);
    Ok([read(root.root)?, read(root.release)?, read(root.director)?, read(root.timestamp)?])
}

fn fleet_name(name: &str) -> Result<([u8; MAX_FLEET_BYTES], u8), TrustError> {
    let mut fleet = [0; MAX_FLEET_BYTES];
    let place = fleet.get_mut(..name.len()).ok_or(TrustError::BadBody(Role::Root))?;
    place.copy_from_slice(name.as_bytes());
    Ok((fleet, name.len() as u8))
}
