//! The machine.

use crate::candidate::Cursor;
use crate::event::{Action, Context, Event, NodeError, ResetCause, Serving};
use crate::state::{Candidate, Installed, Outcome, OutcomeKind, Phase, Reason, State};
use embedded_storage::nor_flash::NorFlash;
use mote_slots::{Layout, MAX_STATE_BYTES, SlotIndex, Store};
use mote_trust::{Device, TrustError};

/// How long a node goes on trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failed attempts in a row to fetch one thing.
    pub retries: u8,
    /// Resets while fetching without a new chunk in between.
    pub idle_resets: u8,
    /// Resets by faults during a trial.
    pub trial_faults: u8,
    /// Resets by power during a trial.
    pub trial_power: u8,
    /// Bytes received beyond twice the file and its table, since the last reset.
    pub spare_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { retries: 12, idle_resets: 8, trial_faults: 3, trial_power: 10, spare_bytes: 256 * 1024 }
    }
}

/// First pause after a failure, and the longest, in milliseconds.
const FIRST_PAUSE: u64 = 5_000;
const LONGEST_PAUSE: u64 = 300_000;

/// How far the trial has come since the last reset: it always starts from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    SelfTest,
    Shadow,
    Probation { until: u64 },
}

/// A device's update, from flash to flash.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    store: Store,
    state: State,
    limits: Limits,
    /// The confirmed model's bytes were right at the last reset.
    is_sound: bool,
    cursor: Cursor,
    step: Step,
    retries: u8,
    received_bytes: u64,
    not_before: u64,
}

impl Node {
    /// Starts from what is in flash: verifies the confirmed model and the one that is on its way, and counts the reset
    /// where it counts.
    ///
    /// # Errors
    /// The layout does not fit, or flash could not be written.
    pub fn open<F: NorFlash>(
        flash: &mut F,
        layout: Layout,
        cause: ResetCause,
        limits: Limits,
    ) -> Result<Self, NodeError> {
        let mut bytes = [0; MAX_STATE_BYTES];
        let (store, found) = Store::open(flash, layout, &mut bytes)?;
        let stored = found.payload_bytes.and_then(|length| bytes.get(..length)).and_then(State::from_bytes);
        let state = stored.unwrap_or_default();
        let mut node = Self {
            store,
            state,
            limits,
            is_sound: false,
            cursor: Cursor::Table(0),
            step: Step::SelfTest,
            retries: 0,
            received_bytes: 0,
            not_before: 0,
        };
        if let Some(slot) = node.store.snapshot().active {
            let installed = node.state.installed;
            let found = crate::candidate::hash(&node.store, flash, slot, 0, installed.file_bytes);
            node.is_sound = found.is_ok_and(|found| found == installed.file_sha256);
        }
        node.count_reset(flash, cause)?;
        Ok(node)
    }

    fn count_reset<F: NorFlash>(&mut self, flash: &mut F, cause: ResetCause) -> Result<(), NodeError> {
        let (slot, candidate) = (self.spare(), self.state.candidate);
        match self.state.phase {
            Phase::Idle | Phase::Offered => Ok(()),
            Phase::Fetching => self.restart_fetching(flash),
            _ if candidate.is_file_whole(&self.store, flash, slot) => self.count_trial(flash, cause),
            Phase::Verified => self.restart_fetching(flash),
            Phase::Armed => self.finish(flash, OutcomeKind::Failed, Reason::Decayed),
            Phase::Trial => self.finish(flash, OutcomeKind::RolledBack, Reason::Decayed),
        }
    }

    fn restart_fetching<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), NodeError> {
        self.cursor = self.state.candidate.resume(&self.store, flash, self.spare(), false);
        let reached = match self.cursor {
            Cursor::Table(_) => 0,
            Cursor::Chunk(index) => index,
            Cursor::End => u32::MAX,
        };
        let mut next = State { phase: Phase::Fetching, ..self.state };
        if reached > next.progress {
            (next.progress, next.idle_resets) = (reached, 0);
        } else {
            next.idle_resets = next.idle_resets.saturating_add(1);
        }
        if next.idle_resets > self.limits.idle_resets {
            return self.finish(flash, OutcomeKind::Failed, Reason::Loop);
        }
        self.commit(flash, next)
    }

    fn count_trial<F: NorFlash>(&mut self, flash: &mut F, cause: ResetCause) -> Result<(), NodeError> {
        let mut next = self.state;
        if next.phase != Phase::Trial {
            return Ok(());
        }
        match cause {
            ResetCause::Fault => next.trial_faults = next.trial_faults.saturating_add(1),
            ResetCause::Power | ResetCause::Requested => next.trial_power = next.trial_power.saturating_add(1),
        }
        if next.trial_faults > self.limits.trial_faults {
            return self.finish(flash, OutcomeKind::RolledBack, Reason::TrialFaults);
        }
        if next.trial_power > self.limits.trial_power {
            return self.finish(flash, OutcomeKind::RolledBack, Reason::TrialPower);
        }
        self.commit(flash, next)
    }

    /// Where the update stands.
    pub fn phase(&self) -> Phase {
        self.state.phase
    }

    /// The counters.
    pub fn counters(&self) -> mote_trust::Counters {
        self.state.counters
    }

    /// The last outcome, told or not.
    pub fn outcome(&self) -> Option<Outcome> {
        self.state.outcome
    }

    /// The confirmed model, if its bytes are right.
    pub fn installed(&self) -> Option<Installed> {
        self.is_sound.then_some(self.state.installed)
    }

    /// Slots and journal, for their figures and for reading models.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Part of the file that is in the slot, in chunks of all chunks; while it is fetched.
    pub fn progress(&self) -> Option<(u32, u32)> {
        let count = self.state.candidate.chunks().count();
        match (self.state.phase, self.cursor) {
            (Phase::Fetching, Cursor::Chunk(index)) => Some((index, count)),
            (Phase::Fetching, Cursor::Table(_)) => Some((0, count)),
            _ => None,
        }
    }

    /// What answers inputs now.
    pub fn serving(&self) -> Serving {
        match (self.state.phase, self.step, self.store.snapshot().active) {
            (Phase::Trial, Step::Probation { .. }, _) => Serving::Slot(self.spare(), self.state.candidate.file_bytes),
            (_, _, Some(slot)) if self.is_sound => Serving::Slot(slot, self.state.installed.file_bytes),
            _ => Serving::BuiltIn,
        }
    }

    /// What to do next.
    pub fn action(&self) -> Action {
        if let Some(outcome) = self.state.outcome.filter(|_| !self.state.is_delivered) {
            return Action::Tell(outcome);
        }
        let (slot, not_before) = (self.spare(), self.not_before);
        match self.state.phase {
            Phase::Idle => Action::Nothing,
            Phase::Offered => Action::FetchRelease(self.state.release, not_before),
            Phase::Fetching => match self.cursor {
                Cursor::Table(offset) => {
                    let bytes = self.state.candidate.table_piece_bytes(offset);
                    Action::FetchTable { offset, bytes, not_before }
                }
                Cursor::Chunk(index) => {
                    let bytes = self.state.candidate.chunks().range(index).map_or(0, |(_, bytes)| bytes);
                    Action::FetchChunk { index, bytes, not_before }
                }
                Cursor::End => Action::Nothing,
            },
            Phase::Verified => Action::AskPermission,
            Phase::Armed => Action::BeginTrial,
            Phase::Trial => match self.step {
                Step::SelfTest => Action::RunSelfTest(slot),
                Step::Shadow => Action::RunShadow { slot, inferences: self.state.shadow_inferences },
                Step::Probation { until } => Action::Probation { slot, until },
            },
        }
    }

    /// Takes an event in.
    ///
    /// # Errors
    /// Why it is not taken. After [`NodeError::Storage`] the state is the old one, here and in flash.
    pub fn handle<F: NorFlash>(
        &mut self,
        flash: &mut F,
        event: Event<'_>,
        context: &Context<'_>,
    ) -> Result<(), NodeError> {
        match event {
            Event::Assignment(bytes) => self.assignment(flash, bytes, context),
            Event::Release(bytes) => self.release(flash, bytes, context),
            Event::Table(offset, bytes) => self.table(flash, offset, bytes, context),
            Event::Chunk(index, bytes) => self.chunk(flash, index, bytes, context),
            Event::Timeout if self.is_fetching() => self.failed(flash, context, Reason::Retries),
            Event::Gone if self.is_fetching() => self.finish(flash, OutcomeKind::Failed, Reason::Gone),
            Event::Permitted if self.state.phase == Phase::Verified => {
                self.commit(flash, State { phase: Phase::Armed, ..self.state })
            }
            Event::Begin if self.state.phase == Phase::Armed => {
                self.commit(flash, State { phase: Phase::Trial, trial_faults: 0, trial_power: 0, ..self.state })?;
                self.step = Step::SelfTest;
                Ok(())
            }
            Event::Abort => match self.state.phase {
                Phase::Idle => Err(NodeError::Unexpected),
                Phase::Trial => self.finish(flash, OutcomeKind::RolledBack, Reason::Owner),
                _ => self.finish(flash, OutcomeKind::Aborted, Reason::Owner),
            },
            Event::Delivered(generation) => match self.state.outcome {
                Some(outcome) if outcome.generation == generation && !self.state.is_delivered => {
                    self.commit(flash, State { is_delivered: true, ..self.state })
                }
                _ => Err(NodeError::Unexpected),
            },
            _ if self.state.phase == Phase::Trial => self.trial(flash, event, context),
            _ => Err(NodeError::Unexpected),
        }
    }

    fn assignment<F: NorFlash>(&mut self, flash: &mut F, bytes: &[u8], context: &Context<'_>) -> Result<(), NodeError> {
        let assigned = context
            .trusted
            .assignment(bytes, context.device, &self.state.counters, context.now_seconds)
            .map_err(NodeError::Refused)?;
        let is_told = self.state.outcome.is_none() || self.state.is_delivered;
        match self.state.phase {
            Phase::Idle if is_told => {}
            Phase::Idle | Phase::Trial => return Err(NodeError::Busy),
            _ => {
                self.finish(flash, OutcomeKind::Aborted, Reason::Superseded)?;
                return Err(NodeError::Busy);
            }
        }
        let next = State {
            phase: Phase::Offered,
            idle_resets: 0,
            progress: 0,
            counters: self.state.counters.with_generation(context.trusted, assigned.generation),
            release: assigned.release,
            shadow_inferences: assigned.shadow_inferences,
            probation_seconds: assigned.probation_seconds,
            disagreement_permille: assigned.shadow_disagreement_permille,
            latency_permille: assigned.latency_permille,
            ..self.state
        };
        self.commit(flash, next)?;
        (self.retries, self.received_bytes, self.not_before) = (0, 0, 0);
        Ok(())
    }

    fn release<F: NorFlash>(&mut self, flash: &mut F, bytes: &[u8], context: &Context<'_>) -> Result<(), NodeError> {
        if self.state.phase != Phase::Offered {
            return Err(NodeError::Unexpected);
        }
        self.receive(flash, bytes)?;
        // The slot and the flash are what they are, whatever the description of the device says.
        let device = Device {
            slot_bytes: context.device.slot_bytes.min(self.store.layout().slot(self.spare()).bytes),
            erase_bytes: u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX),
            ..*context.device
        };
        let checked = context.trusted.release(bytes, &self.state.release, &device, &self.state.counters);
        let (release, packing) = match checked {
            Ok(taken) => taken,
            // Not the document that was asked for: somebody on the way, not the release, is to blame.
            Err(
                TrustError::Malformed
                | TrustError::TooLong(_)
                | TrustError::WrongRole(_)
                | TrustError::Revision(_)
                | TrustError::WrongRelease,
            ) => {
                self.failed(flash, context, Reason::Retries)?;
                return Err(NodeError::Damaged);
            }
            // The digest covers what is signed, not the signatures: they may have been spoilt on the way.
            Err(error @ (TrustError::BadSignature | TrustError::TooFewSignatures(_))) => {
                self.failed(flash, context, Reason::Signature)?;
                return Err(NodeError::Refused(error));
            }
            Err(error) => {
                self.finish(flash, OutcomeKind::Rejected, Reason::Release)?;
                return Err(NodeError::Refused(error));
            }
        };
        let candidate = Candidate {
            file_bytes: packing.file_bytes,
            chunk_bytes: packing.chunk_bytes,
            security_epoch: release.security_epoch,
            file_sha256: packing.file_sha256,
            table_sha256: packing.table_sha256,
        };
        if self.is_sound && self.state.installed.file_sha256 == candidate.file_sha256 {
            let counters = self.state.counters.with_confirmed(context.trusted, candidate.security_epoch);
            let next = self.ended(OutcomeKind::Confirmed, Reason::AlreadyRunning);
            return self.commit(flash, State { counters, ..next });
        }
        let next = State { phase: Phase::Fetching, candidate, ..self.state };
        self.store.commit_fill(flash, self.spare(), &next.to_bytes())?;
        self.state = next;
        self.retries = 0;
        self.cursor = candidate.resume(&self.store, flash, self.spare(), false);
        Ok(())
    }

    fn table<F: NorFlash>(
        &mut self,
        flash: &mut F,
        offset: u32,
        bytes: &[u8],
        context: &Context<'_>,
    ) -> Result<(), NodeError> {
        self.receive(flash, bytes)?;
        let candidate = self.state.candidate;
        let piece_bytes = candidate.table_piece_bytes(offset);
        if self.state.phase != Phase::Fetching || self.cursor != Cursor::Table(offset) {
            return Err(NodeError::Unexpected);
        }
        if bytes.len() != piece_bytes as usize {
            self.failed(flash, context, Reason::Retries)?;
            return Err(NodeError::Damaged);
        }
        let slot = self.spare();
        if let Err(error) = candidate.write_table(&self.store, flash, slot, offset, bytes) {
            self.cursor = Cursor::Table(0);
            self.failed(flash, context, Reason::Flash)?;
            return Err(error.into());
        }
        let end = offset.saturating_add(piece_bytes);
        if end < candidate.chunks().table_bytes() {
            self.cursor = Cursor::Table(end);
        } else if candidate.is_table_whole(&self.store, flash, slot) {
            self.cursor = candidate.resume(&self.store, flash, slot, true);
            self.retries = 0;
        } else {
            self.cursor = Cursor::Table(0);
            self.failed(flash, context, Reason::Retries)?;
            return Err(NodeError::Damaged);
        }
        Ok(())
    }

    fn chunk<F: NorFlash>(
        &mut self,
        flash: &mut F,
        index: u32,
        bytes: &[u8],
        context: &Context<'_>,
    ) -> Result<(), NodeError> {
        self.receive(flash, bytes)?;
        if self.state.phase != Phase::Fetching || self.cursor != Cursor::Chunk(index) {
            return Err(NodeError::Unexpected);
        }
        let (slot, candidate) = (self.spare(), self.state.candidate);
        let Ok(entry) = candidate.entry(&self.store, flash, slot, index) else {
            self.cursor = Cursor::Table(0);
            self.failed(flash, context, Reason::Flash)?;
            return Err(NodeError::Damaged);
        };
        if candidate.chunks().check(index, bytes, &entry).is_err() {
            self.failed(flash, context, Reason::Retries)?;
            return Err(NodeError::Damaged);
        }
        if let Err(error) = candidate.write_chunk(&self.store, flash, slot, index, bytes) {
            self.cursor = Cursor::Chunk(candidate.first_of_unit::<F>(index));
            self.failed(flash, context, Reason::Flash)?;
            return Err(error.into());
        }
        (self.retries, self.not_before) = (0, 0);
        let next = index.saturating_add(1);
        if next < candidate.chunks().count() {
            self.cursor = Cursor::Chunk(next);
            return Ok(());
        }
        if !candidate.is_file_whole(&self.store, flash, slot) {
            return self.finish(flash, OutcomeKind::Failed, Reason::FileHash);
        }
        if let Err(error) = self.commit(flash, State { phase: Phase::Verified, ..self.state }) {
            // The last chunk is asked for again, so that there is something to do.
            self.cursor = Cursor::Chunk(candidate.first_of_unit::<F>(index));
            return Err(error);
        }
        self.cursor = Cursor::End;
        Ok(())
    }

    fn trial<F: NorFlash>(&mut self, flash: &mut F, event: Event<'_>, context: &Context<'_>) -> Result<(), NodeError> {
        let state = self.state;
        match (self.step, event) {
            (_, Event::Fault) => self.finish(flash, OutcomeKind::RolledBack, Reason::Fault),
            (Step::SelfTest, Event::SelfTest { passed: false }) => {
                self.finish(flash, OutcomeKind::RolledBack, Reason::SelfTest)
            }
            (Step::SelfTest, Event::SelfTest { passed: true }) => {
                // Without an old model there is nothing to compare with.
                if state.shadow_inferences > 0 && self.is_sound {
                    self.step = Step::Shadow;
                    return Ok(());
                }
                self.begin_probation(flash, context)
            }
            (Step::Shadow, Event::Shadow { compared, differing, latency_permille })
                if compared >= state.shadow_inferences =>
            {
                let allowed = |share: u16| u64::from(differing) * 1000 <= u64::from(share) * u64::from(compared);
                if !state.disagreement_permille.is_none_or(allowed) {
                    return self.finish(flash, OutcomeKind::RolledBack, Reason::Disagreement);
                }
                if state.latency_permille.is_some_and(|limit| latency_permille > limit) {
                    return self.finish(flash, OutcomeKind::RolledBack, Reason::Latency);
                }
                self.begin_probation(flash, context)
            }
            (Step::Probation { until }, Event::Tick) if context.uptime_milliseconds >= until => {
                self.confirm(flash, context)
            }
            (Step::Probation { .. }, Event::Tick) => Ok(()),
            _ => Err(NodeError::Unexpected),
        }
    }

    fn begin_probation<F: NorFlash>(&mut self, flash: &mut F, context: &Context<'_>) -> Result<(), NodeError> {
        if self.state.probation_seconds == 0 {
            return self.confirm(flash, context);
        }
        let length = u64::from(self.state.probation_seconds).saturating_mul(1000);
        self.step = Step::Probation { until: context.uptime_milliseconds.saturating_add(length) };
        Ok(())
    }

    fn confirm<F: NorFlash>(&mut self, flash: &mut F, context: &Context<'_>) -> Result<(), NodeError> {
        let (slot, candidate) = (self.spare(), self.state.candidate);
        let next = State {
            counters: self.state.counters.with_confirmed(context.trusted, candidate.security_epoch),
            installed: Installed { file_bytes: candidate.file_bytes, file_sha256: candidate.file_sha256 },
            ..self.ended(OutcomeKind::Confirmed, Reason::Passed)
        };
        self.store.commit(flash, Some(slot), &next.to_bytes())?;
        self.state = next;
        // It was verified when the trial began, and its slot has been protected by nobody writing to it since.
        self.is_sound = true;
        Ok(())
    }

    /// Counts bytes that came in; ends the update when they are too many.
    fn receive<F: NorFlash>(&mut self, flash: &mut F, bytes: &[u8]) -> Result<(), NodeError> {
        if !self.is_fetching() {
            return Err(NodeError::Unexpected);
        }
        self.received_bytes = self.received_bytes.saturating_add(bytes.len() as u64);
        let wanted = match self.state.phase {
            Phase::Fetching => {
                let candidate = self.state.candidate;
                u64::from(candidate.file_bytes).saturating_add(candidate.chunks().table_bytes().into())
            }
            _ => 0,
        };
        if self.received_bytes > wanted.saturating_mul(2).saturating_add(self.limits.spare_bytes.into()) {
            self.finish(flash, OutcomeKind::Failed, Reason::Budget)?;
            return Err(NodeError::Unexpected);
        }
        Ok(())
    }

    /// Counts a failed attempt: a pause that doubles, and an end.
    fn failed<F: NorFlash>(&mut self, flash: &mut F, context: &Context<'_>, reason: Reason) -> Result<(), NodeError> {
        self.retries = self.retries.saturating_add(1);
        if self.retries > self.limits.retries {
            return self.finish(flash, OutcomeKind::Failed, reason);
        }
        let doublings = u32::from(self.retries.saturating_sub(1)).min(16);
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        self.not_before = context.uptime_milliseconds.saturating_add(pause);
        Ok(())
    }

    fn ended(&self, kind: OutcomeKind, reason: Reason) -> State {
        let outcome = Some(Outcome { generation: self.state.counters.generation, kind, reason });
        State { phase: Phase::Idle, outcome, is_delivered: false, ..self.state }
    }

    fn finish<F: NorFlash>(&mut self, flash: &mut F, kind: OutcomeKind, reason: Reason) -> Result<(), NodeError> {
        self.commit(flash, self.ended(kind, reason))
    }

    fn commit<F: NorFlash>(&mut self, flash: &mut F, next: State) -> Result<(), NodeError> {
        self.store.commit(flash, self.store.snapshot().active, &next.to_bytes())?;
        self.state = next;
        Ok(())
    }

    fn is_fetching(&self) -> bool {
        matches!(self.state.phase, Phase::Offered | Phase::Fetching)
    }

    /// The slot that may be filled.
    fn spare(&self) -> SlotIndex {
        self.store.snapshot().active.map_or(SlotIndex::A, SlotIndex::other)
    }
}
