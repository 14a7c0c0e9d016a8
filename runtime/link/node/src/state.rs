//! What a node keeps in flash.

use mote_trust::{Counters, Digest};

/// Bytes of a stored [`State`].
pub(crate) const STATE_BYTES: usize = 198;
const LAYOUT: u8 = 1;

/// Where an update stands, as far as it must survive a reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Phase {
    /// No update is under way.
    #[default]
    Idle = 0,
    /// An assignment is taken, its release not yet read.
    Offered = 1,
    /// The spare slot is being filled.
    Fetching = 2,
    /// The spare slot holds the whole file; waiting for permission.
    Verified = 3,
    /// The next thing is the trial.
    Armed = 4,
    /// On trial.
    Trial = 5,
}

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OutcomeKind {
    /// The new model is the device's.
    Confirmed = 1,
    /// It was tried and given up; the old model serves.
    RolledBack = 2,
    /// It was refused before its first byte.
    Rejected = 3,
    /// It was called off.
    Aborted = 4,
    /// It could not be fetched.
    Failed = 5,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// All tests passed.
    Passed = 0,
    /// The device runs this very file already.
    AlreadyRunning = 1,
    /// The golden vectors gave other outputs.
    SelfTest = 2,
    /// Too many answers differ from the old model's.
    Disagreement = 3,
    /// Too slow.
    Latency = 4,
    /// The device was reset by faults during the trial, too often.
    TrialFaults = 5,
    /// The device lost power during the trial, too often.
    TrialPower = 6,
    /// A fault in use without a reset.
    Fault = 7,
    /// The release is not for this device, or does not fit: see the log for which.
    Release = 8,
    /// The owner called it off.
    Owner = 9,
    /// A newer assignment came.
    Superseded = 10,
    /// What was asked for does not exist.
    Gone = 11,
    /// No answer, too often in a row.
    Retries = 12,
    /// More bytes were received than the update may cost.
    Budget = 13,
    /// The device was reset again and again without progress.
    Loop = 14,
    /// All chunks are right and the file is not: the release contradicts itself.
    FileHash = 15,
    /// The flash of the spare slot fails.
    Flash = 16,
    /// The new model's bytes changed in flash after they were verified.
    Decayed = 17,
    /// The release is not signed by the keys of the role.
    Signature = 18,
}

impl Reason {
    const ALL: [Self; 19] = [
        Self::Passed,
        Self::AlreadyRunning,
        Self::SelfTest,
        Self::Disagreement,
        Self::Latency,
        Self::TrialFaults,
        Self::TrialPower,
        Self::Fault,
        Self::Release,
        Self::Owner,
        Self::Superseded,
        Self::Gone,
        Self::Retries,
        Self::Budget,
        Self::Loop,
        Self::FileHash,
        Self::Flash,
        Self::Decayed,
        Self::Signature,
    ];
}

/// The end of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Generation of the assignment.
    pub generation: u64,
    /// How it ended.
    pub kind: OutcomeKind,
    /// Why.
    pub reason: Reason,
}

/// The model that is being fetched or tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Length of the file.
    pub file_bytes: u32,
    /// Length of its chunks.
    pub chunk_bytes: u32,
    /// Its security epoch.
    pub security_epoch: u32,
    /// SHA-256 of the file.
    pub file_sha256: Digest,
    /// SHA-256 of the table of chunks.
    pub table_sha256: Digest,
}

/// The confirmed model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// Length of the file.
    pub file_bytes: u32,
    /// Its SHA-256.
    pub file_sha256: Digest,
}

/// Everything that survives a reset, but for the slots themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub phase: Phase,
    /// Resets by faults and by power during this trial.
    pub trial_faults: u8,
    pub trial_power: u8,
    /// Resets while fetching since the last chunk of progress, and that chunk.
    pub idle_resets: u8,
    pub progress: u32,
    pub counters: Counters,
    /// The last outcome, and whether it still has to be told.
    pub outcome: Option<Outcome>,
    pub is_delivered: bool,
    /// From the assignment.
    pub release: Digest,
    pub shadow_inferences: u32,
    pub probation_seconds: u32,
    pub disagreement_permille: Option<u16>,
    pub latency_permille: Option<u32>,
    pub candidate: Candidate,
    pub installed: Installed,
}

impl State {
    pub fn to_bytes(self) -> [u8; STATE_BYTES] {
        let (kind, reason, generation) =
            self.outcome.map_or((0, 0, 0), |outcome| (outcome.kind as u8, outcome.reason as u8, outcome.generation));
        let small = [self.phase as u8, self.trial_faults, self.trial_power, self.idle_resets];
        let small = [LAYOUT].into_iter().chain(small).chain([kind, reason, u8::from(self.is_delivered)]);
        let counters = self.counters;
        let disagreement = self.disagreement_permille.unwrap_or(u16::MAX).to_le_bytes();
        let words = [
            self.progress,
            counters.era,
            counters.floor_era,
            counters.floor,
            self.shadow_inferences,
            self.probation_seconds,
            self.latency_permille.unwrap_or(u32::MAX),
            self.candidate.file_bytes,
            self.candidate.chunk_bytes,
            self.candidate.security_epoch,
            self.installed.file_bytes,
        ];
        let digests =
            [self.release, self.candidate.file_sha256, self.candidate.table_sha256, self.installed.file_sha256];
        let all = small
            .chain(disagreement)
            .chain(words.into_iter().flat_map(u32::to_le_bytes))
            .chain([counters.generation, generation].into_iter().flat_map(u64::to_le_bytes))
            .chain(digests.into_iter().flatten());
        let mut bytes = [0; STATE_BYTES];
        for (place, byte) in bytes.iter_mut().zip(all) {
            *place = byte;
        }
        bytes
    }

    /// None if the bytes are not a state of this layout.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (small, rest) = bytes.split_first_chunk::<8>()?;
        let (disagreement, rest) = rest.split_first_chunk::<2>()?;
        let (words, rest) = rest.split_first_chunk::<44>()?;
        let (longs, rest) = rest.split_first_chunk::<16>()?;
        let (digests, rest) = rest.split_first_chunk::<128>()?;
        let &[layout, phase, trial_faults, trial_power, idle_resets, kind, reason, is_delivered] = small;
        if layout != LAYOUT || !rest.is_empty() {
            return None;
        }
        let (words, _) = words.as_chunks::<4>();
        let &[progress, era, floor_era, floor, shadow, probation, latency, file, chunk, epoch, installed] = words
        else {
            return None;
        };
        let word = u32::from_le_bytes;
        let (longs, _) = longs.as_chunks::<8>();
        let &[counted, outcome_generation] = longs else { return None };
        let (digests, _) = digests.as_chunks::<32>();
        let &[release, file_sha256, table_sha256, installed_sha256] = digests else { return None };
        let phase = match phase {
            0 => Phase::Idle,
            1 => Phase::Offered,
            2 => Phase::Fetching,
            3 => Phase::Verified,
            4 => Phase::Armed,
            5 => Phase::Trial,
            _ => return None,
        };
        let kind = match kind {
            0 => None,
            1 => Some(OutcomeKind::Confirmed),
            2 => Some(OutcomeKind::RolledBack),
            3 => Some(OutcomeKind::Rejected),
            4 => Some(OutcomeKind::Aborted),
            5 => Some(OutcomeKind::Failed),
            _ => return None,
        };
        let reason = Reason::ALL.into_iter().find(|known| *known as u8 == reason)?;
        let generation = u64::from_le_bytes(outcome_generation);
        Some(Self {
            phase,
            trial_faults,
            trial_power,
            idle_resets,
            progress: word(progress),
            counters: Counters {
                era: word(era),
                generation: u64::from_le_bytes(counted),
                floor_era: word(floor_era),
                floor: word(floor),
            },
            outcome: kind.map(|kind| Outcome { generation, kind, reason }),
            is_delivered: is_delivered != 0,
            release,
            shadow_inferences: word(shadow),
            probation_seconds: word(probation),
            disagreement_permille: Some(u16::from_le_bytes(*disagreement)).filter(|share| *share != u16::MAX),
            latency_permille: Some(word(latency)).filter(|share| *share != u32::MAX),
            candidate: Candidate {
                file_bytes: word(file),
                chunk_bytes: word(chunk),
                security_epoch: word(epoch),
                file_sha256,
                table_sha256,
            },
            installed: Installed { file_bytes: word(installed), file_sha256: installed_sha256 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Installed, Outcome, OutcomeKind, Phase, Reason, State};
    use mote_trust::Counters;

    #[test]
    fn a_state_comes_back_as_it_was_stored() {
        let state = State {
            phase: Phase::Trial,
            trial_faults: 1,
            trial_power: 2,
            idle_resets: 3,
            progress: 4,
            counters: Counters { era: 5, generation: 6, floor_era: 7, floor: 8 },
            outcome: Some(Outcome { generation: 9, kind: OutcomeKind::Failed, reason: Reason::Decayed }),
            is_delivered: true,
            release: [10; 32],
            shadow_inferences: 11,
            probation_seconds: 12,
            disagreement_permille: Some(13),
            latency_permille: None,
            candidate: Candidate {
                file_bytes: 14,
                chunk_bytes: 15,
                security_epoch: 16,
                file_sha256: [17; 32],
                table_sha256: [18; 32],
            },
            installed: Installed { file_bytes: 19, file_sha256: [20; 32] },
        };
        let bytes = state.to_bytes();
        assert_eq!(State::from_bytes(&bytes), Some(state));
        assert_eq!(State::from_bytes(&bytes[..bytes.len() - 1]), None);
        for (place, value) in [(0, 2), (1, 6), (5, 6), (6, 19)] {
            let mut changed = bytes;
            changed[place] = value;
            assert_eq!(State::from_bytes(&changed), None);
        }
        // Nothing of the last field was cut off.
        assert_eq!(bytes.last(), Some(&20));
    }
}
